"""Candles: how the venue is asked for a series, its answers put together, and what changed between two of them. Pure.

Below a day they come from its time and sales (all hours, put together from 15 minutes where it has no such interval),
from a day on from its history (regular sessions). Both begin when the candle's time does.
"""

import datetime
import typing

import msgspec
from msgspec import UNSET

from brokers.adapter.candle_slot import DAY, LENGTHS, MINUTE, Bars, Whole
from brokers.contract.broker import Series
from brokers.contract.events import Candle, Interval
from brokers.instruments.calendar import NEW_YORK
from brokers.tradier.decoding import Raw, eastern, number, price, rows

TIMESALES, HISTORY = "/v1/markets/timesales", "/v1/markets/history"
_SALES: dict[Interval, str] = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "15min", "1h": "15min", "4h": "15min"}
_DAYS: dict[Interval, str] = {"1d": "daily", "1w": "weekly", "1mo": "monthly"}
DEPTH_DAYS = {"1min": 10, "5min": 18, "15min": 18}
"""How far back the venue goes with all hours."""


class CandleRange(msgspec.Struct, frozen=True):
    """One request for a series."""

    path: str
    params: dict[str, str]


def query(series: Series, start: datetime.datetime, now: datetime.datetime) -> CandleRange:
    """Return the request for a series from `start` on (both aware). What the venue has no more is not asked for."""
    if series.interval in _DAYS:
        since = max(start.astimezone(datetime.UTC).date() - _LEAD[series.interval], datetime.date(1970, 1, 1))
        params = {"symbol": series.symbol, "interval": _DAYS[series.interval], "start": since.isoformat()}
        return CandleRange(HISTORY, params)
    interval = _SALES[series.interval]
    deepest = now - datetime.timedelta(days=DEPTH_DAYS[interval])
    since_ms = max(_slot(int(start.timestamp() * 1000), series.interval), int(deepest.timestamp() * 1000))
    local = datetime.datetime.fromtimestamp(since_ms / 1000, NEW_YORK)
    params = {
        "symbol": series.symbol,
        "interval": interval,
        "start": f"{local:%Y-%m-%d %H:%M}",
        "session_filter": "all",
    }
    return CandleRange(TIMESALES, params)


_LEAD = {
    "1d": datetime.timedelta(0), "1w": datetime.timedelta(days=7), "1mo": datetime.timedelta(days=31),
}  # fmt: skip
"""How much earlier to ask, so that the first candle is whole."""


def to_bars(series: Series, answer: typing.Any, at: int, delayed: bool) -> tuple[Bars, int]:
    """Read an answer. Returns the candles by their time, and how many rows could not be read.

    Rows count once, in whichever order they come: of two of one time, the one told last.
    """
    told: Bars = {}
    bad = 0
    is_day = series.interval in _DAYS
    for row in rows(answer, "history", "day") if is_day else rows(answer, "series", "data"):
        try:
            when = _begin(series, row)
            told[when] = _candle(series, row, when, at, delayed)
        except (KeyError, TypeError, ValueError, OverflowError):
            bad += 1
    bars: Bars = {}
    for when in sorted(told):
        candle = told[when]
        known = bars.get(candle.time)
        bars[candle.time] = candle if known is None else _joined(known, candle)
    return bars, bad


def _begin(series: Series, row: Raw) -> int:
    """Return when what a row tells began. Raises KeyError, TypeError or ValueError where it does not say."""
    if series.interval in _DAYS:
        return _day(series.interval, datetime.date.fromisoformat(row["date"]))
    stamp = number(row.get("timestamp"))
    when = eastern(row.get("time")) if stamp is None else int(stamp * 1000)
    if when is None:
        raise ValueError("a candle without a time")
    return when


def _candle(series: Series, row: Raw, when: int, at: int, delayed: bool) -> Candle:
    begins = when if series.interval in _DAYS else _slot(when, series.interval)
    close = price(row["close"])
    if close is None:
        raise ValueError("a candle without a price")
    return Candle(
        symbol=series.symbol,
        interval=series.interval,
        time=begins,
        open=price(row["open"]),
        high=price(row["high"]),
        low=price(row["low"]),
        close=close,
        volume=number(row.get("volume")),
        vwap=price(row["vwap"]) if "vwap" in row else UNSET,
        delayed=delayed,
        at=at,
    )


def _slot(at: int, interval: Interval) -> int:
    """Return when the candle of a moment begins. Those of hours are counted from midnight in New York."""
    length = LENGTHS[interval]
    if length <= 60 * MINUTE:
        return at // length * length
    local = datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)
    midnight = int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    return midnight + (at - midnight) // length * length


def _day(interval: Interval, date: datetime.date) -> int:
    """Return when the candle of a day begins: the days, weeks (from Monday) and months of candles are UTC's."""
    if interval == "1w":
        date -= datetime.timedelta(days=date.weekday())
    elif interval == "1mo":
        date = date.replace(day=1)
    return (date - datetime.date(1970, 1, 1)).days * DAY


def _joined(first: Candle, then: Candle) -> Candle:
    """Return one candle for two that follow one another."""
    volumes = [volume for volume in (first.volume, then.volume) if isinstance(volume, int | float)]
    return msgspec.structs.replace(
        first,
        high=_most(max, first.high, then.high),
        low=_most(min, first.low, then.low),
        close=then.close,
        volume=sum(volumes) if volumes else None,
        vwap=_average(first, then),
    )


def _most(choose: typing.Callable[..., float], *values: typing.Any) -> float | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _average(*bars: Candle) -> typing.Any:
    """Return the average price that a share changed hands at over several candles."""
    told = [(bar.vwap, bar.volume) for bar in bars if isinstance(bar.vwap, float | int) and bar.volume]
    volume = sum(weight for _, weight in told)
    return sum(vwap * weight for vwap, weight in told) / volume if volume else bars[0].vwap


def oldest_first(bars: Bars, start: datetime.datetime, now: int) -> list[Candle]:
    """Return the candles from `start` on, each with whether it is closed at `now` (ms)."""
    times = sorted(time for time in bars if time >= start.timestamp() * 1000)
    return [
        msgspec.structs.replace(bars[time], closed=time < times[-1] or time + LENGTHS[bars[time].interval] <= now)
        for time in times
    ]


_VALUES = ("open", "high", "low", "close", "volume", "vwap")


def _values(bar: Candle) -> tuple[typing.Any, ...]:
    return tuple(getattr(bar, name) for name in _VALUES)


class Polled:
    """A series that is asked for again and again: tells what changed, as a stream would."""

    def __init__(self) -> None:
        self._known: Bars | None = None

    def apply(self, bars: Bars, since: int, at: int) -> Whole | None:
        """Take an answer to a request from `since` (ms) on. None when nothing changed; the first is a snapshot.

        An empty answer after one that was not is a venue that stumbled: candles end one by one.
        """
        if self._known and not bars:
            return None
        known, self._known = self._known, bars
        if known is None:
            return Whole(bars=bars, removed=frozenset(), is_snapshot=True, at=at)
        changed = {time: bar for time, bar in bars.items() if time not in known or _values(bar) != _values(known[time])}
        removed = frozenset(time for time in known if time not in bars and time >= since)
        return Whole(bars=changed, removed=removed, is_snapshot=False, at=at) if changed or removed else None
