"""An order that is filled is told within a second, once, also by the process that comes after."""

import decimal

from brokers.contract.reports import Leg, OrderReport
from lib.clock import now_ms
from tests.scenarios.alerts.test_one_firing import _only_alerts, armed, create, firings, live, reader
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks

__all__ = ["_only_alerts"]
FILLED = '{"when": {"all": [{"field": "orders.filled", "is": "happens"}]}, "trigger": "each", "session": "always"}'


def order(id_: str, info: Info) -> OrderReport:
    return OrderReport(
        link=str(info.id), account="A1", id=f"order:{id_}", at=now_ms(), order=id_, version=now_ms(), status="filled",
        venue_status="Filled", legs=(Leg(symbol="QQQ", side="buy", quantity=decimal.Decimal(1)),),
    )  # fmt: skip


async def test_a_filled_order_is_told_once_by_whoever_is_there(valkey):
    info = Info()
    links = MemoryLinks(p1=[info])
    async with Station(valkey, links, willing=False) as web:
        page = reader(web, 1)
        async with Station(valkey, links) as first:
            broker = await live(first, info)
            rule = await create(first, 1, FILLED)
            await armed(page)
            broker.say(order("7", info))
            await page.until(lambda r: firings(r))
            (told,) = firings(page)
            assert (told["rule"], told["detail"]["order"], told["what"]) == (rule, "7", "an order is filled")
        del links.brokers[info.id]
        async with Station(valkey, links) as second:
            broker = await live(second, info)
            broker.say(order("7", info), order("8", info))
            await page.until(lambda r: len(firings(r)) == 2)
            assert [one["detail"]["order"] for one in firings(page)] == ["7", "8"]
