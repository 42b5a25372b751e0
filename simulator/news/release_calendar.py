"""What the paths of prices know in advance, as stories: results of companies, consumer prices, the central bank. Pure.

The prices move by themselves (simulator/market/moves), so these stories move nothing: they come out as the move
begins, or some time after it, as at a source that is slow. Each day's are the seed's, whatever else happens.
"""

import functools
import math
import random
import typing

from simulator.market.moves import activity
from simulator.market.moves.price_path import market_field, path_of
from simulator.market.universe import Listing
from simulator.news.story import Kind, Reaction

AHEAD_S, BEHIND_S = (0.0, 4.0), (45.0, 240.0)
"""How long before the minute of its move a story comes out, and how long after its begin one that is late."""
_LATE = 0.3
DAY_MS = 86_400_000


class Release(typing.NamedTuple):
    """A story that comes out at `at` (ms since the epoch) about a move that begins at `moves_at`.

    `direction` is that of the move, 1 or -1; `about` is a word of its headline. `reaction` is `after` where the story
    is out before the price moves, else `before`.
    """

    at: float
    moves_at: int
    symbol: str
    kind: Kind
    direction: int
    reaction: Reaction
    about: str


class ReleaseCalendar:
    """The releases about some listings of the market of a seed; `index` stands for the whole market, if it trades."""

    def __init__(self, seed: int, listings: typing.Iterable[Listing], index: Listing | None) -> None:
        self._seed = seed
        self._companies = [each for each in listings if each.kind == "equity"]
        self._index = index
        self._day = functools.lru_cache(maxsize=4)(self._drawn)

    def find(self, since: float, until: float) -> list[Release]:
        """Return what comes out after `since` and by `until`, both in ms since the epoch, in order of time."""
        first, last = (activity.position(at)[0] for at in (since - DAY_MS, until + DAY_MS))
        found = (each for number in range(first, last + 1) for each in self._day(number))
        return sorted(each for each in found if since < each.at <= until)

    def _drawn(self, number: int) -> tuple[Release, ...]:
        """Return the releases about the moves of a day."""
        return (*self._results(number), *self._figures(number))

    def _results(self, number: int) -> typing.Iterator[Release]:
        for listing in self._companies:
            for jump in path_of(self._seed, listing).jumps_on(number):
                if jump.size:
                    yield self._release(listing.symbol, "earnings", number, jump.minute, jump.size, "")

    def _figures(self, number: int) -> typing.Iterator[Release]:
        if self._index is None:
            return
        day = activity.day_of(number)
        for is_due, slot, about in (
            (activity.is_release(day), activity.RELEASE_SLOT, "inflation"),
            (activity.is_decision(day), activity.DECISION_SLOT, "Fed's"),
        ):
            if is_due:
                course = market_field(self._seed).slots(number).values
                move = course[slot + 1] - course[slot]
                minute = slot * activity.SLOT_MINUTES
                yield self._release(self._index.symbol, "macro", number, minute, move, about)

    def _release(self, symbol: str, kind: Kind, number: int, minute: int, move: float, about: str) -> Release:
        draw = random.Random(f"{self._seed}:{symbol}:{number}:release")
        moves_at = activity.midnight(number) + minute * activity.MINUTE_MS
        is_late = draw.random() < _LATE
        after_s = draw.uniform(*BEHIND_S) if is_late else -draw.uniform(*AHEAD_S)
        direction = int(math.copysign(1, move))
        reaction: Reaction = "before" if is_late else "after"
        return Release(moves_at + 1000 * after_s, moves_at, symbol, kind, direction, reaction, about)
