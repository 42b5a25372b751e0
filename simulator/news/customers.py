"""Who may ask the sources that want a key. Pure; only the seed decides.

A person has the pair of keys of their account at Alpaca, and a token of Finnhub.
"""

import typing

import msgspec

from simulator.exchange.accounts import secret
from simulator.news.story import ALPACA_PATH
from simulator.rate_limit import SimBucket

ALPACA_ALLOWED, FINNHUB_ALLOWED, FINNHUB_BURST = 200, 60, 30
"""Requests a minute; Finnhub's last is a second's."""
_SECOND_MS = 1000


class SimNewsBurst(msgspec.Struct):
    """So many requests in each second."""

    allowed: int
    used: int = 0
    second: int = 0

    def try_acquire(self, at: int) -> bool:
        """Count a request at `at`. Returns whether it may pass."""
        second = at // _SECOND_MS
        if second != self.second:
            self.second, self.used = second, 0
        self.used += 1
        return self.used <= self.allowed


class SimNewsReader(msgspec.Struct, eq=False):
    """A person, by the id of their keys, and how often they may still ask."""

    key_id: str
    secret_key: str
    token: str
    alpaca: SimBucket = msgspec.field(default_factory=lambda: SimBucket(ALPACA_ALLOWED))
    finnhub: SimBucket = msgspec.field(default_factory=lambda: SimBucket(FINNHUB_ALLOWED))
    burst: SimNewsBurst = msgspec.field(default_factory=lambda: SimNewsBurst(FINNHUB_BURST))
    is_revoked: bool = False

    def __repr__(self) -> str:
        return f"<SimNewsReader {self.key_id}>"

    @property
    def names(self) -> frozenset[str]:
        """What faults call this person by."""
        return frozenset((self.key_id,))

    def bucket(self, path: str) -> SimBucket:
        """Return the allowance that a path counts against."""
        return self.alpaca if path.startswith(ALPACA_PATH) else self.finnhub


class SimNewsReaders:
    """Everybody who has a pair of keys now. `keys` returns the pairs there are."""

    def __init__(self, seed: int, keys: typing.Callable[[], typing.Iterable[tuple[str, str]]]) -> None:
        self._seed = seed
        self._keys = keys
        self._known: dict[str, SimNewsReader] = {}

    @property
    def known(self) -> dict[str, SimNewsReader]:
        """Everybody, by the id of their keys."""
        pairs = dict(self._keys())
        for key_id, secret_key in pairs.items():
            if key_id not in self._known:
                token = secret(self._seed, f"finnhub token of {key_id}", 20)
                self._known[key_id] = SimNewsReader(key_id, secret_key, token)
        return {key_id: self._known[key_id] for key_id in pairs}

    def by_keys(self, key_id: str, secret_key: str) -> SimNewsReader | None:
        """Return whose pair of keys this is, if it is good now."""
        found = self.known.get(key_id)
        return found if found is not None and found.secret_key == secret_key and not found.is_revoked else None

    def by_token(self, token: str) -> SimNewsReader | None:
        """Return whose token of Finnhub this is, if it is good now."""
        return next((each for each in self.known.values() if each.token == token and not each.is_revoked), None)
