"""What accounts and links come to is told once it is known and turns, page open or not, and never before."""

import decimal

import pytest

from alerts.counts import counts
from alerts.evaluation.values import Input
from alerts.watch import board_reader
from alerts.watch.watcher import AlertWatcher
from brokers.contract.events import Balance, Day, Link, Position, Quote
from lib.clock import now_ms
from tests.scenarios.alerts.test_one_firing import _only_alerts, armed, create, firings, live, reader, states
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks
from trading.portfolio import valuation

__all__ = ["_only_alerts"]


@pytest.fixture(autouse=True)
def _with_valuation(settings, monkeypatch, _only_alerts):
    monkeypatch.setattr(valuation, "EVERY_S", 0.05)
    monkeypatch.setattr(board_reader, "SETTLE_MS", 200)
    settings.STREAM_EXTENSIONS = ["trading.portfolio.valuation.Valuation", "alerts.watch.watcher.AlertWatcher"]


def rule(field: str, is_: str, value: str) -> str:
    leaf = f'{{"field": "{field}", "is": "{is_}", "value": {value}}}'
    return f'{{"when": {{"all": [{leaf}]}}, "trigger": "each", "session": "always"}}'


def hold(info: Info, quantity: int) -> Position:
    return Position(
        link=str(info.id), account="A1", symbol="QQQ", quantity=decimal.Decimal(quantity),
        multiplier=decimal.Decimal(1), average_price=decimal.Decimal(440), at=now_ms(),
    )  # fmt: skip


def quote(price: float, *, delayed: bool = False) -> tuple[Quote, Day]:
    told = Quote(symbol="QQQ", bid=price, ask=price, at=now_ms(), delayed=delayed)
    return told, Day(symbol="QQQ", prev_close=450.0, at=now_ms())


def reasons(page) -> list[str]:
    found = [
        item.get("reason")
        for frame in page.of("frame")
        for item in frame["state"]
        if item["type"] == "alert_state" and item.get("reason")
    ]
    return list(dict.fromkeys(found))


def board_inputs(watcher: AlertWatcher) -> list[Input]:
    return watcher.engine.board_inputs if watcher.engine is not None else []


async def test_the_profit_of_the_day_is_told_once_it_is_known_and_turns(valkey):
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as station:
        page = reader(station, 1)
        await create(station, 1, rule("account.open_pl", "crosses_down", "500"))
        await armed(page)
        broker = await live(station, info)
        cash = Balance(link=str(info.id), account="A1", cash=decimal.Decimal(1000), at=now_ms())
        broker.say(cash, hold(info, 100))
        await page.until(lambda r: "account.open_pl: something that is held is unmarked" in reasons(r))
        broker.say(*quote(446.0))
        await page.until(lambda r: states(r)[-1] == "armed")
        broker.say(*quote(444.0, delayed=True))
        await page.until(lambda r: "account.open_pl: the data of QQQ is delayed" in reasons(r))
        assert firings(page) == [], "delayed prices made no profit that counts"
        broker.say(*quote(444.0))
        await page.until(lambda r: firings(r))
        (told,) = firings(page)
        assert (told["before"], told["after"], told["gap"]) == (600, 400, True)


async def test_a_position_that_is_closed_is_told(valkey):
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as station:
        page = reader(station, 1)
        await create(station, 1, rule("QQQ.position.closed", "happens", "{}"))
        await armed(page)
        broker = await live(station, info)
        broker.say(Balance(link=str(info.id), account="A1", cash=decimal.Decimal(1000), at=now_ms()), hold(info, 100))
        (watcher,) = (one for one in counts.watchers if isinstance(one, AlertWatcher))
        await page.until(lambda r: any(one.value == 100 for one in board_inputs(watcher)))
        broker.say(Position(link=str(info.id), account="A1", symbol="QQQ", gone=True))
        await page.until(lambda r: firings(r))
        assert firings(page)[0]["what"] == "QQQ position is closed"


async def test_a_link_that_stays_away_is_told_by_the_clock_alone(valkey):
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as station:
        page = reader(station, 1)
        broker = await live(station, info)
        await create(station, 1, rule("desk.link_stale_s", "above", "1"))
        await armed(page)
        broker.say(Link(link=str(info.id), state="stale"))
        await page.until(lambda r: firings(r))
        (told,) = firings(page)
        assert 1 < told["after"] < 1.5
        assert told["values"][0]["source"] == str(info.id)


async def test_any_position_that_is_opened_and_a_price_that_grows_old_are_told(valkey):
    info = Info()
    async with Station(valkey, MemoryLinks(p1=[info])) as station:
        page = reader(station, 1)
        await create(station, 1, rule("position.opened", "happens", "{}"))
        await create(station, 1, rule("QQQ.age_s", "above", "1"))
        await armed(page)
        broker = await live(station, info)
        broker.say(Balance(link=str(info.id), account="A1", cash=decimal.Decimal(1000), at=now_ms()))
        (watcher,) = (one for one in counts.watchers if isinstance(one, AlertWatcher))
        await page.until(lambda r: any(one.is_known and one.value == 0 for one in board_inputs(watcher)))
        broker.say(hold(info, 100), *quote(444.0))
        await page.until(lambda r: len(firings(r)) == 2)
        told = {one["what"]: one for one in firings(page)}
        assert told["a position is opened"]["detail"]["symbols"] == ["QQQ"]
        assert 1 < told["QQQ age of the price is above 1 s"]["after"] < 2.5
