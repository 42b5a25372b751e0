"""Who gets to the WebSocket at all: one socket for each pair of keys, and none too soon after the last. Pure.

The venue counts accounts, but a handshake shows no keys. So an address may have as many sockets, and open as many in
`reconnect_s` seconds, as there are pairs of keys that have been used from it; who comes on top of that meets a 429.
"""

import collections

RECONNECT_S = 1.0


class ConnectionLimit:
    """The gate of one venue. Times are in seconds."""

    def __init__(self) -> None:
        self.reconnect_s = RECONNECT_S
        self._keys: dict[str, set[str]] = collections.defaultdict(set)
        self._opened: dict[str, list[float]] = collections.defaultdict(list)

    def know(self, address: str, key_id: str) -> None:
        """Note that somebody uses keys from an address."""
        self._keys[address].add(key_id)

    def passes(self, address: str, is_open: int, now: float) -> bool:
        """Return whether an address, from which so many sockets are open, may open another one now."""
        allowed = max(1, len(self._keys[address]))
        recent = [at for at in self._opened[address] if now - at < self.reconnect_s]
        passes = is_open < allowed and len(recent) < allowed
        self._opened[address] = [*recent, now] if passes else recent
        return passes
