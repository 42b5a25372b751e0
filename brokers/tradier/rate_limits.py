"""The gates of one token, one for each group of endpoints. All links of this process that use the token share them."""

import asyncio
import re
import typing
import weakref

from brokers.adapter.rate_limits import RateLimiter, RateLimitHeaders
from lib.clock import passed

Group = typing.Literal["standard", "market", "trading"]

DEFAULTS: dict[Group, int] = {"standard": 60, "market": 60, "trading": 60}
"""Requests a minute until the venue has told its own figures: the least there is."""

_ORDER = re.compile(r"/v1/accounts/[^/]+/orders(/|$)")


def group_of(method: str, path: str) -> Group:
    """Return the group of endpoints that a request counts in."""
    if method != "GET" and _ORDER.match(path):
        return "trading"
    return "market" if path.startswith("/v1/markets/") else "standard"


def rate_limit_headers(headers: typing.Mapping[str, str]) -> RateLimitHeaders | None:
    """Read the headers of an answer. None where they are not all there."""
    try:
        return RateLimitHeaders(*(int(headers[f"x-ratelimit-{name}"]) for name in ("allowed", "used", "expiry")))
    except (KeyError, ValueError):
        return None


class Gates:
    """The gates of one token."""

    def __init__(self) -> None:
        self._gates: dict[Group, RateLimiter] = {}

    def of(self, group: Group) -> RateLimiter:
        """Return the gate of a group of endpoints."""
        return self._gates.setdefault(group, RateLimiter(DEFAULTS[group]))

    @property
    def waiting_s(self) -> float:
        """How long requests must wait at the most crowded gate, in seconds; 0 where none does."""
        return max((gate.until - passed() for gate in self._gates.values() if gate.until), default=0.0)


Key = tuple[int, str, str]

_gates: weakref.WeakValueDictionary[Key, Gates] = weakref.WeakValueDictionary()
_turns: weakref.WeakValueDictionary[Key, asyncio.Lock] = weakref.WeakValueDictionary()


def gates_of(token: str, rest: str) -> Gates:
    """Return the gates of a token (its key) at a venue's address, for as long as somebody holds on to them."""
    return _gates.setdefault((id(asyncio.get_running_loop()), token, rest), Gates())


def stream_turn(token: str, kind: str) -> asyncio.Lock:
    """Return whose turn it is to stream: the venue allows one session of a kind for a token (its key)."""
    return _turns.setdefault((id(asyncio.get_running_loop()), token, kind), asyncio.Lock())
