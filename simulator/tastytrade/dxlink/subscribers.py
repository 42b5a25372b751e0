"""Who is subscribed to what at the simulated tastytrade, over all connections. Pure."""

import collections
import typing

from simulator.tastytrade.dxlink.channels import Channel


class Watchers:
    """Who is subscribed to what: the channels by event type and symbol."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, str], dict[Channel, None]] = {}
        self._symbols: collections.Counter[str] = collections.Counter()
        self._new: list[tuple[str, str]] = []

    def knows(self, symbol: str) -> bool:
        """Whether any event of `symbol` is wanted."""
        return symbol in self._symbols

    def take_new(self) -> list[tuple[str, str]]:
        """Return the (type, symbol) that somebody began to want since this was last asked."""
        taken, self._new = self._new, []
        return taken

    def add(self, kind: str, symbol: str, channel: Channel) -> None:
        """Let `channel` hear of this event."""
        if (kind, symbol) not in self._channels:
            self._channels[kind, symbol] = {}
            self._symbols[symbol] += 1
            self._new.append((kind, symbol))
        self._channels[kind, symbol][channel] = None

    def discard(self, kind: str, symbol: str, channel: Channel) -> None:
        """Let `channel` hear of it no more."""
        watching = self._channels.get((kind, symbol))
        if watching is None:
            return
        watching.pop(channel, None)
        if not watching:
            del self._channels[kind, symbol]
            self._symbols[symbol] -= 1
            if not self._symbols[symbol]:
                del self._symbols[symbol]

    def of(self, kind: str, symbol: str) -> typing.Iterable[Channel]:
        """Return the channels that want this event."""
        return self._channels.get((kind, symbol), ())
