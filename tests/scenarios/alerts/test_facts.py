"""An order that is filled is told within a second, once, also by the process that comes after."""

import decimal

import pytest

from alerts.counts import counts
from alerts.watch import fact_reader
from alerts.watch.watcher import AlertWatcher
from brokers.contract.reports import Leg, OrderReport
from lib.clock import now_ms
from tests.scenarios.alerts.test_one_firing import _only_alerts, armed, create, firings, live, reader
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually

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


async def test_while_nothing_is_stored_nothing_is_read(valkey, monkeypatch):
    info, looks, pages = Info(), [0], [0]
    monkeypatch.setattr(fact_reader, "FACTS_S", 0.01)
    async with Station(valkey, MemoryLinks(p1=[info])) as station:
        page = reader(station, 1)
        broker = await live(station, info)
        await create(station, 1, FILLED)
        await armed(page)
        broker.say(order("7", info))
        await page.until(lambda r: firings(r))
        (watcher,) = (one for one in counts.watchers if isinstance(one, AlertWatcher))
        counted(monkeypatch, watcher._desk, "stored", looks)
        counted(monkeypatch, station.ledger, "page", pages)

        def is_quiet() -> bool:
            """Whether twenty looks in a row read nothing: what the firing stored is read first."""
            if pages[0]:
                looks[0] = pages[0] = 0
            return looks[0] > 20

        await aeventually(is_quiet)
        broker.say(order("8", info))
        await page.until(lambda r: len(firings(r)) == 2)
        assert pages[0] > 1


def counted(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, count: list[int]) -> None:
    """Count how often a method is called."""
    method = getattr(owner, name)

    def call(*values: object, **named: object) -> object:
        count[0] += 1
        return method(*values, **named)

    monkeypatch.setattr(owner, name, call)
