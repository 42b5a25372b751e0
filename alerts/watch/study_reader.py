"""Asks for closed bars, the kept ones and the venue's, when they are due, and walks the rules of studies through them.

Nothing is streamed for it: a bar that was missed is in the next answer. A rule goes on from the bar that was stored.
"""

import asyncio
import contextlib
import typing
from collections.abc import Callable, Iterable, Mapping

import msgspec

from alerts.evaluation.firing import Firing
from alerts.evaluation.hours import Calendar, new_york_time
from alerts.evaluation.status import SESSIONS
from alerts.evaluation.study_walk import (
    DAY_MS,
    NewestStudies,
    StudyWalk,
    WalkState,
    bar_end,
    bars_needed,
    lead_ms,
    series_of_ref,
)  # fmt: skip
from alerts.evaluation.values import Input
from alerts.rules.fields import LENGTHS, FieldRef, has_sessions
from alerts.rules.spec import Rule
from alerts.rules.state import Status
from alerts.watch.recovery import DELAYED
from alerts.watch.unchecked import NO_CANDLES
from brokers.contract.broker import Series
from brokers.contract.events import Candle
from lib.clock import now_ms
from lib.studies import StudyBar
from market.history.candle_reader import CandleSource
from streaming.rpc.candles import DEPTH
from streaming.rpc.client import RpcError

GRACE_MS = 1_500
"""How long after a bar is over it is asked for: trades come with a delay."""
RETRY_MS = 5_000
TRIES = 3
"""How often a bar is asked for that is not there yet: without a trade there is none."""
PACE_MS = 3_600_000
"""How often bars of a day are asked for."""
AGAIN = 3
"""How many bars are asked for again: they may have been corrected."""
MINUTE_MS = 60_000
LEAST = 1_500
"""How many bars are kept beside those that studies need: those of a day of minutes, for what begins with that."""
ASKS = "asks the venue for bars"

TellMissed = Callable[[Rule, int, int], None]
TellStudies = Callable[[Mapping[str, float | None], int], None]
LoseStudies = Callable[[Iterable[str], str], None]


class BarSeries:
    """The closed bars of one series as far as they are known, and when to ask for more. Times in ms."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.length = LENGTHS[series.interval] * 1000
        self.bars: dict[int, StudyBar] = {}
        self.since = 0
        """From when on they are known; 0: they were never asked for."""
        self.reason = ""
        """Why they are not known any further."""
        self.due = 0
        self._tries = 0

    def take(self, candles: Iterable[Candle]) -> bool:
        """Take what a venue told. Returns whether a bar that was known is another one now."""
        changed = False
        for bar in filter(None, map(study_bar, candles)):
            changed |= self.bars.get(bar.time, bar) != bar
            self.bars[bar.time] = bar
        self.bars = dict(sorted(self.bars.items()))
        return changed

    def trim(self, most: int) -> None:
        """Keep the newest bars alone: older ones do not show in any study any more."""
        for time in list(self.bars)[:-most]:
            del self.bars[time]

    def schedule(self, now: int, calendar: Calendar) -> None:
        """Set when to ask next: when another bar will have closed, or soon where one should be there and is not."""
        pace = min(self.length, PACE_MS)
        newest = next(reversed(self.bars), 0)
        self._tries += 1
        if self.length <= PACE_MS and newest + 2 * self.length + GRACE_MS <= now and self._tries < TRIES:
            self.due = now + RETRY_MS
            return
        self._tries = 0
        self.due = (now // pace + 1) * pace + GRACE_MS
        if has_sessions(self.series.symbol):
            opens = calendar.hours("extended", self.due - GRACE_MS - pace).opens
            self.due = max(self.due, opens + pace + GRACE_MS)

    def fail(self, reason: str, now: int) -> None:
        """Note why nothing was told."""
        self.reason, self.due = reason, now + RETRY_MS


class StudyReader:
    """The rules of studies of one person. `tell_missed` says that a rule was not checked between two times.

    `tell_studies` takes what studies are since a bar closed, for rules that look at prices beside them, `lose_studies`
    which of them are not known any more, and why.
    """

    def __init__(
        self,
        source: CandleSource,
        publish: Callable[[Iterable[Firing]], None],
        tell_missed: TellMissed,
        calendar: Calendar,
        tell_studies: TellStudies = lambda values, at: None,
        lose_studies: LoseStudies = lambda keys, reason: None,
    ) -> None:
        self._publish = publish
        self._tell_studies, self._lose_studies = tell_studies, lose_studies
        self._newest: dict[Series, NewestStudies] = {}
        self._tell_missed = tell_missed
        self._calendar = calendar
        self._walks: dict[str, StudyWalk] = {}
        self._series: dict[Series, BarSeries] = {}
        self._changed = asyncio.Event()
        self._source = source

    def __repr__(self) -> str:
        return f"<StudyReader {len(self._walks)} rules {len(self._series)} series>"

    @property
    def walks(self) -> Mapping[str, StudyWalk]:
        """The rules, by id."""
        return self._walks

    def follow(
        self,
        rules: Mapping[str, Rule],
        stored: Mapping[str, dict[str, typing.Any]],
        inputs: Iterable[Input] = (),
    ) -> None:
        """Walk these rules on, and no others; `stored` is what was stored of them, by id.

        `inputs` are the studies that other rules look at beside prices.
        """
        for id_, rule in rules.items():
            walk = self._walks.get(id_)
            if walk is None or walk.rule.version != rule.version:
                kept = msgspec.convert(stored[id_], WalkState) if id_ in stored else None
                self._walks[id_] = StudyWalk(rule, kept, self._calendar)
        self._walks = {id_: walk for id_, walk in self._walks.items() if id_ in rules}
        beside: dict[Series, dict[str, FieldRef]] = {}
        for one in inputs:
            beside.setdefault(series_of_ref(one.ref), {})[one.key] = one.ref
        self._newest = {series: self._newest.get(series) or NewestStudies() for series in beside}
        is_new = {series for series, refs in beside.items() if self._newest[series].follow(refs)}
        wanted = {walk.series for walk in self._walks.values()} | beside.keys()
        self._series = {series: self._series.get(series) or BarSeries(series) for series in wanted}
        for series in self._series.values():
            if self._begin(series, now_ms()) < series.since:
                series.since = series.due = 0  # a rule looks further back
            elif series.series in is_new or any(walk.bar < 0 for walk in self._of(series)):
                series.due = 0
        self._changed.set()

    def states(self) -> dict[str, dict[str, typing.Any]]:
        """Return what is stored of the rules, by id."""
        return {id_: msgspec.to_builtins(walk.stored) for id_, walk in self._walks.items()}

    def statuses(self, now: int) -> dict[str, Status]:
        """Return how the rules stand, for people."""
        return {id_: self._status(walk, now) for id_, walk in self._walks.items()}

    def _status(self, walk: StudyWalk, now: int) -> Status:
        """Return how a rule stands: by its newest bar, while the venue tells bars."""
        told, series = walk.status(now), self._series[walk.series]
        if told.state in ("fired", "expired", "snoozed"):
            return told
        opens = self._calendar.hours(walk.rule.spec.session, now).opens
        if opens > now:
            return msgspec.structs.replace(
                told, state="waiting", reason=f"waits for {SESSIONS[walk.rule.spec.session]}", since=None
            )
        if series.reason or not series.since:
            since = max(walk.bar + series.length, walk.rule.armed_at)
            return msgspec.structs.replace(
                told, state="cannot_check" if series.reason else "waiting", reason=series.reason or ASKS, since=since
            )
        return told

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._changed.clear()
            for series in [one for one in self._series.values() if one.due <= now_ms()]:
                await self._read(series)
            due = min((one.due for one in self._series.values()), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0.0, (due - now_ms()) / 1000)):
                    await self._changed.wait()

    async def _read(self, series: BarSeries) -> None:
        """Ask for the bars of a series, and walk its rules through them."""
        now = now_ms()
        if series.series not in self._newest and all(walk.is_over for walk in self._of(series)):
            series.due = now + PACE_MS
            return
        begin = self._begin(series, now)
        newest = next(reversed(series.bars), 0)
        start = max(begin, newest - AGAIN * series.length) if series.since else begin
        try:
            candles = await self._source.candles(series.series, start)
        except RpcError as error:
            self._fail(series, error.detail, now)
            return
        if any(one.delayed is True for one in candles):
            self._fail(series, DELAYED, now)
        elif not candles:
            self._fail(series, NO_CANDLES, now)
        else:
            self._walk(series, candles, begin)

    def _fail(self, series: BarSeries, reason: str, now: int) -> None:
        series.fail(reason, now)
        if (newest := self._newest.get(series.series)) is not None:
            self._lose_studies(newest.refs, reason)

    def _walk(self, series: BarSeries, candles: Iterable[Candle], begin: int) -> None:
        now = now_ms()
        is_new, series.since, series.reason = not series.since, series.since or begin, ""
        is_corrected = series.take(candles)
        bars = list(series.bars.values())
        for walk in self._of(series):
            if is_corrected or is_new:
                walk.restart()
            if bars and 0 <= walk.bar < bars[0].time:  # further back than the venue's candles reach
                end = bar_end(bars[0], series.series.interval, series.series.symbol, self._calendar)
                self._tell_missed(walk.rule, walk.bar + series.length, end)
                walk.interrupt()
            self._publish(walk.take(bars, now))
        if bars and (newest := self._newest.get(series.series)) is not None:
            if is_corrected or is_new:
                newest.restart()
            end = bar_end(bars[-1], series.series.interval, series.series.symbol, self._calendar)
            self._tell_studies(newest.take(bars), end)
        series.trim(bars_needed(self._refs(series)) + LEAST)
        series.schedule(now, self._calendar)

    def _refs(self, series: BarSeries) -> list[FieldRef]:
        """Return the studies of a series."""
        newest = self._newest.get(series.series)
        refs = [ref for walk in self._of(series) for ref in walk.rule.spec.fields]
        return [*refs, *(newest.refs.values() if newest is not None else ())]

    def _of(self, series: BarSeries) -> list[StudyWalk]:
        return [walk for walk in self._walks.values() if walk.series == series.series]

    def _begin(self, series: BarSeries, now: int) -> int:
        """Return from when on bars are needed: enough of them before the oldest one that a rule has not seen."""
        oldest = now
        for walk in self._of(series):
            oldest = min(oldest, walk.bar if walk.bar >= 0 else walk.rule.armed_at)
        deepest = now - DEPTH[series.series.interval] * DAY_MS
        return max(oldest - lead_ms(self._refs(series), series.series), deepest) // series.length * series.length


def study_bar(candle: Candle) -> StudyBar | None:
    """Return a candle as a bar; None for one that is gone, or may still change."""
    if candle.gone is True or candle.closed is not True:
        return None
    begun = new_york_time(candle.time)
    return StudyBar(
        candle.time, _number(candle.close), _number(candle.high), _number(candle.low), _number(candle.volume),
        _number(candle.vwap), begun.date(), (begun.hour * 60 + begun.minute) * MINUTE_MS,
    )  # fmt: skip


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
