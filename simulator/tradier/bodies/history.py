"""Bodies of what was traded: days, weeks and months, and bars of a few minutes, from the charts of the market. Pure.

Bars come oldest first. A bar's `time` is New York's, without a zone; its `timestamp` is in whole seconds.
"""

import datetime
import math
import typing

from simulator.asgi import Json
from simulator.faults.faults import Fault
from simulator.faults.unkind_bars import spoil_bars
from simulator.market import calendar
from simulator.market.bars import DAY, SECOND, BarPeriod, SimBar, Slots, gather
from simulator.market.charts import SimCharts
from simulator.tradier.bodies.delayed_quotes import DELAY_MS
from simulator.tradier.bodies.quotes import Subject
from simulator.tradier.format import invalid, several
from simulator.tradier.rate_limit import Environment
from simulator.tradier.request import SimTradierCall

_UNITS: dict[str, typing.Literal["d", "w", "mo"]] = {"daily": "d", "weekly": "w", "monthly": "mo"}
_MINUTES = {"1min": 1, "5min": 5, "15min": 15}
_DEPTHS = {"tick": (5, 5), "1min": (20, 10), "5min": (40, 18), "15min": (40, 18)}
"""Days back that are kept of regular hours, and of all."""
_YEAR = datetime.timedelta(days=365)
_FORM = "%Y-%m-%d %H:%M"


def days_body(charts: SimCharts, subject: Subject, call: SimTradierCall, fault: Fault | None = None) -> Json:
    """List the days, weeks or months of a period, as a fault has them told. Raises Refusal."""
    unit = _UNITS[call.choice("interval", [*_UNITS], "daily")]
    today = charts.market.day
    end = call.date("end", today)
    start = call.date("start", end - _YEAR)
    first, last = (calendar.day_id(day) * DAY for day in (start, end))
    found = gather(charts.bars(subject, "last", DAY, first, last, regular=True), Slots(BarPeriod(unit)))
    bodies = _told([_day(bar) for bar in found][::-1], fault, "date")
    return {"history": {"day": several(bodies)} if bodies else None}


def _day(bar: SimBar) -> Json:
    return {"date": calendar.day_by_id(bar.at // DAY).isoformat(), **_prices(bar), "volume": _volume(bar)}


def series_body(
    charts: SimCharts, subject: Subject, call: SimTradierCall, environment: Environment, fault: Fault | None = None
) -> Json:
    """List the bars of a period of a day or more, as a fault has them told. Raises Refusal."""
    known = [name for name in _DEPTHS if name != "tick" or environment == "live"]
    interval = call.choice("interval", known, known[0])
    is_open = call.choice("session_filter", ("all", "open"), "all") == "open"
    at = charts.market.at if environment == "live" else charts.market.at - DELAY_MS
    first, last = _period(call, at, _DEPTHS[interval][0 if is_open else 1])
    last = min(last, at)
    period = BarPeriod("m", _MINUTES[interval]) if interval in _MINUTES else BarPeriod("s")
    found = gather(charts.bars(subject, "last", period.step, first, last, regular=is_open), Slots(period))
    bars = [_bar(bar, is_tick=interval == "tick") for bar in found if bar.at >= first][::-1]
    bodies = bars if interval == "tick" else _told(bars, fault, "timestamp")
    return {"series": {"data": several(bodies)} if bodies else None}


def _told(bodies: list[Json], fault: Fault | None, time: str) -> list[Json]:
    return spoil_bars(bodies, fault, time, bodies[-1][time]) if fault is not None and bodies else bodies


def _period(call: SimTradierCall, at: int, days: int) -> tuple[int, int]:
    """Return from when to when, in ms since the epoch. Raises Refusal."""
    today = calendar.day_of(at)
    oldest = today - datetime.timedelta(days=days)
    first = _moment(call, "start", calendar.at_clock(today, 0))
    if first < calendar.at_clock(oldest, 0):
        raise invalid("start", f"must be on or after {oldest} 00:00:00.")
    return first, _moment(call, "end", at)


def _moment(call: SimTradierCall, name: str, default: int) -> int:
    text = call.text(name, "")
    if not text:
        return default
    try:
        time = datetime.datetime.strptime(text if ":" in text else f"{text} 00:00", _FORM)  # noqa: DTZ007 New York's
    except ValueError:
        raise invalid(name, "must be a time of the form YYYY-MM-DD HH:MM.") from None
    return int(time.replace(tzinfo=calendar.NEW_YORK).timestamp() * 1000)


def _bar(bar: SimBar, *, is_tick: bool) -> Json:
    time = calendar.moment(bar.at // SECOND * SECOND)
    head = {"time": f"{time:%Y-%m-%dT%H:%M:%S}", "timestamp": bar.at // 1000}
    if is_tick:
        return head | {"price": bar.close, "volume": _volume(bar)}
    vwap = round(bar.vwap, 5) if math.isfinite(bar.vwap) else bar.close
    return head | {
        "price": round((bar.high + bar.low) / 2, 5),
        **_prices(bar),
        "volume": _volume(bar),
        "vwap": vwap,
    }


def _prices(bar: SimBar) -> Json:
    return {"open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close}


def _volume(bar: SimBar) -> int:
    return 0 if math.isnan(bar.volume) else int(bar.volume)
