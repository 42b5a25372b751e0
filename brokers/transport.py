"""What every adapter needs to reach its venue: who we are, one TLS context, and JSON that is read with care."""

import functools
import ipaddress
import json
import math
import ssl
import urllib.parse
from typing import Any

import httpx2
import orjson

from brokers import VERSION

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
