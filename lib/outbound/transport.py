"""A transport of HTTP requests that connects to checked addresses only."""

import ssl

import httpx2

from lib.outbound.addresses import AddressRules

ANSWERS_MAX = 3
"""How many addresses of one name are tried."""


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Connects to the addresses that `rules` checked and nothing else, with the name as Host and for TLS.

    Each request has a connection of its own, so that each is checked.
    """

    def __init__(self, rules: AddressRules, context: ssl.SSLContext) -> None:
        self._rules = rules
        limits = httpx2.Limits(max_connections=4, max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises AddressError, httpx2.TransportError."""
        host = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        error: httpx2.TransportError | None = None
        for address in (await self._rules.check_host(host, port))[:ANSWERS_MAX]:
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
