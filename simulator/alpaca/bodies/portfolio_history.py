"""The body about what an account was worth over time, in numbers: each window is told by its beginning. Pure."""

import datetime
import decimal
import re
import typing

import msgspec

from simulator.alpaca.format import invalid
from simulator.asgi import Json
from simulator.exchange.net_liq_history import FINE, FIVE_MINUTES, HALF_HOUR, NetLiqBar, NetLiqHistory
from simulator.market import calendar

Decimal = decimal.Decimal
_MINUTE = 60_000
TIMEFRAMES = {"1Min": _MINUTE, "5Min": 5 * _MINUTE, "15Min": 15 * _MINUTE, "1H": 60 * _MINUTE, "1D": None}
"""Lengths in ms. What is recorded is no finer than five minutes: within them a minute is worth what the last was."""
_PERIOD = re.compile(r"([1-9]\d{0,2})([DWMA])")
_DAYS = {"D": 1, "W": 7, "M": 31, "A": 366}
_PART = Decimal("0.0001")


class Span(msgspec.Struct, frozen=True):
    """From when to when, in ms since the epoch, in which steps."""

    first: int
    last: int
    timeframe: str

    @property
    def day(self) -> datetime.date:
        """The day it begins on."""
        return calendar.day_of(self.first)


def span(period: str, timeframe: str, start: int | None, end: int | None, now: int) -> Span:
    """Read what is asked for: times in ms, `period` as in `1M`; empty texts leave it to the venue. Raises Refusal."""
    match = _PERIOD.fullmatch(period or "1M")
    if match is None:
        raise invalid(f"invalid period: {period}")
    last = now if end is None else min(now, end)
    days = int(match[1]) * _DAYS[match[2]]
    if start is None:
        day = calendar.day_of(last)
        opens = calendar.at_clock(calendar.before(day), 16) if days == 1 else last - days * 86_400_000
        start = opens
    length = (last - start) / 86_400_000
    chosen = timeframe or ("1Min" if length < 7 else "15Min" if length < 30 else "1D")
    if chosen not in TIMEFRAMES:
        raise invalid(f"invalid timeframe: {chosen}")
    if TIMEFRAMES[chosen] is not None and length > FINE.days:
        if timeframe:
            raise invalid(f"timeframe {chosen} is only available for periods of less than {FINE.days} days")
        chosen = "1D"
    return Span(start, last, chosen)


def history_body(history: NetLiqHistory, wanted: Span) -> Json:
    """Tell the worths of a span, and what was made since its beginning."""
    points = _points(history, wanted)
    base = points[0][1].open if points else Decimal(0)
    made = [bar.close - base for _, bar in points]
    return {
        "timestamp": [at // 1000 for at, _ in points],
        "equity": [float(bar.close) for _, bar in points],
        "profit_loss": [float(each) for each in made],
        "profit_loss_pct": [float((each / base).quantize(_PART)) if base else 0.0 for each in made],
        "base_value": float(base),
        "base_value_asof": calendar.day_of(wanted.first).isoformat(),
        "timeframe": wanted.timeframe,
    }


def _points(history: NetLiqHistory, wanted: Span) -> list[tuple[int, NetLiqBar]]:
    """Return every window's beginning and what the account was worth in it."""
    step = TIMEFRAMES[wanted.timeframe]
    if step is None:
        days = [(calendar.at_clock(calendar.day_of(bar.at), 9, 30), bar) for bar in history.days(wanted.day)]
        return [each for each in days if wanted.first <= each[1].at and each[0] <= wanted.last]
    recorded = HALF_HOUR if step % HALF_HOUR == 0 else FIVE_MINUTES
    windows: dict[int, NetLiqBar] = {}
    for bar in history.bars(recorded, wanted.day):
        if wanted.first < bar.at <= wanted.last:
            for at in _beginnings(bar, recorded, step):
                if at + step > wanted.first:
                    windows[at] = windows[at].then(bar) if at in windows else bar
    return sorted(windows.items())


def _beginnings(bar: NetLiqBar, recorded: int, step: int) -> typing.Iterator[int]:
    """Yield the beginnings of the windows a bar is in, or that are in it."""
    begin = (bar.at - 1) // recorded * recorded
    if step >= recorded:
        yield begin // step * step
    else:
        yield from range(begin, bar.at, step)
