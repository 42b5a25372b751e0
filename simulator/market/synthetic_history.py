"""What was traded before anybody looked: bars made from a seed that end exactly where the tape stands. Pure.

Half hours are read off the path of a price, and make days. Finer bars are drawn inside coarser ones (`split`): the
first opens where the whole opened, the last closes where it closed, one touches its high and one its low, counts and
volumes sum up. So every interval tells the same story, whichever is asked for first; only the average price of a made
bar is its own, from its open, high, low and close. A stretch of time costs the same however far back it is: nothing is
made of what came after it.
"""

import collections
import datetime
import math
import random
import typing

from simulator.market import calendar
from simulator.market.bar_split import split
from simulator.market.bars import DAY, HALF_HOUR, MINUTE, SECOND, SimBar
from simulator.market.moves.field import Course
from simulator.market.synthetic_days import DayMaker, PastOrigin, SyntheticSession, smile

_HALVES_REMEMBERED, _MINUTES_REMEMBERED = 64, 64


class SyntheticPast:
    """The bars of one instrument up to its origin, made from its path, or from the `days` given, the newest first."""

    def __init__(self, origin: PastOrigin, days: typing.Iterable[SyntheticSession] | None = None) -> None:
        self.origin = origin
        self._made = DayMaker(origin) if days is None else None
        self._sessions = {session.day: session for session in days or ()}
        """The days given, or those that were made so far."""
        self._halves: collections.OrderedDict[datetime.date, list[SimBar]] = collections.OrderedDict()
        self._minutes: collections.OrderedDict[int, list[SimBar]] = collections.OrderedDict()

    def split(self, ratio: int) -> "SyntheticPast":
        """Return this in the shares of after a split, `ratio` for each old one, as venues tell it then."""
        origin = self.origin.split(ratio)
        if self._made is not None:
            return SyntheticPast(origin)
        return SyntheticPast(origin, [session.split(ratio) for session in self._sessions.values()])

    def bars(self, step: int, since: int, until: float = math.inf) -> typing.Iterator[SimBar]:
        """Yield the bars of `step` that begin at or after `since` and not after `until`, the newest first."""
        for bar in self._all(step, since, until):
            if bar.at < since:
                return
            if bar.at <= until:
                yield bar

    def days(self, since: int, until: float = math.inf, *, regular: bool) -> typing.Iterator[SimBar]:
        """Yield the bars of whole days, today's so far among them; `regular` leaves out what was before and after."""
        last = int(min(until, calendar.day_id(self.origin.day) * DAY)) // DAY
        for session in self._by_day(calendar.day_by_id(last)):
            at = calendar.day_id(session.day) * DAY
            if at < since:
                return
            yield session.whole(at, regular=regular)

    def _all(self, step: int, since: int, until: float) -> typing.Iterator[SimBar]:
        """Yield the bars of every part of the past that `since` to `until` touches."""
        for session in self._by_day(calendar.day_of(int(min(until, self.origin.at)))):
            for half in reversed(self._half_hours(session)):
                if half.at <= since - HALF_HOUR:
                    return
                if half.at > until:
                    continue
                if step == HALF_HOUR:
                    yield half
                    continue
                for minute in reversed(self._minutes_of(half)):
                    if step == MINUTE:
                        yield minute
                    elif since - MINUTE < minute.at <= until:
                        yield from reversed(self._parts(minute, SECOND, 60))

    def _by_day(self, last: datetime.date) -> typing.Iterator[SyntheticSession]:
        """Yield the sessions of the days up to `last`, the newest first."""
        if self.origin.today is not None and last >= self.origin.day:
            yield SyntheticSession(self.origin.day, self.origin.today)
        if self._made is None:
            yield from (session for day, session in self._sessions.items() if day <= last)
            return
        for day in self._made.days(last):
            if day not in self._sessions:
                self._sessions[day] = self._made.session(day)
            yield self._sessions[day]

    def _half_hours(self, session: SyntheticSession) -> list[SimBar]:
        day = session.day
        if day not in self._halves:
            self._halves[day] = self._today(session.regular) if day == self.origin.day else self._day(session)
            if len(self._halves) > _HALVES_REMEMBERED:
                self._halves.popitem(last=False)
        return self._halves[day]

    def _today(self, today: SimBar) -> list[SimBar]:
        """Spread the day so far over the time from its begin to the origin."""
        starts = list(range(today.at, max(today.at + 1, self.origin.at), HALF_HOUR))
        weights = [min(HALF_HOUR, self.origin.at - start) + 1.0 for start in starts]
        shape = self._made.shape_of_today(today.at, len(starts)) if self._made else None
        return split(today, starts, weights, self._draw("today"), self.origin.tick, self.origin.grain, shape)

    def _day(self, session: SyntheticSession) -> list[SimBar]:
        if self._made:
            return [bar for part in self._made.halves(session.day) for bar in part]
        begin, end = self.origin.hours.regular(session.day)
        bars: list[SimBar] = []
        parts = (
            (session.before, calendar.at_clock(session.day, 4), begin),
            (session.regular, begin, end),
            (session.after, end, calendar.at_clock(session.day, 20)),
        )
        for part, first, last in parts:
            if part is not None:
                starts = list(range(first, last, HALF_HOUR))
                draw = self._draw(f"{session.day}:{first}")
                bars += split(part, starts, smile(len(starts)), draw, self.origin.tick, self.origin.grain)
        return bars

    def _minutes_of(self, half: SimBar) -> list[SimBar]:
        if half.at not in self._minutes:
            shape = self._made.shape_of(half.at) if self._made else None
            self._minutes[half.at] = self._parts(half, MINUTE, 30, shape)
            if len(self._minutes) > _MINUTES_REMEMBERED:
                self._minutes.popitem(last=False)
        return self._minutes[half.at]

    def _parts(self, whole: SimBar, step: int, number: int, shape: Course | None = None) -> list[SimBar]:
        """Draw the bars inside `whole`; what holds the origin ends there."""
        starts = [at for at in range(whole.at, whole.at + number * step, step) if at <= self.origin.at]
        draw = self._draw(f"{step}:{whole.at}")
        if shape is None:
            return split(whole, starts, [1.0] * len(starts), draw, self.origin.tick, self.origin.grain)
        weights = [math.sqrt(variance) for variance in shape.variances[: len(starts)]]
        return split(whole, starts, weights, draw, self.origin.tick, self.origin.grain, shape.values)

    def _draw(self, name: str) -> random.Random:
        return random.Random(f"{self.origin.seed}:{name}")
