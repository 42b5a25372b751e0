"""Posts to addresses that people name: bounded in time and size, over checked addresses, never redirected."""

import asyncio
import ssl
import typing
from collections.abc import Mapping

import httpx2

from lib.outbound.addresses import HOST_MAX, AddressError, AddressRules
from lib.outbound.transport import CheckedTransport

TOTAL_S = 5.0
CONNECT_S = 3.0
ANSWER_MAX = 4096
"""Bytes of an answer that are read."""


class PostError(Exception):
    """Nothing was answered; `reason` says why, and quotes no address beyond its host."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Answer(typing.NamedTuple):
    """What was answered. `body` is the beginning of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_address(address: str) -> httpx2.URL:
    """Return an http or https address without a name and password. Raises PostError, which does not quote it."""
    try:
        url = httpx2.URL(address)
        is_whole = 0 < len(url.raw_host) <= HOST_MAX and (url.port is None or 0 < url.port < 65_536)
    except (httpx2.InvalidURL, ValueError):
        raise PostError("the address cannot be read") from None
    if url.scheme not in ("http", "https") or not is_whole or url.userinfo:
        raise PostError("the address is no http or https address without a name and password")
    return url


class Poster:
    """Posts to addresses that `rules` allow, `at_once` at a time; without TLS to private ones alone."""

    def __init__(
        self, rules: AddressRules, agent: str, context: ssl.SSLContext, total_s: float = TOTAL_S, at_once: int = 4
    ) -> None:
        self._agent = agent
        self._transport = CheckedTransport(rules, context, connections=at_once, is_secret=True)
        self._total_s = total_s
        self._timeouts = httpx2.Timeout(total_s, connect=CONNECT_S).as_dict()

    async def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post `body`. A redirect is an answer like any other. Raises PostError."""
        url = read_address(address)
        request = httpx2.Request(
            "POST",
            url,
            content=body,
            headers={"User-Agent": self._agent, "Accept": "*/*", "Accept-Encoding": "identity", **headers},
            extensions={"timeout": self._timeouts},
        )
        try:
            async with asyncio.timeout(self._total_s):
                return await self._send(request)
        except AddressError as error:
            raise PostError(error.reason) from None
        except (TimeoutError, httpx2.TimeoutException):
            raise PostError(f"{url.host} did not answer within {self._total_s:g} s") from None
        except (httpx2.TransportError, OSError):
            raise PostError(f"{url.host} cannot be reached, or broke off") from None

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        await self._transport.aclose()

    async def _send(self, request: httpx2.Request) -> Answer:
        response = await self._transport.handle_async_request(request)
        try:
            body = b""
            async for part in response.aiter_raw(ANSWER_MAX):
                body += part
                if len(body) >= ANSWER_MAX:
                    break
            return Answer(response.status_code, response.headers, body[:ANSWER_MAX])
        finally:
            await response.aclose()
