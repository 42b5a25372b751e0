"""A socket that is behind is told what it missed: by the board, and where that has forgotten by the ledger."""

import contextlib
import typing

import msgspec

from brokers.contract.events import Quote
from lib.tasks import Tasks
from streaming.bus.bus import DirectPort
from streaming.bus.messages import CatchUpReply, CatchUpRequest
from streaming.facts import Entry, Fact
from streaming.host.catch_up import CatchUps
from streaming.host.hosted_person import HostedPerson
from streaming.ledger import store
from streaming.ledger.errors import AwayError
from streaming.ledger.ledger import PAGE, Ledger
from streaming.wire.subscription import Subscription
from tests.support import corridor, databases
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

VIEW = Subscription(quotes=frozenset({"QQQ", "SPY"}), topics=frozenset({"links"}))


class CountedLedger(Ledger):
    """Counts its pages, and can be away."""

    pages = 0
    is_away = False

    async def page(self, person: int, after: int, limit: int = PAGE) -> list[Fact]:
        self.pages += 1
        if self.is_away:
            raise AwayError("no database")
        return await super().page(person, after, limit)


class Stand:
    """The board of person 1, what answers catch-ups on it, and the answers."""

    def __init__(self, managed: HostedPerson, ledger: CountedLedger) -> None:
        self.managed, self.ledger = managed, ledger
        self.tasks = Tasks("test")
        self.catch_ups = CatchUps(ledger, self.tasks)
        self.replies: list[typing.Any] = []
        self.port = DirectPort(self.replies.append)

    def ask(self, ask: int = 1, epoch: str | None = None, seq: int = 0, fact: int | None = None) -> None:
        known = self.managed.board.epoch if epoch is None else epoch
        self.catch_ups.answer(
            self.managed,
            CatchUpRequest(
                person_text="1", hub="h", reply="", ask=ask, view=VIEW, had=None, epoch=known, seq=seq, fact=fact
            ),
            self.port,
        )  # fmt: skip

    async def answer(self, **asked: typing.Any) -> CatchUpReply:
        """Return the answer to one catch-up."""
        self.ask(**asked)
        await aeventually(lambda: self.replies)
        reply: CatchUpReply = self.replies.pop()
        return reply


def said(reply: CatchUpReply) -> tuple[set[str], list[int]]:
    """The symbols and the numbers of the facts that an answer tells."""
    frame = msgspec.json.decode(typing.cast(str, reply.text))
    symbols = {item["symbol"] for item in frame["state"] if item["type"] == "quote"}
    return symbols, [fact["fact"] for fact in frame.get("facts", [])]


@contextlib.asynccontextmanager
async def stand(facts: int = 0):
    """A board with quotes of two symbols. Of its facts the ledger alone knows."""
    assert corridor.database is not None
    entries = [Entry(kind="notice", at=1, payload={"code": "test", "text": str(number)}) for number in range(facts)]
    databases.inside(corridor.database, lambda: store.record(1, entries))
    info = Info()
    ledger = CountedLedger((), corridor.database)
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, VIEW).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0), Quote(symbol="SPY", bid=2.0))
        await reader.until(lambda r: {("quote", "QQQ"), ("quote", "SPY")} <= r.slots.keys())
        made = Stand(house.host.people[1], ledger)
        try:
            yield made, broker
        finally:
            await made.tasks.cancel()
            await ledger.close()


async def test_who_has_no_cursor_is_told_everything():
    async with stand() as (on, _):
        reply = await on.answer(ask=7)
        assert (reply.ask, reply.recovered, reply.prev, reply.more) == (7, False, 0, False)
        assert (reply.epoch, reply.seq) == (on.managed.board.epoch, on.managed.board.seq)
        assert said(reply)[0] == {"QQQ", "SPY"}


async def test_who_stood_at_a_flush_of_this_board_is_told_what_changed_since():
    async with stand() as (on, broker):
        at = (await on.answer()).seq
        broker.say(Quote(symbol="SPY", bid=3.0))
        reply = await on.answer(seq=at)
        assert (reply.recovered, reply.empty, reply.prev) == (True, False, at)
        assert reply.seq > at
        assert said(reply)[0] == {"SPY"}
        again = await on.answer(seq=reply.seq)
        assert (again.recovered, again.empty) == (True, True)


async def test_a_cursor_of_another_board_or_of_the_future_is_none():
    async with stand() as (on, _):
        at = (await on.answer()).seq
        for asked in ({"epoch": "1-former", "seq": at}, {"seq": at + 1_000}):
            reply = await on.answer(**asked)
            assert (reply.recovered, said(reply)[0]) == (False, {"QQQ", "SPY"}), asked


async def test_facts_that_the_board_forgot_are_read_from_the_ledger():
    async with stand(facts=3) as (on, _):
        first = on.managed.board.head - 2
        reply = await on.answer(fact=first)
        assert (said(reply)[1], reply.fact, reply.more) == ([first + 1, first + 2], on.managed.board.head, False)
        assert on.ledger.pages == 1


async def test_who_asks_for_no_facts_or_for_those_to_come_costs_the_ledger_nothing():
    async with stand(facts=3) as (on, _):
        for fact in (None, on.managed.board.head, on.managed.board.head + 99):
            reply = await on.answer(fact=fact)
            assert (said(reply)[1], reply.fact) == ([], on.managed.board.head)
        assert on.ledger.pages == 0


async def test_many_who_are_behind_alike_share_one_page():
    async with stand(facts=3) as (on, _):
        for ask in range(1, 6):
            on.ask(ask=ask, fact=0)
        await aeventually(lambda: len(on.replies) == 5)
        assert [reply.ask for reply in on.replies] == [1, 2, 3, 4, 5]
        assert {tuple(said(reply)[1]) for reply in on.replies} == {tuple(range(1, on.managed.board.head + 1))}
        assert on.ledger.pages == 1
        assert on.managed.reading == {}


async def test_while_the_ledger_is_away_nobody_is_answered_wrongly_and_the_next_one_is_again():
    async with stand(facts=3) as (on, _):
        on.ledger.is_away = True
        on.ask(fact=0)
        await aeventually(lambda: not len(on.tasks))
        assert (on.replies, on.managed.reading, on.tasks.deaths) == ([], {}, 0)
        on.ledger.is_away = False
        assert said(await on.answer(fact=0))[1] == [*range(1, on.managed.board.head + 1)]
