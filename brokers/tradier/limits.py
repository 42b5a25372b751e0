"""How often a token may ask: never more than the venue's own headers allow, whoever asks and however it answers. Pure.

Source: docs.tradier.com, Rate Limiting. Each token has a bucket for each group of endpoints, which is full again a
minute after the first request out of it. Every answer tells the state: `X-Ratelimit-Allowed`, `-Used`, `-Available` and
`-Expiry` (ms since the epoch, by the venue's clock).
"""

import collections
import re
import typing

import msgspec

INTERVAL_S = 60.0
MARGIN_S = 1.5
"""A bucket counts as full so much later: the venue tells its own time in whole seconds."""
LEAST_S = 0.05
RESERVE = 0.05
"""The share of a bucket that is left to others who use the same token: a form that checks it, another program."""

Group = typing.Literal["standard", "market", "trading"]

DEFAULTS: dict[Group, int] = {"standard": 60, "market": 60, "trading": 60}
"""Requests a minute until the venue has told its own figures: the least there is."""

_ORDER = re.compile(r"/v1/accounts/[^/]+/orders(/|$)")


def group_of(method: str, path: str) -> Group:
    """Return the group of endpoints that a request counts in."""
    if method != "GET" and _ORDER.match(path):
        return "trading"
    return "market" if path.startswith("/v1/markets/") else "standard"


class Told(msgspec.Struct, frozen=True):
    """What an answer says of its bucket. `expires_ms` is by the venue's clock."""

    allowed: int
    used: int
    expires_ms: int


def told(headers: typing.Mapping[str, str]) -> Told | None:
    """Read the headers of an answer. None where they are not all there."""
    try:
        return Told(*(int(headers[f"x-ratelimit-{name}"]) for name in ("allowed", "used", "expiry")))
    except (KeyError, ValueError):
        return None


class Bucket:
    """What is left of one bucket, at worst. Times are seconds of one clock that nobody sets.

    Requests that are under way count, for the venue may have counted them; so do those whose answer told nothing, each
    for a whole interval. `reserve` is the share of the bucket that is left to others.
    """

    def __init__(self, allowed: int, reserve: float = RESERVE) -> None:
        self.allowed = allowed
        self.under_way = 0
        self._reserve = reserve
        self._used = 0
        self._expires_ms = 0
        self._full_at = 0.0
        """When it is certainly full again."""
        self._untold: collections.deque[float] = collections.deque()
        """Until when requests count of which the venue told nothing."""

    @property
    def usable(self) -> int:
        """How many requests of a full bucket are for us."""
        return max(1, int(self.allowed * (1 - self._reserve)))

    def wait(self, now: float) -> float:
        """Return how long the next request must wait, in seconds; 0 where it may go at once.

        Where only an answer that is under way can tell, that is short: ask again then.
        """
        while self._untold and now >= self._untold[0]:
            self._untold.popleft()
        used = self._used if now < self._full_at else 0
        if used + len(self._untold) + self.under_way < self.usable:
            return 0.0
        ends = [*self._untold][:1] + ([self._full_at] if used else [])
        return max(LEAST_S, min(ends, default=now) - now)

    def take(self) -> None:
        """A request goes to the venue."""
        self.under_way += 1

    def answer(self, now: float, said: Told | None, venue_ms: int | None) -> None:
        """It answered. `venue_ms` is the time on the venue's clock, to the second; None where it did not tell."""
        if said is None:
            self.fail(now)
            return
        self.under_way -= 1
        self.allowed = said.allowed
        if said.expires_ms < self._expires_ms:
            return  # an answer out of the bucket that was
        if said.expires_ms > self._expires_ms or now >= self._full_at:
            self._used = 0
        self._expires_ms = said.expires_ms
        self._used = max(self._used, said.used)
        left = INTERVAL_S if venue_ms is None else (said.expires_ms - venue_ms) / 1000
        self._full_at = max(self._full_at, now + min(max(left, 0.0), INTERVAL_S) + MARGIN_S)

    def fail(self, now: float) -> None:
        """It had no answer, or one that told nothing: the venue may have counted it, now at the latest."""
        self.under_way -= 1
        self._untold.append(now + INTERVAL_S + MARGIN_S)

    def exhaust(self, now: float) -> None:
        """The venue says that it is empty, whoever emptied it."""
        self._used = max(self._used, self.allowed) if now < self._full_at else self.allowed
        if now >= self._full_at:
            self._full_at = now + INTERVAL_S + MARGIN_S
