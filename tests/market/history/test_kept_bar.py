"""Which candles are bars that can be kept."""

import decimal

from brokers.contract.events import Candle
from market.history.kept_bar import KeptBar, closed_bars, exact
from tests.market.history.made_bars import MINUTE, MONDAY


def candle(at: int, **options) -> Candle:
    return Candle(symbol="QQQ", interval="1m", time=MONDAY + at, **{"closed": True, "close": 10.1, **options})


def test_only_bars_that_are_over_are_kept_each_once_by_time():
    now = MONDAY + 5 * MINUTE
    told = [
        candle(2 * MINUTE), candle(0), candle(0, close=10.2), candle(MINUTE, gone=True),
        candle(3 * MINUTE, closed=False), candle(90_000), candle(5 * MINUTE), candle(4 * MINUTE),
    ]  # fmt: skip
    bars = closed_bars(told, "1m", now)
    assert [(one.time - MONDAY) // MINUTE for one in bars] == [0, 2, 4]
    assert bars[0] == KeptBar(MONDAY, close=decimal.Decimal("10.2"))


def test_a_number_is_the_decimal_it_was_written_as():
    assert exact(0.1) == decimal.Decimal("0.1")
    assert exact(450) == 450
    assert [exact(one) for one in (None, float("nan"), float("inf"))] == [None] * 3
