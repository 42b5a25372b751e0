"""Facts reach every client exactly once and in order, however it fell behind."""

from brokers.contract.events import Quote
from streaming.board.board import FACTS, Board
from streaming.facts import Entry
from streaming.ledger.ledger import Ledger
from streaming.wire.subscription import Subscription
from tests.support.corridor import QUICK, House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

LINKS = Subscription(topics=frozenset({"links"}))
QQQ = Subscription(quotes=frozenset({"QQQ"}))


def notice(number):
    return {"type": "notice", "fact": number, "at": number}


def told(reader) -> list[int]:
    return [fact["fact"] for frame in reader.of("frame") for fact in frame.get("facts", [])]


class Stored:
    """The facts of a person, recorded by their manager."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.count = 0

    async def tell(self, number=1) -> None:
        manager = self.house.host.people[1].manager
        for _ in range(number):
            self.count += 1
            await manager.record(Entry(kind="notice", at=self.count, payload={"code": "test"}))

    async def told(self) -> None:
        """Wait until all of them are stored and announced."""
        await aeventually(lambda: self.house.host.people[1].board.head == self.count, within=10)


def test_a_board_remembers_the_newest_facts():
    board = Board("1-a")
    for number in range(1, FACTS + 51):
        board.announce(notice(number))
    assert [fact["fact"] for fact in board.facts(FACTS + 48) or []] == [FACTS + 49, FACTS + 50]
    assert len(board.facts(50) or []) == FACTS
    assert board.facts(49) is None
    assert board.facts(board.head) == []


def test_a_board_forgets_what_was_before_a_jump():
    """Another process stored the facts between: only the ledger knows them."""
    board = Board("1-a", head=3)
    board.announce(notice(4))
    board.announce(notice(7))
    assert board.facts(4) is None
    assert [fact["fact"] for fact in board.facts(6) or []] == [7]


def test_a_fact_that_is_announced_twice_is_told_once():
    board = Board("1-a")
    board.announce(notice(1))
    board.announce(notice(1))
    assert len(board.facts(0) or []) == 1


async def test_a_fact_comes_in_the_next_frame_of_those_who_watch_its_topic():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        stored = Stored(house)
        reader, other = Reader(house, 1, LINKS).join(), Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        await other.until(lambda r: r.of("frame"))
        await reader.until(lambda r: r.of("frame"))
        await stored.tell(2)
        await reader.until(lambda r: told(r) == [1, 2])
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await other.until(lambda r: r.slots)
        assert told(other) == []
        assert other.of("frame")[-1]["fact"] == 2


async def test_who_is_a_thousand_facts_behind_reads_them_page_by_page():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        stored = Stored(house)
        Reader(house, 1, LINKS).join()
        await house.links.live(info)
        await stored.tell(1_000)
        await stored.told()
        reader = Reader(house, 1, LINKS).join(("former", 7, 10))
        await reader.until(lambda r: told(r)[-1:] == [1_000])
        assert told(reader) == list(range(11, 1_001))
        await stored.tell()
        await reader.until(lambda r: told(r)[-1:] == [1_001])


async def test_who_has_no_cursor_starts_at_the_newest_fact():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        stored = Stored(house)
        Reader(house, 1, LINKS).join()
        await house.links.live(info)
        await stored.tell(5)
        await stored.told()
        reader = Reader(house, 1, LINKS).join()
        await reader.until(lambda r: r.of("frame"))
        await stored.tell()
        await reader.until(lambda r: told(r))
        assert told(reader) == [6]


async def test_a_slow_reader_gets_every_fact_once_though_it_skips_states():
    info = Info()
    view = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))
    async with House(MemoryLinks(p1=[info])) as house:
        stored = Stored(house)
        reader = Reader(house, 1, view).join()
        broker = await house.links.live(info)
        await reader.until(lambda r: r.of("frame"))
        for number in range(60):
            reader.gate.clear() if number % 3 else reader.gate.set()
            await stored.tell(9)
            broker.say(Quote(symbol="QQQ", bid=float(number)))
            if not number % 4:
                await stored.told()
        reader.gate.set()
        await reader.until(lambda r: told(r)[-1:] == [540])
        assert told(reader) == list(range(1, 541))


async def test_a_plain_client_is_told_each_fact_once():
    info = Info()
    plain = Subscription(topics=frozenset({"links"}), dialect="plain")
    async with House(MemoryLinks(p1=[info]), QUICK) as house:
        stored = Stored(house)
        reader = Reader(house, 1, plain).join()
        await house.links.live(info)
        await reader.until(lambda r: r.of("link_status"))
        reader.gate.clear()
        await stored.tell(300)
        await stored.told()
        await stored.tell(3)
        reader.gate.set()
        await reader.until(lambda r: len(r.of("notice")) == 303)
        assert [fact["fact"] for fact in reader.of("notice")] == list(range(1, 304))


class Counted(Ledger):
    """A ledger that knows which pages it was asked for."""

    def __init__(self, database) -> None:
        super().__init__((), database)
        self.asked: list[int] = []

    async def page(self, person, after, limit=200):
        self.asked.append(after)
        return await super().page(person, after, limit)


async def test_those_who_are_equally_far_behind_share_each_page_of_the_ledger(ledger_database):
    async with House(MemoryLinks(p1=[Info()])) as house:
        stored = Stored(house)
        Reader(house, 1, LINKS).join()
        await aeventually(lambda: 1 in house.host.people and house.host.people[1].manager.feeds)
        await stored.tell(500)
        await stored.told()
        house.host.catch_ups.ledger = counted = Counted(ledger_database)
        readers = [Reader(house, 1, LINKS).join(("former", 7, 10)) for _ in range(15)]
        for reader in readers:
            await reader.until(lambda r: told(r)[-1:] == [500])
            assert told(reader) == list(range(11, 501))
        await counted.close()
        assert counted.asked == [10, 210]


async def test_a_person_is_told_nothing_of_what_happened_to_somebody_else():
    async with House(MemoryLinks(p1=[Info()], p2=[Info()])) as house:
        readers = {person: Reader(house, person, LINKS).join() for person in (1, 2)}
        await aeventually(lambda: len(house.host.people) == 2 and all(r.of("frame") for r in readers.values()))
        for person in (1, 2, 2):
            entry = Entry(kind="notice", at=1, payload={"code": "test", "of": person})
            await house.host.people[person].manager.record(entry)
        for person, reader in readers.items():
            await reader.until(lambda r, person=person: told(r) == list(range(1, person + 1)))
            facts = [fact for frame in reader.of("frame") for fact in frame.get("facts", [])]
            assert {fact["of"] for fact in facts} == {person}
