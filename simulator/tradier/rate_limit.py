"""How often a token may ask: a bucket for each group of requests, over fixed minutes. Pure; times are in ms."""

import typing

from simulator import rate_limit

Group = typing.Literal["standard", "market", "trading"]
Environment = typing.Literal["live", "sandbox"]
ALLOWED: dict[Environment, dict[Group, int]] = {
    "live": {"standard": 120, "market": 120, "trading": 60},
    "sandbox": {"standard": 60, "market": 60, "trading": 60},
}
"""Requests a minute."""


class SimTradierBucket(rate_limit.SimBucket):
    """One bucket of one token."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the venue says of it in every answer."""
        return (
            ("x-ratelimit-allowed", str(self.allowed)),
            ("x-ratelimit-used", str(self.used)),
            ("x-ratelimit-available", str(self.left)),
            ("x-ratelimit-expiry", str(self.expires)),
        )


def group_of(method: str, path: str) -> Group:
    """Return the group a request is counted in. `path` begins behind `/v1`."""
    if path.startswith("/markets/"):
        return "market"
    is_order = path.startswith("/accounts/") and "/orders" in path and method != "GET"
    return "trading" if is_order else "standard"
