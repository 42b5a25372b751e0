"""The bars of a chart as a page shows them before its script goes on: a table of the newest, as it was loaded."""

import datetime
import typing
from collections.abc import Sequence

import msgspec

from brokers.adapter.candle_slot import DAY, LENGTHS
from brokers.contract.events import Bar, Interval
from market.api.requests import NEW_YORK

INTERVALS: tuple[Interval, ...] = ("1m", "5m", "15m", "1h", "1d")
"""The lengths of bars that a chart offers."""
USUAL: Interval = "5m"
ROWS = 50
"""Rows of the table."""
INDICATORS = (
    ("sma20", "SMA 20"),
    ("sma50", "SMA 50"),
    ("ema9", "EMA 9"),
    ("ema21", "EMA 21"),
    ("vwap", "VWAP of the day"),
    ("bands", "Bollinger 20, 2"),
    ("rsi", "RSI 14"),
    ("macd", "MACD 12, 26, 9"),
)
"""What may be drawn beside the bars: the name (static/js/chart/indicators.js), and what people read."""


class BarRow(typing.NamedTuple):
    """One bar, and when it began as a page writes it."""

    when: str
    bar: Bar


class _Page(msgspec.Struct, frozen=True):
    candles: list[Bar]


_page = msgspec.json.Decoder(_Page)


def chosen(text: str) -> Interval:
    """Return the interval that is meant; what cannot be read was not chosen."""
    return next((interval for interval in INTERVALS if interval == text), USUAL)


def rows(text: str, interval: Interval) -> list[BarRow]:
    """Return the bars of an answer (market/charts/history.py), newest first."""
    return rows_of(_page.decode(text).candles, interval)


def rows_of(bars: Sequence[Bar], interval: Interval) -> list[BarRow]:
    """Return bars, which are given oldest first, newest first."""
    return [BarRow(when(bar.time, interval), bar) for bar in reversed(bars)]


def when(time: int, interval: Interval) -> str:
    """Write when a bar began: "20 Nov 14:35" on the exchange's clock, a day's "20 Nov 2026". `time` in ms."""
    is_day = LENGTHS[interval] >= DAY
    at = datetime.datetime.fromtimestamp(time / 1000, datetime.UTC if is_day else NEW_YORK)
    return f"{at.day} {at:%b %Y}" if is_day else f"{at.day} {at:%b %H:%M}"
