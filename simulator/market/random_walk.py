"""The walk of a fair price with time: from minute to minute along its path, and by chance in between. Pure and seeded.

Whoever reads the path later finds each minute's move as it was walked; what chance does inside a minute is only here.
"""

import math
import random
import typing

from simulator.market.moves import activity
from simulator.market.moves.day_so_far import day_so_far
from simulator.market.moves.price_path import PricePath, plain_path
from simulator.market.universe import Listing

YEAR_S = 252 * 6.5 * 3600
"""Seconds of trading in a year: what a volatility per year spreads over."""
_MINUTE_S = 60.0
_CALMEST, _WILDEST = 0.4, 4.0
"""Between which activities spreads, sizes and volumes follow."""
_SOME_NOON = 1_795_021_200_000
"""2026-11-18 at noon in New York: when a walk begins that belongs to no market."""


class Timeline:
    """Which moment of the paths is walked at a second of the market's time.

    A market that is `lively` never closes, and moves at night as it does in a session.
    """

    def __init__(self, at: int, *, is_lively: bool) -> None:
        self.is_lively = is_lively
        self._at = at
        self._since = 0.0

    def restart(self, at: int, seconds: float) -> None:
        """Let the second `seconds` be the moment `at`, in ms since the epoch, as when a market opens."""
        self._at, self._since = at, seconds

    def at(self, seconds: float) -> float:
        """Return the moment of a second, in ms since the epoch."""
        return self._at + 1000 * (seconds - self._since)

    def minute(self, seconds: float) -> tuple[int, int, float]:
        """Return the day and minute that a second is in, and in how many seconds it ends."""
        at = self.at(seconds)
        return *activity.position(at), (activity.MINUTE_MS - at % activity.MINUTE_MS) / 1000

    def boost(self, number: int, minute: int) -> float:
        """Return what a minute's moves are multiplied by."""
        return activity.boost(number, minute // activity.SLOT_MINUTES) if self.is_lively else 1.0


class Bridge:
    """Brings the moves of a path's minutes about, by and by: at a minute's end all of its move is made."""

    def __init__(
        self, timeline: Timeline, draw: random.Random, minute: typing.Callable[[int, int], tuple[float, float]]
    ) -> None:
        self.draw = draw
        self._timeline = timeline
        self._minute = minute
        self._seconds = self._ends = 0.0
        self._left = self._rate = 0.0

    def rest(self, seconds: float) -> None:
        """Let time pass to `seconds` without a move, and begin with the minute that it is then."""
        self._seconds = self._ends = seconds
        self._left = 0.0

    def move_to(self, seconds: float) -> float:
        """Return the move since this was last asked."""
        move = 0.0
        while seconds >= self._ends:
            move += self._left
            self._begin_minute()
        passed = seconds - self._seconds
        share = passed / (self._ends - self._seconds)
        step = self._left * share + self._rate * math.sqrt(passed * (1.0 - share)) * self.draw.gauss(0.0, 1.0)
        self._left -= step
        self._seconds = seconds
        return move + step

    def _begin_minute(self) -> None:
        number, minute, left = self._timeline.minute(self._ends)
        move, variance = self._minute(number, minute)
        boost = self._timeline.boost(number, minute)
        part = left / _MINUTE_S
        self._seconds, self._ends = self._ends, self._ends + left
        self._left = move * boost * part
        self._rate = boost * math.sqrt(variance / _MINUTE_S)
        self._set_activity(boost * math.sqrt(variance * activity.YEAR_DAYS * activity.SESSION_MINUTES))

    def _set_activity(self, value: float) -> None:
        """Note how wild the minute that begins is: the root of its variance over the mean of all minutes."""


class Walk(Bridge):
    """A price that moves with time. All months of a future share one, each with its basis on top."""

    def __init__(
        self,
        listing: Listing,
        usual: float,
        draw: random.Random,
        path: PricePath | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        self.timeline = timeline or Timeline(_SOME_NOON, is_lively=True)
        self.path = path or plain_path(f"{draw.random()}", listing.vol)
        self.usual = usual
        self.beta = listing.beta
        super().__init__(self.timeline, draw, self.path.own_minute)
        self._deviation = math.sqrt(sum(part.loading**2 for part in self.path.others)) or 1.0
        self.opened = self.fair = self.high = self.low = usual
        self.factor = 0.0
        self.activity = self.width = self.scarcity = 1.0
        """How wild this minute is beside a usual one, how wide its spreads are, and how few its sizes."""

    def begin(self, kind: str, at: int) -> None:
        """Stand where a day has come to at `at`, if it closed at the usual price the day before."""
        moves = day_so_far(self.path, kind, at, is_lively=self.timeline.is_lively)
        self.opened, self.fair, self.high, self.low = (self.usual * math.exp(move) for move in moves)

    def _set_activity(self, value: float) -> None:
        self.activity = min(_WILDEST, max(_CALMEST, value / self._deviation))
        self.width, self.scarcity = math.sqrt(max(1.0, self.activity)), math.sqrt(self.activity)

    def rest_at(self, seconds: float, factor: float) -> None:
        """Let time pass to `seconds` without a move: the market was closed."""
        self.rest(seconds)
        self.factor = factor

    def push(self, size: float) -> None:
        """Move the price by a logarithm at once, on top of what chance does."""
        self.fair *= math.exp(size)

    def to(self, seconds: float, factor: float) -> float:
        """Move to `seconds` of market time, where the market factor stands at `factor`, and return the price there."""
        if seconds >= self._ends:
            move = self.move_to(seconds)
        else:  # as `move_to` does: a call less for each tick
            passed = seconds - self._seconds
            share = passed / (self._ends - self._seconds)
            move = self._left * share + self._rate * math.sqrt(passed * (1.0 - share)) * self.draw.gauss(0.0, 1.0)
            self._left -= move
            self._seconds = seconds
        self.fair *= math.exp(self.beta * (factor - self.factor) + move)
        self.factor = factor
        return self.fair
