"""A transport of HTTP requests that connects to checked addresses only."""

import ssl
from ipaddress import ip_address

import httpx2

from lib.outbound.addresses import AddressError, AddressRules, is_public

ANSWERS_MAX = 3
"""How many addresses of one name are tried."""


class InTheClear(AddressError):
    """What is nobody else's would cross the internet without TLS."""


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Connects to the addresses that `rules` checked and nothing else, with the name as Host and for TLS.

    Each request has a connection of its own, so that each is checked; more than `connections` at a time wait. What
    `is_secret` goes without TLS to private addresses alone.
    """

    def __init__(
        self, rules: AddressRules, context: ssl.SSLContext, *, connections: int = 4, is_secret: bool = False
    ) -> None:
        self._rules = rules
        self._is_secret = is_secret
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises AddressError, httpx2.TransportError."""
        host = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        error: httpx2.TransportError | None = None
        addresses = (await self._rules.check_host(host, port))[:ANSWERS_MAX]
        if self._is_secret and request.url.scheme != "https" and any(map(is_public, map(ip_address, addresses))):
            raise InTheClear(f"{request.url.host} is asked over https only")
        for address in addresses:
            checked = httpx2.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return await self._inner.handle_async_request(checked)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as failed:
                error = failed
        raise error or httpx2.ConnectError("no address")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
