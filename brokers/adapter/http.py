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
from brokers.contract.errors import LinkLost

USER_AGENT = f"tapedeck/{VERSION}"
"""The venue answers 401 with HTML to whoever names no product."""


@functools.cache
def tls() -> ssl.SSLContext:
    """The one TLS context of this process: each costs 20 ms and 800 KB.

    It names the oldest version by itself: else the machine's own configuration would.
    """
    context = httpx2.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine, where no proxy must come between."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_tls(url: str) -> None:
    """Refuse an address that would carry what is sent there unencrypted to another machine. Raises LinkLost.

    Venues name the addresses of their streams themselves, and what is sent there first is a token.
    """
    if urllib.parse.urlsplit(url).scheme not in ("https", "wss") and not is_loopback(url):
        raise LinkLost("the venue named an address without TLS")


ANSWER_BYTES = 16 * 1024 * 1024
"""The largest answer of a venue, decoded: of the chains of an index with all its days, some 6 MB."""
ENCODINGS = {"Accept-Encoding": "gzip"}
"""What answers may be packed by: it makes them a thousand times smaller at most, others a million times."""
_BODY = "body"
_UNPACKED = (b"content-encoding", b"content-length", b"transfer-encoding")


class AnswerTooLargeError(httpx2.ReadError):
    """A venue answers without an end: it, or what stands before it, is broken or somebody else."""


class BoundedClient(httpx2.AsyncClient):
    """A client that takes no answer beyond ANSWER_BYTES; one that is streamed is its reader's to bound."""

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request and read its answer. Raises AnswerTooLargeError."""
        response = await super().send(request, stream=True, **options)
        if stream:
            return response
        try:
            body = await read_bounded(response)
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _UNPACKED]
        return httpx2.Response(
            response.status_code,
            headers=headers,
            content=body,
            request=response.request,
            extensions=response.extensions,
            history=response.history,
        )


async def read_bounded(response: httpx2.Response) -> bytes:
    """Return the body of an answer, decoded. Raises AnswerTooLargeError, having read little more than that."""
    if (known := response.extensions.get(_BODY)) is not None:
        return bytes(known)
    if response.headers.get("content-encoding", "identity") not in ("identity", "gzip"):
        raise AnswerTooLargeError("an answer packed as nobody asked for")
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_BYTES:
            raise AnswerTooLargeError(f"an answer of more than {ANSWER_BYTES // 1_048_576} MiB")
        parts.append(part)
    response.extensions[_BODY] = body = b"".join(parts)
    return body


_LIMITS = httpx2.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=45.0)


def client(
    address: str, headers: Mapping[str, str], timeout: httpx2.Timeout | float, limits: httpx2.Limits = _LIMITS
) -> httpx2.AsyncClient:
    """Make the HTTP client of one address. Nothing is connected yet."""
    return BoundedClient(
        base_url=address,
        headers={"User-Agent": USER_AGENT, **ENCODINGS, **headers},
        verify=False if address.startswith("http:") else tls(),
        trust_env=not is_loopback(address),
        timeout=timeout,
        limits=limits,
    )


def at_the_wire(guard: Guard, deadline: int | None = None) -> dict[str, Any]:
    """Return extensions of a request that have `guard` asked once more, when nothing but to send it is left to do.

    A connection may take seconds, and a process may be stopped meanwhile for longer than it owns what it asks for.
    """

    async def check_again(event: str, about: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            guard(deadline)

    return {"trace": check_again}


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
