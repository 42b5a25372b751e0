"""Levels of one input, sorted: a value is compared with the nearest above and below, and looks no further. Pure."""

import typing
from bisect import bisect_left, bisect_right

from alerts.evaluation.zones import INFINITY


class Watcher(typing.Protocol):
    """What wants to know when a value is at `up` or above, or at `down` or below. Infinite: it does not."""

    up: float
    down: float


W = typing.TypeVar("W", bound=Watcher)


class Levels(typing.Generic[W]):
    """The watchers of one input. `low` and `high` are the nearest levels: in between nothing happens.

    A watcher's own `up` and `down` must not change while it is in here.
    """

    __slots__ = ("_down_keys", "_downs", "_up_keys", "_ups", "high", "low")

    def __init__(self) -> None:
        self._up_keys: list[float] = []
        self._ups: list[W] = []
        self._down_keys: list[float] = []
        self._downs: list[W] = []
        self.low, self.high = -INFINITY, INFINITY

    def add(self, watcher: W) -> None:
        """Begin to watch for one more."""
        if watcher.up < INFINITY:
            at = bisect_right(self._up_keys, watcher.up)
            self._up_keys.insert(at, watcher.up)
            self._ups.insert(at, watcher)
        if watcher.down > -INFINITY:
            at = bisect_right(self._down_keys, watcher.down)
            self._down_keys.insert(at, watcher.down)
            self._downs.insert(at, watcher)
        self._find_nearest()

    def remove(self, watcher: W) -> None:
        """Watch for one no more; nothing where it is not in here."""
        _take(self._up_keys, self._ups, watcher.up, watcher)
        _take(self._down_keys, self._downs, watcher.down, watcher)
        self._find_nearest()

    def take_reached(self, value: float) -> list[W]:
        """Take out those whose level `value` has reached, and return them."""
        above, below = bisect_right(self._up_keys, value), bisect_left(self._down_keys, value)
        reached = self._ups[:above]
        met = self._downs[below:]
        del self._up_keys[:above], self._ups[:above], self._down_keys[below:], self._downs[below:]
        for watcher in reached:
            _take(self._down_keys, self._downs, watcher.down, watcher)
        for watcher in met:
            _take(self._up_keys, self._ups, watcher.up, watcher)
        self._find_nearest()
        known = {id(watcher) for watcher in reached}
        return reached + [watcher for watcher in met if id(watcher) not in known]

    def _find_nearest(self) -> None:
        self.high = self._up_keys[0] if self._up_keys else INFINITY
        self.low = self._down_keys[-1] if self._down_keys else -INFINITY


def _take(keys: list[float], watchers: list[W], key: float, watcher: W) -> None:
    """Take a watcher out of one sorted list."""
    at = bisect_left(keys, key)
    while at < len(keys) and keys[at] == key:
        if watchers[at] is watcher:
            del keys[at], watchers[at]
            return
        at += 1
