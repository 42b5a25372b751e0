"""What every adapter needs to reach its venue: who we are, one TLS context, and answers that are read with care."""

import email.utils
import functools
import ipaddress
import json
import math
import ssl
import urllib.parse
from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from brokers import VERSION
from brokers.contract.broker import Guard

USER_AGENT = f"tapedeck/{VERSION}"
"""The venue answers 401 with HTML to whoever names no product."""


@functools.cache
def tls() -> ssl.SSLContext:
    """The one TLS context of this process: each costs 20 ms and 800 KB."""
    return httpx2.create_ssl_context()


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine, where no proxy must come between."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_LIMITS = httpx2.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=45.0)


def client(
    address: str, headers: Mapping[str, str], timeout: httpx2.Timeout | float, limits: httpx2.Limits = _LIMITS
) -> httpx2.AsyncClient:
    """Make the HTTP client of one address. Nothing is connected yet."""
    return httpx2.AsyncClient(
        base_url=address,
        headers={"User-Agent": USER_AGENT, **headers},
        verify=False if address.startswith("http:") else tls(),
        trust_env=not is_loopback(address),
        timeout=timeout,
        limits=limits,
    )


def at_the_wire(guard: Guard, deadline: int | None = None) -> dict[str, Any]:
    """Return extensions of a request that have `guard` asked once more, when nothing but to send it is left to do.

    A connection may take seconds, and a process may be stopped meanwhile for longer than it owns what it asks for.
    """

    async def follow(event: str, about: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            guard(deadline)

    return {"trace": follow}


def dated(headers: Mapping[str, str]) -> float | None:
    """Return what time an answer says it is (RFC 9110, 6.6.1: whole seconds), in s since the epoch.

    None where it does not say, or where it was kept by a cache meanwhile.
    """
    try:
        told = email.utils.parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return None
    return None if "age" in headers or told.tzinfo is None else told.timestamp()


def ahead_s(dated: float, now: float) -> float:
    """Return how far the clock that says `now` (s) is ahead of that of an answer, which tells whole seconds."""
    return now - (dated + 0.5)


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def parse(raw: bytes) -> Any:
    """Read one message. Bare NaN and Infinity, and numbers too large to be finite, are None. Raises ValueError."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            return json.loads(raw, parse_constant=lambda _: None, parse_float=_finite)
        except RecursionError as error:
            raise ValueError("nested too deep") from error
