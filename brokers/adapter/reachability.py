"""Whether a venue's address answers at all, how fast, and what time it is there. No credentials, no SDK."""

import time

import httpx2
import msgspec

from brokers.adapter.http import ahead_s, client, dated
from brokers.contract.errors import LinkLost

WITHIN_S = 5.0


class Reached(msgspec.Struct, frozen=True):
    """An answer: after `took_ms`, and how far this machine's clock was ahead of the venue's (None: it did not tell).

    A venue tells whole seconds (RFC 9110, 6.6.1), so `ahead_s` is true to half a second and half of `took_ms`.
    """

    took_ms: float
    ahead_s: float | None


async def reach(address: str, within_s: float = WITHIN_S) -> Reached:
    """Ask `address` for nothing in particular; any answer will do. Raises LinkLost."""
    try:
        async with client(address, {}, within_s) as http:
            began = time.monotonic()
            answer = await http.head(address)
            took, now = time.monotonic() - began, time.time()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise LinkLost(f"{address} does not answer ({type(error).__name__})") from error
    return Reached(took * 1000, ahead(answer.headers, now - took / 2))


def ahead(headers: httpx2.Headers, now: float) -> float | None:
    """Return how far the clock that says `now` (s) is ahead of the `Date` of an answer; a cache's would be an old one.

    None where there is no date that can be read.
    """
    told = dated(headers)
    return None if told is None else ahead_s(told, now)
