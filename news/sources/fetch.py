"""Fetches a feed: bounded in size and time, only from where it may, with what the server kept of the last answer.

A name is resolved once, every address it has is checked, and the connection goes to one that was checked: a name that
resolves otherwise a moment later (rebinding) leads nowhere. A redirect is checked as the first address was.
"""

import asyncio
import ipaddress
import re
import socket
import typing
import urllib.parse
import zlib
from collections.abc import Mapping

import httpx2

from brokers.adapter.http import USER_AGENT, tls
from news.sources.addresses import Address, PrivateTargets
from news.sources.contract import KeyRejected, SourceLost, SourceUnusable

BODY_BYTES = 2 * 1024 * 1024
"""The largest answer, decoded."""
TIME_S = 20.0
"""How long one fetch may take, redirects and all."""
REDIRECTS = 3
ACCEPT = "application/rss+xml, application/atom+xml, application/xml, text/xml, */*;q=0.1"
_MOVED = (301, 302, 303, 307, 308)
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


class Fetched(typing.NamedTuple):
    """An answer. `body` is None where the server says that nothing changed. `cursor` is for the next fetch.

    `fresh_s`: for how long the server says that it does not change, in s.
    """

    body: bytes | None
    content_type: str
    cursor: dict[str, str]
    fresh_s: float | None


Resolve = typing.Callable[[str, int], typing.Awaitable[list[Address]]]


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(one[4][0]) for one in found]


class Fetcher:
    """Fetches from where `targets` allow it. It goes through no proxy: that would resolve names by itself."""

    def __init__(self, targets: PrivateTargets, resolve: Resolve = resolve, time_s: float = TIME_S) -> None:
        self._targets = targets
        self._resolve = resolve
        self._time_s = time_s
        self._client = httpx2.AsyncClient(
            verify=tls(), trust_env=False, timeout=httpx2.Timeout(10.0), follow_redirects=False,
            limits=httpx2.Limits(max_connections=4, max_keepalive_connections=0),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<Fetcher {self._targets!r}>"

    async def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, cursor: Mapping[str, str] | None = None
    ) -> Fetched:
        """Fetch `url`, unless it is as `cursor` says it was. Raises SourceError."""
        asked = {"User-Agent": USER_AGENT, "Accept": ACCEPT, "Accept-Encoding": "gzip", **(headers or {})}
        for name, header in (("etag", "If-None-Match"), ("last_modified", "If-Modified-Since")):
            if (value := (cursor or {}).get(name)) and value.isprintable():
                asked[header] = value
        try:
            async with asyncio.timeout(self._time_s):
                return await self._follow(url, asked, cursor or {})
        except TimeoutError:
            raise SourceLost(f"no whole answer within {self._time_s:.0f} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, zlib.error) as error:
            raise SourceLost(f"cannot be fetched: {type(error).__name__}") from error

    async def _follow(self, url: str, headers: Mapping[str, str], cursor: Mapping[str, str]) -> Fetched:
        for _ in range(REDIRECTS + 1):
            answer = await self._ask(url, headers)
            try:
                if answer.status_code not in _MOVED:
                    return await self._read(answer, cursor)
                url = urllib.parse.urljoin(url, answer.headers.get("location", ""))
            finally:
                await answer.aclose()
        raise SourceLost(f"more than {REDIRECTS} redirects")

    async def _ask(self, url: str, headers: Mapping[str, str]) -> httpx2.Response:
        """Send one request to an address that was checked. Raises SourceUnusable where none may be asked."""
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
            raise SourceUnusable("not an http or https address")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._checked(host, port)
        shown = f"[{address}]" if address.version == 6 else str(address)
        target = urllib.parse.urlunsplit((parts.scheme, f"{shown}:{port}", parts.path or "/", parts.query, ""))
        request = self._client.build_request(
            "GET", target, headers={**headers, "Host": parts.netloc}, extensions={"sni_hostname": host}
        )
        return await self._client.send(request, stream=True)

    async def _checked(self, host: str, port: int) -> Address:
        try:
            found = [ipaddress.ip_address(host)]
        except ValueError:
            found = await self._resolve(host, port)
        if not found:
            raise SourceLost("its name has no address")
        for address in found:
            if not self._targets.allows(host, address):
                raise SourceUnusable(
                    f"{host} is inside ({address}); an operator can list it in ALLOWED_PRIVATE_TARGETS"
                )
        return found[0]

    async def _read(self, answer: httpx2.Response, cursor: Mapping[str, str]) -> Fetched:
        kept = {
            name: answer.headers[header]
            for name, header in (("etag", "etag"), ("last_modified", "last-modified"))
            if header in answer.headers
        }
        fresh = _MAX_AGE.search(answer.headers.get("cache-control", ""))
        fresh_s = float(fresh[1]) if fresh else None
        content_type = answer.headers.get("content-type", "")
        if answer.status_code == 304:
            return Fetched(None, content_type, {**cursor, **kept}, fresh_s)
        check_status(answer)
        return Fetched(await read_body(answer), content_type, kept, fresh_s)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def check_status(answer: httpx2.Response) -> None:
    """Raise what an answer that is no success means."""
    status = answer.status_code
    if status in (401, 407):
        raise KeyRejected("the source asks for another key")
    if status == 429 or status == 503:
        raise SourceLost(f"it answers {status}: too many requests", retry_after=retry_after(answer.headers))
    if status == 410:
        raise SourceUnusable("the feed is gone for good (410)")
    if status != 200:
        raise SourceLost(f"it answers {status}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return in how many seconds a server wants to be asked again; None where it does not say so in seconds."""
    text = headers.get("retry-after", "")
    return float(text) if text.isdigit() and len(text) < 7 else None


async def read_body(answer: httpx2.Response, limit: int = BODY_BYTES) -> bytes:
    """Return a body, unpacked, holding little more than `limit` bytes of it at any time. Raises SourceLost."""
    packing = answer.headers.get("content-encoding", "identity")
    if packing not in ("identity", "gzip"):
        raise SourceLost("it packs its answer as nobody asked for")
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    parts, size = [], 0
    async for chunk in answer.aiter_raw(16_384):
        part = unpack.decompress(chunk, limit + 1 - size) if unpack is not None else chunk
        size += len(part)
        if size > limit or (unpack is not None and unpack.unconsumed_tail):
            raise SourceLost(f"its answer is larger than {limit // 1_048_576} MiB")
        parts.append(part)
    return b"".join(parts)
