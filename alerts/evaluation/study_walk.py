"""One rule of studies as it goes from closed bar to closed bar, by the bars' own clock. Pure. Times are in ms.

Bars that come late are the same bars: what was missed is walked through in its order, from what was stored, and fires
what it would have fired. So the venue's candles recover such rules exactly, and a firing that was stored already is
found again under its own name, which the ledger drops.
"""

import math
import typing
from collections.abc import Iterable, Sequence

import msgspec

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.hours import Calendar, MarketHours, midnight_before, new_york_day
from alerts.rules.errors import RuleError
from alerts.rules.fields import LENGTHS, FieldRef, has_sessions
from alerts.rules.spec import Rule, RuleSpec
from alerts.rules.state import EngineState, Status
from brokers.contract.broker import Series
from lib.stoppable import IsStopped, iter_until, never
from lib.studies import MAKERS, Study, StudyBar, VolumeSpike

DAY_MS = 86_400_000
SETTLED = 10
"""After so many of their lengths averages do not depend any more on where they began (docs/charts.md)."""
MACD_LENGTH = 35
SPIKE_BARS = ("5m", "15m", "30m", "1h")
"""Bars whose volume is compared with that of other days: minutes of so many days are more than is asked for."""
REGULAR_MS = 23_400_000
LATE_MS = 60_000
"""A bar that is walked through later than this after it closed was missed by whoever evaluated then."""


def is_walked(spec: RuleSpec) -> bool:
    """Whether a rule looks at studies of one series alone, and so goes from bar to bar; others go by prices too."""
    first = spec.fields[0]
    return all(
        ref.is_study and (ref.symbol, ref.interval) == (first.symbol, first.interval) for ref in spec.fields
    )  # fmt: skip


def series_of(spec: RuleSpec) -> Series:
    """Return the series of a rule that goes from bar to bar."""
    return series_of_ref(spec.fields[0])


def series_of_ref(ref: FieldRef) -> Series:
    """Return the series that a study is of."""
    return Series(ref.symbol, typing.cast(typing.Any, ref.interval))


def check_studies(spec: RuleSpec) -> None:
    """Refuse of studies what cannot be evaluated yet. Raises RuleError naming it."""
    for leaf in spec.leaves:
        for ref in leaf.fields:
            if not ref.is_study:
                continue
            if ref.field.name not in MAKERS or ref.is_live or (ref.field.name == "vwap" and ref.interval == "1d"):
                raise RuleError(f"{leaf.place}.field", f"{ref.text} cannot be watched yet")
            if ref.field.name == "volume_spike" and ref.interval not in SPIKE_BARS:
                raise RuleError(f"{leaf.place}.field", f"volume_spike is known of bars of {', '.join(SPIKE_BARS)} only")
    if spec.trigger != "per_bar_close":
        return
    if not is_walked(spec):
        raise RuleError("trigger", "belongs to studies of one length of bars alone: use per_bar")
    if spec.interval != spec.fields[0].interval:
        raise RuleError("interval", f"is that of the bars, {spec.fields[0].interval}")


def bars_needed(refs: Iterable[FieldRef]) -> int:
    """Return how many bars before a moment studies have to see."""
    return max((_bars_of(ref) for ref in refs), default=0) + 2


def _bars_of(ref: FieldRef) -> int:
    if ref.field.name == "volume_spike":
        return VolumeSpike.DAYS * DAY_MS // (LENGTHS[ref.interval] * 1000)
    return SETTLED * (MACD_LENGTH if ref.field.name.startswith("macd") else ref.length)


def lead_ms(refs: Sequence[FieldRef], series: Series) -> int:
    """Return how long before a moment the bars begin that studies of a series have to see, weekends and all."""
    length = LENGTHS[series.interval] * 1000
    day = length if length >= DAY_MS else REGULAR_MS if has_sessions(series.symbol) else DAY_MS
    days = [
        VolumeSpike.DAYS if ref.field.name == "volume_spike" else math.ceil((_bars_of(ref) + 2) * length / day)
        for ref in refs
    ]
    return (max(days, default=0) * 7 // 5 + 5) * DAY_MS


def bar_end(bar: StudyBar, interval: str, symbol: str, calendar: Calendar) -> int:
    """Return when a bar is over; that of a day with its regular session."""
    if interval != "1d":
        return bar.time + LENGTHS[interval] * 1000
    if not has_sessions(symbol):
        return bar.time + DAY_MS
    noon = midnight_before(bar.time + DAY_MS // 2) + DAY_MS // 2
    found = calendar.hours("regular", noon)
    return found.closes if new_york_day(found.opens) == new_york_day(noon) else bar.time + DAY_MS


class WalkState(msgspec.Struct):
    """What is stored of a walk: which version of the rule, its newest bar, and what the engine knows after it."""

    version: int
    bar: int
    state: EngineState


class StudyWalk:
    """One rule of studies, and how far it has come."""

    def __init__(self, rule: Rule, stored: WalkState | None, calendar: Calendar | None = None) -> None:
        self.rule, self.series = rule, series_of(rule.spec)
        self._calendar = calendar or MarketHours()
        kept = stored if stored is not None and stored.version == rule.version else None
        self.bar = kept.bar if kept is not None else -1
        """When the newest bar began that it has seen; -1: none yet."""
        self._clock = kept.state.at if kept else rule.armed_at
        self._engine = Engine([rule], self._clock, calendar=self._calendar, state=kept.state if kept else None)
        self._studies: list[tuple[str, Study]] = []
        self.restart()

    def __repr__(self) -> str:
        return f"<StudyWalk rule={self.rule.id} {self.series.symbol} {self.series.interval} bar={self.bar}>"

    def restart(self) -> None:
        """Work all studies out anew: a bar that they have seen was corrected."""
        self._fed = -1
        self._studies = [(one.key, _study(one.ref)) for one in self._engine.inputs]

    def snooze(self, until: int | None) -> None:
        """Let it fire nothing until then; None ends that."""
        self._engine.snooze(until)

    @property
    def is_over(self) -> bool:
        """Whether it never fires again."""
        return self._engine.is_over(self.rule.id)

    def interrupt(self) -> None:
        """Note that bars may be missing: the next one is compared as over a gap."""
        self._engine.interrupt(self._clock)

    def take(self, bars: Sequence[StudyBar], now: int, is_stopped: IsStopped = never) -> list[Firing]:
        """Take the closed bars of its series, oldest first: those that it has seen only lead up to the new ones.

        A rule begins with the newest bar from before it was armed, which it is compared with. Raises WorkStopped.
        """
        ends = [bar_end(bar, self.series.interval, self.series.symbol, self._calendar) for bar in bars]
        if self.bar < 0:
            before = [bar.time for bar, end in zip(bars, ends, strict=True) if end <= self.rule.armed_at]
            self.bar = before[-1] - 1 if before else -1
        found: list[Firing] = []
        for bar, end in iter_until(zip(bars, ends, strict=True), is_stopped):
            if bar.time <= self._fed:
                continue
            self._fed = bar.time
            values = {key: study.take(bar) for key, study in self._studies}
            if bar.time > self.bar:
                self.bar, self._clock = bar.time, end - 1
                firings = self._engine.take_bar(values, bar.time, self._clock)
                found += [self._told(one, bar.time, end, now) for one in firings if end > self.rule.armed_at]
        return found

    def _told(self, firing: Firing, bar: int, end: int, now: int) -> Firing:
        """Return a firing as of the close of its bar, found by now."""
        evidence = f"candle {self.series.interval}"
        told = msgspec.structs.replace(firing, at=end, received=now, evidence=evidence)
        if now - end <= LATE_MS:
            return told
        return msgspec.structs.replace(told, recovered=True, late_ms=now - end, seen_in="candle", between=(bar, end))

    def status(self, now: int) -> Status:
        """Return how it stands: the clock of the bars says nothing yet of what ended since the newest one."""
        told, expires = self._engine.statuses(now)[0], self.rule.spec.expires
        is_expired = expires is not None and expires <= now and told.state != "fired"
        return msgspec.structs.replace(told, state="expired", reason="", since=None) if is_expired else told

    @property
    def stored(self) -> WalkState:
        """What is stored of it."""
        return WalkState(self.rule.version, self.bar, self._engine.checkpoint(self._clock))


def _study(ref: FieldRef) -> Study:
    return MAKERS[ref.field.name](ref.length)


class NewestStudies:
    """What studies of one series are at its newest closed bar, for rules that are evaluated as prices come."""

    def __init__(self) -> None:
        self.refs: dict[str, FieldRef] = {}
        """The studies, by the keys of their inputs."""
        self._studies: dict[str, Study] = {}
        self._values: dict[str, float | None] = {}
        self._fed = -1

    def follow(self, refs: dict[str, FieldRef]) -> bool:
        """Work out these and no others. Returns whether any is new."""
        is_new = not refs.keys() <= self.refs.keys()
        self.refs = refs
        if is_new:
            self.restart()
        return is_new

    def restart(self) -> None:
        """Work all out anew: a bar that they have seen was corrected."""
        self._studies = {key: _study(ref) for key, ref in self.refs.items()}
        self._fed = -1

    def take(self, bars: Iterable[StudyBar]) -> dict[str, float | None]:
        """Take the closed bars, oldest first, of which those count that it has not seen. Returns the newest values."""
        for bar in bars:
            if bar.time > self._fed:
                self._fed = bar.time
                self._values = {key: study.take(bar) for key, study in self._studies.items()}
        return {key: self._values.get(key) for key in self.refs}
