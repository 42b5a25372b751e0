"""When watched options and underlyings are valued anew: every second or two, not all at once. Pure."""

import heapq
import random
import typing

from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.dxlink.events import MARKET_TYPES, OPTION_TYPES, UNDERLYING
from simulator.tastytrade.dxlink.subscribers import Watchers
from simulator.tastytrade.symbols import parse_streamer, streamer_symbol

OPTION_S, UNDERLYING_S = 1.0, 2.0
"""Seconds of market time between two valuations."""
_QUOTED = (*MARKET_TYPES[:3], *OPTION_TYPES)
Key = tuple[str, str]


class SimValuer:
    """Values what is watched, and says which events changed by it."""

    def __init__(self, surface: OptionSurface, watchers: Watchers) -> None:
        self.surface = surface
        self.watchers = watchers
        self._draw = random.Random(surface.market.seed)
        self._due: list[tuple[float, Key]] = []
        self._planned: set[Key] = set()

    def changes(self) -> typing.Iterator[Key]:
        """Value what is due; yield each event that changed, also those of options that somebody else had valued."""
        seconds = self.surface.market.seconds
        for kind, symbol in self.watchers.take_new():
            self._plan(("Quote", symbol) if symbol.startswith(".") else (kind, symbol), seconds)
        while self._due and self._due[0][0] <= seconds:
            key = heapq.heappop(self._due)[1]
            self._planned.discard(key)
            if self.watchers.knows(key[1]):
                yield from self._value(key)
                self._plan(key, seconds)
        for option in self.surface.take_valued():
            symbol = streamer_symbol(option)
            yield from ((kind, symbol) for kind in _QUOTED)

    def _plan(self, key: Key, seconds: float) -> None:
        kind, symbol = key
        if key not in self._planned and (kind == UNDERLYING or symbol.startswith(".")):
            self._planned.add(key)
            gap = (UNDERLYING_S if kind == UNDERLYING else OPTION_S) * self._draw.uniform(0.7, 1.3)
            heapq.heappush(self._due, (seconds + gap, key))

    def _value(self, key: Key) -> typing.Iterator[Key]:
        if key[0] == UNDERLYING:
            yield key
            return
        option = parse_streamer(key[1])
        state = self.surface.find(option.symbol) if option else None
        if state is not None:
            self.surface.refresh(state, self.surface.market.at)
