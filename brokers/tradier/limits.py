"""Which requests of a token count together at this venue, and what its headers say of them. Pure.

Source: docs.tradier.com, Rate Limiting. Each token has a bucket for each group of endpoints, which is full again a
minute after the first request out of it. Every answer tells the state: `X-Ratelimit-Allowed`, `-Used`, `-Available` and
`-Expiry` (ms since the epoch, by the venue's clock).
"""

import re
import typing

from brokers.adapter.rate_limits import RateLimitHeaders

Group = typing.Literal["standard", "market", "trading"]

DEFAULTS: dict[Group, int] = {"standard": 60, "market": 60, "trading": 60}
"""Requests a minute until the venue has told its own figures: the least there is."""

_ORDER = re.compile(r"/v1/accounts/[^/]+/orders(/|$)")


def group_of(method: str, path: str) -> Group:
    """Return the group of endpoints that a request counts in."""
    if method != "GET" and _ORDER.match(path):
        return "trading"
    return "market" if path.startswith("/v1/markets/") else "standard"


def told(headers: typing.Mapping[str, str]) -> RateLimitHeaders | None:
    """Read the headers of an answer. None where they are not all there."""
    try:
        return RateLimitHeaders(*(int(headers[f"x-ratelimit-{name}"]) for name in ("allowed", "used", "expiry")))
    except (KeyError, ValueError):
        return None
