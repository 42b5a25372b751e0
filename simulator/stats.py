"""What a venue has been asked and who is connected: counted for tests, benches and a curious person."""

import collections
import typing

import msgspec


class TokenRequests(msgspec.Struct):
    """Token requests of one grant. Times in ms since the epoch."""

    ok: int = 0
    refused: int = 0
    refused_at: list[int] = []


class Stats:
    """Counters since the venue started."""

    def __init__(self) -> None:
        self.requests: collections.Counter[str] = collections.Counter()
        self.statuses: collections.Counter[int] = collections.Counter()
        self.unauthorised = 0
        self.opened: collections.Counter[str] = collections.Counter()
        self.refused: collections.Counter[str] = collections.Counter()
        """Streams that were opened and may not be, by why not."""
        self._tokens: dict[str, TokenRequests] = collections.defaultdict(TokenRequests)

    def token(self, grant: str, *, ok: bool, at: int) -> None:
        """Count a token request. `grant` is the grant's first account number, or `unknown`."""
        counted = self._tokens[grant]
        if ok:
            counted.ok += 1
        else:
            counted.refused += 1
            counted.refused_at.append(at)

    def report(self) -> dict[str, typing.Any]:
        """Return the counters, JSON-ready."""
        return {
            "tokens": msgspec.to_builtins(dict(self._tokens)),
            "requests": dict(self.requests),
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "unauthorized": self.unauthorised,
            "opened": dict(self.opened),
            "refused": dict(self.refused),
        }
