"""What adapters say happened is stored, once, with what they want to be told again; and companions see it."""

import decimal

import pytest

from brokers.contract.broker import Demand
from brokers.contract.errors import LinkLost
from brokers.contract.events import Quote
from brokers.contract.reports import FillReport, Leg, OrderReport, order_id
from streaming.facts import to_entry
from streaming.manager.extensions import Extension, ExtensionHost
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader

AT = 1_700_000_000_000


def fill(info, number, **fields) -> FillReport:
    return FillReport(
        link=str(info.id), account="5WX1", id=number, at=AT, order="9", symbol="QQQ", quantity=decimal.Decimal("2.5"),
        price=decimal.Decimal("450.10"), **fields,
    )  # fmt: skip


def told(reader: Reader) -> list[dict]:
    return [fact for message in reader.of("frame") for fact in message.get("facts", []) if fact["type"] != "notice"]


class Onlooker(Extension):
    """A companion that keeps what it sees, and wants one symbol."""

    sees = frozenset({Quote, FillReport})
    seen: list[tuple[str, str]] = []

    def __init__(self, desk: ExtensionHost) -> None:
        self.desk = desk

    def on_event(self, event, origin) -> None:
        self.seen.append((type(event).__name__, origin))

    async def run(self) -> None:
        self.desk.want_for(self, Demand(quotes=frozenset({"SPY"})))


async def test_a_fill_is_announced_once_however_often_and_by_whichever_way_it_comes():
    info = Info()
    links = MemoryLinks(p1=[info])
    async with House(links) as house:
        reader = Reader(house, 1, Subscription(topics=frozenset({"orders", "links"}))).join()
        broker = await links.live(info)
        live = fill(info, "f1", cursors={"trades": "01A"})
        broker.say(live, live, fill(info, "f2", found="read"), fill(info, "f1", found="read"))
        await reader.until(lambda reader: len(told(reader)) == 2)
        first, second = told(reader)
        assert (first["symbol"], first["quantity"], "recovered" in first) == ("QQQ", 2.5, False)
        assert second["recovered"] is True
        assert second["late_s"] > 0
        broker.fail(LinkLost("cut"))
        await reader.until(lambda reader: broker.runs == 2)
        assert broker.cursors == {"trades": "01A"}
        assert await house.ledger.cursors(1) == {str(info.id): {"trades": "01A"}}


async def test_an_order_is_told_whole_and_without_what_the_venue_did_not_say():
    info = Info()
    links = MemoryLinks(p1=[info])
    async with House(links) as house:
        reader = Reader(house, 1, Subscription(topics=frozenset({"orders"}))).join()
        broker = await links.live(info)
        leg = Leg("QQQ", "buy", decimal.Decimal(3), effect="open")
        broker.say(
            OrderReport(
                link=str(info.id),
                account="5WX1",
                id=order_id("9", AT, "working", decimal.Decimal("0.0")),
                at=AT,
                order="9",
                version=AT,
                status="working",
                venue_status="Live",
                legs=(leg,),
            )
        )
        await reader.until(told)
        (order,) = told(reader)
        assert order["legs"] == [{"symbol": "QQQ", "side": "buy", "quantity": 3, "effect": "open"}]
        assert "price" not in order
        assert "id" not in order


async def test_a_companion_sees_what_comes_and_what_it_wants_is_streamed_though_nobody_looks():
    info = Info()
    links = MemoryLinks(p1=[info])
    async with House(links, companions=[Onlooker]) as house:
        reader = Reader(house, 1, Subscription(quotes=frozenset({"QQQ"}))).join()
        broker = await links.live(info)
        await reader.until(lambda reader: broker.watch.demand.quotes == {"QQQ", "SPY"})
        broker.say(Quote(symbol="SPY", bid=1.0), fill(info, "f1"))
        assert Onlooker.seen[-2:] == [("Quote", str(info.id)), ("FillReport", str(info.id))]


@pytest.mark.parametrize("wrong", [{"version": -1}, {"version": 2**60}, {"submitted_at": 2**60}], ids=str)
def test_an_order_whose_times_are_none_is_refused_where_its_entry_is_made(wrong):
    """A database that found out later could neither store it nor what comes after it."""
    fields = {"id": "1", "at": AT, "order": "9", "version": AT, "status": "working", "venue_status": "Live"} | wrong
    with pytest.raises(ValueError, match="no time in ms"):
        to_entry(OrderReport(link="l", account="5WX1", **fields), AT)
