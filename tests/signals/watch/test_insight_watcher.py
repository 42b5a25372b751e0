"""Which symbols are followed, and when their bars are asked for."""

import typing

import pytest
import time_machine

from brokers.contract.broker import Series
from brokers.contract.events import Candle
from market.history.candle_reader import CandleSource
from signals.features.bars import LENGTH_MS
from signals.watch import insight_watcher
from signals.watch.insight_watcher import GRACE_MS, KEPT_MS, RETRY_MS, TRIES, FollowedSymbol, InsightWatcher
from signals.watch.symbol_insight import SymbolInsight
from streaming.board.board import Board
from streaming.rpc.client import RpcError
from tests.support.moments import new_york


class Refusing(CandleSource):
    """Knows nothing, and says when to ask again."""

    async def candles(self, series: Series, since: int, until: int | None = None) -> list[Candle]:
        raise RpcError("rate_limited", "Not so often.", 30)


class Desk:
    """What a watcher needs of a person's manager."""

    person = 1

    def __init__(self) -> None:
        self.board, self.insighted = Board("1-x"), frozenset[str]()

    def put(self, event: typing.Any) -> None:
        self.board.apply(event)

    def companion(self, kind: type) -> None:
        return None


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def watcher(desk: Desk) -> InsightWatcher:
    return InsightWatcher(typing.cast(typing.Any, desk), Refusing())


def moment(text: str) -> int:
    return int(new_york(text).timestamp() * 1000)


def followed(symbol: str, bar: int) -> FollowedSymbol:
    one = FollowedSymbol(symbol)
    one.insight = SymbolInsight(symbol)
    one.insight.bar = bar
    return one


def test_spy_is_followed_while_anything_is_and_symbols_are_let_go_a_while_after(desk, watcher):
    watcher._follow(0)
    assert watcher._followed == {}
    desk.insighted = frozenset({"QQQ"})
    watcher._follow(0)
    assert {*watcher._followed} == {"QQQ", "SPY"}
    desk.insighted = frozenset()
    watcher._follow(1_000)
    assert watcher._let_go_at == 1_000 + KEPT_MS
    desk.insighted = frozenset({"QQQ"})
    watcher._follow(2_000)
    assert watcher._let_go_at == insight_watcher.NEVER, "somebody came back"
    desk.insighted = frozenset()
    watcher._follow(3_000)
    watcher._follow(3_000 + KEPT_MS)
    assert watcher._followed == {}


def test_who_comes_back_is_told_what_is_known(desk, watcher):
    desk.insighted = frozenset({"QQQ"})
    watcher._follow(0)
    watcher._followed["SPY"].insight = SymbolInsight("SPY")
    desk.insighted = frozenset({"QQQ", "SPY"})
    watcher._follow(5)
    assert [*desk.board.slots("insight")] == [("insight", "SPY")]


@pytest.mark.parametrize(
    ("now", "newest", "due"),
    [
        ("2026-11-18 11:02", "2026-11-18 10:55", "2026-11-18 11:05"),
        ("2026-11-18 20:02", "2026-11-18 19:55", "2026-11-19 04:05"),
        ("2026-11-20 22:00", "2026-11-20 19:55", "2026-11-23 04:05"),
    ],
)
def test_the_next_bar_is_asked_for_a_moment_after_it_closes(watcher, now, newest, due):
    one = followed("QQQ", moment(newest))
    one.tries = TRIES - 1
    watcher._schedule(one, moment(now))
    assert one.due == moment(due) + GRACE_MS


def test_a_bar_that_should_be_there_is_asked_for_again_and_then_the_next_one(watcher):
    now = moment("2026-11-18 11:05") + GRACE_MS
    one, dues = followed("QQQ", moment("2026-11-18 10:55")), []
    for _ in range(TRIES):
        watcher._schedule(one, now)
        dues.append(one.due)
    assert dues == [now + RETRY_MS] * (TRIES - 1) + [now - now % LENGTH_MS + LENGTH_MS + GRACE_MS]


async def test_a_refusal_is_told_with_its_reason_and_its_wait_is_kept(desk, watcher):
    desk.insighted = frozenset({"QQQ"})
    with time_machine.travel(new_york("2026-11-18 11:02"), tick=False):
        watcher._follow(moment("2026-11-18 11:02"))
        for one in watcher._followed.values():
            await watcher._read(one)
            assert one.due == moment("2026-11-18 11:02") + 30_000
    assert [*desk.board.slots("insight")] == [("insight", "QQQ")], "nobody looks at SPY"
    told = desk.board.whole(("insight", "QQQ"))
    assert (told["reason"], told["regime"]["volatility"], told.get("bar")) == ("Not so often.", "unknown", None)
    watcher.on_settings_changed()
    assert {one.due for one in watcher._followed.values()} == {0}
