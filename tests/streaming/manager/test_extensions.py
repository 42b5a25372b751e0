"""What a companion may do beside a person's streams: answer questions, and wait until what it told is stored."""

import asyncio

import pytest

from brokers.contract.events import Event
from streaming.bus.messages import ListAdvance
from streaming.facts import Entry
from streaming.manager.extensions import Extension, ExtensionHost
from streaming.rpc.client import RpcError
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

LINKS = Subscription(topics=frozenset({"links"}))


class Clerk(Extension):
    """A companion that takes notes, and says how many of them are announced once they are stored."""

    sees: frozenset[type[Event]] = frozenset()

    def __init__(self, desk: ExtensionHost) -> None:
        self.desk = desk
        self.finders = {"note": self.note}

    async def note(self, many: str) -> str:
        for number in range(int(many)):
            self.desk.publish(Entry(kind="notice", at=number, payload={"code": "test"}))
        await self.desk.stored()
        return str(self.desk.board.head)

    async def run(self) -> None:
        await asyncio.Event().wait()


async def test_a_companion_answers_what_a_hub_asks_and_knows_when_what_it_told_is_stored():
    async with House(MemoryLinks(p1=[Info()]), companions=[Clerk]) as house:
        assert await house.hub.enquiries.request(1, "note", ["450"]) == "450"
        assert await house.ledger.head(1) == 450
        assert await house.hub.enquiries.request(1, "note", ["0"]) == "450"


class ListClerk(Clerk):
    """One that also hears of lists."""

    def __init__(self, desk: ExtensionHost) -> None:
        super().__init__(desk)
        self.heard: list[tuple[int, int]] = []
        self.hears = False
        clerks.append(self)

    def on_list_advanced(self, message: ListAdvance) -> None:
        self.heard.append((message.person, message.number))

    async def run(self) -> None:
        self.desk.hear_list(self, "news", is_heard=True)
        self.hears = True
        await super().run()


clerks: list[ListClerk] = []


def advance(person: int, number: int) -> ListAdvance:
    return ListAdvance(topic="news", person=person, prev=number - 1, number=number, items=[], note="", note_kind="")


async def test_a_companion_hears_of_everybodys_list_and_its_persons_own_and_knows_who_reads_them():
    clerks.clear()
    async with House(MemoryLinks(p1=[Info()], p2=[Info()]), companions=[Clerk, ListClerk]) as house:
        Reader(house, 1, LINKS).join()
        await aeventually(lambda: 1 in house.host.people and house.host.people[1].owned)
        await aeventually(lambda: clerks[0].hears)
        for person, number in ((0, 1), (1, 2), (2, 3), (0, 4)):
            house.host.list_advanced(advance(person, number))
        assert [clerk.heard for clerk in clerks] == [[(0, 1), (1, 2), (0, 4)]]
        (clerk,) = clerks
        assert clerk.desk.lists == frozenset()
        news = Reader(house, 1, Subscription(topics=frozenset({"links", "news"}))).join()
        await aeventually(lambda: clerk.desk.lists == {"news"})
        house.hub.leave(news.socket)


async def test_a_question_that_nobody_answers_is_refused_in_words():
    async with House(MemoryLinks(p1=[Info()])) as house:
        Reader(house, 1, LINKS).join()
        with pytest.raises(RpcError, match="Nobody here answers note") as refused:
            await house.hub.enquiries.request(1, "note", ["1"])
        assert refused.value.code == "not_available"


async def test_insights_are_worked_out_of_what_an_extension_wants_and_of_what_is_looked_at():
    clerks.clear()
    async with House(MemoryLinks(p1=[Info()]), companions=[ListClerk]) as house:
        Reader(house, 1, LINKS).join()
        await aeventually(lambda: clerks and clerks[0].hears)
        (clerk,) = clerks
        clerk.desk.want_insights(clerk, frozenset({"QQQ"}))
        assert clerk.desk.insighted == {"QQQ"}
        Reader(house, 1, Subscription(topics=frozenset({"links"}), insights=frozenset({"SPY"}))).join()
        await aeventually(lambda: clerk.desk.insighted == {"QQQ", "SPY"})
        clerk.desk.want_insights(clerk, frozenset())
        assert clerk.desk.insighted == {"SPY"}
