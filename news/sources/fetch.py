"""Fetches what a feed's address answers: bounded in time and size, over addresses that were checked.

No proxy of the environment is used: it would resolve names itself, and what it connects to could not be checked.
"""

import asyncio
import datetime
import ipaddress
import re
import ssl
import zlib
from collections.abc import AsyncIterator

import httpx2
import msgspec

from brokers.adapter.http import USER_AGENT, tls
from lib.outbound.addresses import HOST_MAX, AddressError, AddressRules, PrivateAddress
from lib.outbound.transport import CheckedTransport
from lib.outbound.waits import WAIT_MAX_S, retry_after_s
from news.sources.contract import SourceLost, SourceUnusable

BODY_MAX = 2 * 1024 * 1024
"""Bytes of a feed, decoded."""
TOTAL_S = 20.0
CONNECT_S = 5.0
REDIRECTS_MAX = 3
SLOW_S = 3_600.0
"""How soon a source is asked again whose answer cannot be used at all, but may be another one some day."""
_STEP = 64 * 1024
"""Bytes that are unpacked before the event loop has its turn."""
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,9})", re.IGNORECASE)
_HEADER_MAX = 300


class Validators(msgspec.Struct, frozen=True):
    """What tells a server which answer is known: sent as it came."""

    etag: str = ""
    modified: str = ""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `body` is None where nothing changed since the validators."""

    body: bytes | None
    content_type: str
    validators: Validators
    max_age_s: float
    """How long the server calls it fresh; 0 where it does not say."""
    received_at: datetime.datetime


def read_url(address: str) -> httpx2.URL:
    """Return an address that may be fetched, as far as its text tells. Raises SourceUnusable.

    The reason does not quote it: a query may hold a key.
    """
    try:
        url = httpx2.URL(address)
        is_whole = 0 < len(url.raw_host) <= HOST_MAX and (url.port is None or 0 < url.port < 65_536)
    except (httpx2.InvalidURL, ValueError):
        raise SourceUnusable("the address cannot be read") from None
    if url.scheme not in ("http", "https") or not is_whole:
        raise SourceUnusable("the address is neither http:// nor https:// with a host")
    if url.userinfo:
        raise SourceUnusable("the address holds a name or a password, which feeds are not fetched with")
    return url


class Fetcher:
    """Fetches for one source. `agent` is its User-Agent; `context` is for tests of TLS."""

    def __init__(
        self,
        rules: AddressRules,
        agent: str = USER_AGENT,
        *,
        context: ssl.SSLContext | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._headers = {"User-Agent": agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
        self._total_s = total_s
        self._timeouts = httpx2.Timeout(total_s, connect=CONNECT_S).as_dict()
        self._transport = CheckedTransport(rules, context or tls())

    async def fetch(self, address: str, known: Validators = Validators()) -> Fetched:  # noqa: B008 - it is frozen
        """Fetch an address, over three redirects at most. Raises SourceLost, SourceUnusable; neither quotes it."""
        url = read_url(address)
        try:
            async with asyncio.timeout(self._total_s):
                return await self._follow(url, known)
        except TimeoutError:
            raise SourceLost(f"{url.host} did not answer within {self._total_s:g} s") from None
        except httpx2.TimeoutException:
            raise SourceLost(f"{url.host} did not answer in time") from None
        except (httpx2.TransportError, OSError):
            raise SourceLost(f"{url.host} cannot be reached, or broke off") from None

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        await self._transport.aclose()

    async def _follow(self, url: httpx2.URL, known: Validators) -> Fetched:
        for hop in range(REDIRECTS_MAX + 1):
            response = await self._ask(url, known, is_redirect=hop > 0)
            try:
                if response.status_code not in _REDIRECTS:
                    return await _read(response, url, known)
            finally:
                await response.aclose()
            url = _next(url, response.headers.get("location", ""))
        raise SourceLost(f"{url.host} redirects more than {REDIRECTS_MAX} times")

    async def _ask(self, url: httpx2.URL, known: Validators, *, is_redirect: bool) -> httpx2.Response:
        """Ask one address. Raises SourceUnusable where the settings themselves name what is inside."""
        request = httpx2.Request(
            "GET", url, headers=self._headers | _conditions(known), extensions={"timeout": self._timeouts}
        )
        try:
            return await self._transport.handle_async_request(request)
        except PrivateAddress as error:
            if is_redirect:
                raise SourceLost(f"it redirects inside: {error.reason}", retry_after=SLOW_S) from None
            if is_literal(url.host):
                raise SourceUnusable(error.reason) from None
            raise SourceLost(error.reason) from None
        except AddressError as error:
            raise SourceLost(error.reason) from None


def is_literal(host: str) -> bool:
    """Whether `host` is an address itself, or this machine's own name: what it leads to does not change."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True


def _conditions(known: Validators) -> dict[str, str]:
    found = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in found.items() if value}


def _next(url: httpx2.URL, location: str) -> httpx2.URL:
    """Return where a redirect leads. Raises SourceLost: a server that errs today may not tomorrow."""
    try:
        target = read_url(str(url.join(location)) if location else "")
    except (SourceUnusable, httpx2.InvalidURL, ValueError):
        raise SourceLost(f"{url.host} redirects to no address that can be fetched") from None
    if url.scheme == "https" and target.scheme != "https":
        raise SourceLost(f"{url.host} redirects to an address without TLS")
    return target


async def _read(response: httpx2.Response, url: httpx2.URL, known: Validators) -> Fetched:
    now, headers = datetime.datetime.now(datetime.UTC), response.headers
    match response.status_code:
        case 200:
            body: bytes | None = await _body(response, url.host)
            known = Validators(headers.get("etag", "")[:_HEADER_MAX], headers.get("last-modified", "")[:_HEADER_MAX])
        case 304 if known != Validators():
            body = None
        case 410:
            raise SourceUnusable(f"{url.host} has taken this address away for good (HTTP 410)")
        case status if status in _BUSY:
            raise SourceLost(
                f"{url.host} asks to be left alone (HTTP {status})", retry_after=retry_after_s(headers, now)
            )
        case status:
            raise SourceLost(f"{url.host} answers HTTP {status}", retry_after=retry_after_s(headers, now))
    match_age = _MAX_AGE.search(headers.get("cache-control", ""))
    return Fetched(
        body=body,
        content_type=headers.get("content-type", "").lower()[:_HEADER_MAX],
        validators=known,
        max_age_s=min(float(match_age[1]), WAIT_MAX_S) if match_age else 0.0,
        received_at=datetime.datetime.now(datetime.UTC),
    )


async def _body(response: httpx2.Response, host: str) -> bytes:
    """Return the body, unpacked. Raises SourceLost, having taken and unpacked little more than BODY_MAX."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "", "gzip", "x-gzip"):
        raise SourceLost(f"{host} answers packed in a way that was not asked for")
    chunks = response.aiter_raw(_STEP)
    parts, size = [], 0
    async for part in _unpack(chunks, host) if "gzip" in packing else chunks:
        size += len(part)
        if size > BODY_MAX:
            raise SourceLost(f"{host} answers more than {BODY_MAX // 1_048_576} MB")
        parts.append(part)
    return b"".join(parts)


async def _unpack(chunks: AsyncIterator[bytes], host: str) -> AsyncIterator[bytes]:
    """Yield what gzip packed, piece by piece: one packed byte may stand for a thousand."""
    unpacker = zlib.decompressobj(wbits=31)
    async for chunk in chunks:
        while chunk and not unpacker.eof:
            try:
                yield unpacker.decompress(chunk, _STEP)
            except zlib.error:
                raise SourceLost(f"{host} answers what cannot be unpacked") from None
            chunk = unpacker.unconsumed_tail
            await asyncio.sleep(0)
    if not unpacker.eof:
        raise SourceLost(f"{host} broke off")
