"""Candle events: a series as one subscription is told it, first whole (the snapshot), then what changes of it. Pure.

The snapshot goes from the newest candle to the oldest. Its first event has the flag BEGIN, its last END; where no
candle begins at the very time asked for, the last event is one that removes a candle there. No event at all is one
that begins, ends and removes. Later events have no flags, and come from the oldest that changed to the newest.
"""

import re
import typing

import msgspec

from simulator.faults.faults import Fault
from simulator.faults.unkind_bars import spoil_bars
from simulator.market.bars import NAN, BarPeriod, SimBar, Slots, gather, period
from simulator.market.charts import Price, SimCharts
from simulator.market.history_anchors import Subject
from simulator.market.option_surface import OptionState

_SHAPE = re.compile(r"(?P<base>[^{}]+)\{(?P<attributes>[^{}]*)\}")
_PERIOD = re.compile(r"(?P<number>\d{0,6})(?P<unit>[a-z]+)")
_ACCEPTED = {"a": ("m", "s"), "price": ("last", "bid", "ask", "mark"), "tho": ("false", "true")}
"""Attributes by key, the usual value first."""


class CandleSymbol(msgspec.Struct, frozen=True):
    """Which candles are meant. `base` is the instrument's streamer symbol."""

    base: str
    period: BarPeriod
    price: Price = "last"
    regular: bool = False

    @property
    def normalised(self) -> str:
        """The name dxFeed answers with."""
        number = "" if self.period.number == 1 else str(self.period.number)
        attributes = [f"={number}{self.period.unit}"]
        if self.period.by_session:
            attributes.append("a=s")
        if self.price != "last":
            attributes.append(f"price={self.price}")
        if self.regular:
            attributes.append("tho=true")
        return f"{self.base}{{{','.join(attributes)}}}"


def parse_candle(symbol: str) -> CandleSymbol | None:
    """Read the name of candles. None when it is not one, or asks for what is not aggregated here (ticks, volume)."""
    match = _SHAPE.fullmatch(symbol)
    if match is None:
        return None
    attributes = dict(part.split("=", 1) for part in match["attributes"].split(",") if "=" in part)
    asked = _PERIOD.fullmatch(attributes.pop("", ""))
    if asked is None or any(value not in _ACCEPTED.get(key, ()) for key, value in attributes.items()):
        return None
    by_session = attributes.get("a") == "s"
    length = period(asked["unit"], int(asked["number"] or 1), by_session=by_session)
    if length is None:
        return None
    price = typing.cast(Price, attributes.get("price", "last"))
    return CandleSymbol(match["base"], length, price, attributes.get("tho") == "true")


Values = dict[str, typing.Any]
REMOVE, BEGIN, END = 0x2, 0x4, 0x8


class Line:
    """One subscription to one series of candles, from `since` (ms since the epoch; None: from the newest) on."""

    def __init__(self, symbol: CandleSymbol, since: int | None) -> None:
        self.symbol = symbol
        self.since = since
        self._slots = Slots(symbol.period)
        self._told: SimBar | None = None
        self._is_told = False

    def restart(self) -> None:
        """Tell the whole series again."""
        self._told, self._is_told = None, False

    @property
    def is_told(self) -> bool:
        """Whether its snapshot was told."""
        return self._is_told

    def events(self, charts: SimCharts, subject: Subject) -> typing.Iterator[Values]:
        """Yield what the subscriber does not know yet: the whole series the first time."""
        if self.since is None:
            newest = next(self._bars(charts, subject, 0), None)
            self.since = newest.at if newest else charts.market.at
        if self._is_told:
            return self._changes(charts, subject, self.since)
        self._is_told = True
        return self._snapshot(charts, subject, self.since)

    def _bars(self, charts: SimCharts, subject: Subject, since: int) -> typing.Iterator[SimBar]:
        """Yield the candles that begin at or after `since`, the newest first."""
        symbol = self.symbol
        bars = charts.bars(subject, symbol.price, symbol.period.step, since, regular=symbol.regular)
        return (bar for bar in gather(bars, self._slots) if bar.at >= since)

    def newest(self, charts: SimCharts, subject: Subject) -> Values | None:
        """Return the newest candle, whatever was told. None when there is none."""
        bar = next(self._bars(charts, subject, 0), None)
        return values(self.symbol, bar, 0, subject) if bar else None

    def _snapshot(self, charts: SimCharts, subject: Subject, since: int) -> typing.Iterator[Values]:
        flags, oldest = BEGIN, None
        held: SimBar | None = None
        for bar in self._bars(charts, subject, since):
            if held is None:
                self._told = bar
            else:
                yield values(self.symbol, held, flags, subject)
                flags = 0
            held = oldest = bar
        if held is not None and oldest is not None and oldest.at == since:
            yield values(self.symbol, held, flags | END, subject)
            return
        if held is not None:
            yield values(self.symbol, held, flags, subject)
            flags = 0
        nothing = SimBar(since, NAN, NAN, NAN, NAN, count=0)
        yield values(self.symbol, nothing, flags | END | REMOVE, subject)

    def _changes(self, charts: SimCharts, subject: Subject, since: int) -> typing.Iterator[Values]:
        changed = list(self._bars(charts, subject, since if self._told is None else self._told.at))
        if self._told is not None and changed and changed[-1] == self._told:
            changed.pop()
        for bar in reversed(changed):
            self._told = bar
            yield values(self.symbol, bar, 0, subject)


class CandleLines:
    """The series one channel is subscribed to."""

    def __init__(self) -> None:
        self._by_base: dict[str, dict[str, Line]] = {}

    def add(self, symbol: CandleSymbol, since: int | None) -> bool:
        """Begin a series, or begin it anew from another time. Returns False when nothing is new."""
        lines = self._by_base.setdefault(symbol.base, {})
        line = lines.get(symbol.normalised)
        if line is not None and line.since == since:
            return False
        lines[symbol.normalised] = Line(symbol, since)
        return True

    def discard(self, symbol: CandleSymbol) -> bool:
        """End a series. Returns whether it was the last one of its instrument."""
        lines = self._by_base.get(symbol.base, {})
        lines.pop(symbol.normalised, None)
        return not lines and self._by_base.pop(symbol.base, None) is not None

    def clear(self) -> None:
        """End every series."""
        self._by_base.clear()

    def restart(self, base: str) -> None:
        """Tell every series of one instrument again, by its streamer symbol."""
        for line in self.of(base):
            line.restart()

    def of(self, base: str) -> typing.Iterable[Line]:
        """Return the series of one instrument, by its streamer symbol."""
        return self._by_base.get(base, {}).values()


def spoil_snapshot(events: typing.Iterable[Values], fault: Fault) -> list[Values]:
    """Return a whole snapshot, newest first, as a fault has its bars told; it begins and ends as any other."""
    every = list(events)
    bars = [event | {"eventFlags": 0} for event in every if not event["eventFlags"] & REMOVE]
    ends = [event for event in every if event["eventFlags"] & REMOVE]
    told = [*spoil_bars(bars, fault, "index", bars[0]["index"] if bars else None), *ends]
    if told:
        told[0] = told[0] | {"eventFlags": told[0]["eventFlags"] | BEGIN}
        told[-1] = told[-1] | {"eventFlags": told[-1]["eventFlags"] | END}
    return told


def values(symbol: CandleSymbol, bar: SimBar, flags: int, subject: Subject) -> Values:
    """Return every field of one candle's event."""
    return {
        "eventSymbol": symbol.normalised,
        "eventTime": 0,
        "eventFlags": flags,
        "index": bar.at // 1000 << 32 | bar.at % 1000 << 22,
        "time": bar.at,
        "sequence": 0,
        "count": bar.count,
        "volume": _double(bar.volume),
        "vwap": _double(round(bar.vwap, 4)),
        "bidVolume": _double(bar.bid_volume),
        "askVolume": _double(bar.ask_volume),
        "impVolatility": _double(round(bar.iv, 6)),
        "openInterest": subject.open_interest if isinstance(subject, OptionState) else _double(NAN),
        "open": _double(bar.open),
        "high": _double(bar.high),
        "low": _double(bar.low),
        "close": _double(bar.close),
    }


def _double(value: float) -> float | str:
    return value if value == value else "NaN"
