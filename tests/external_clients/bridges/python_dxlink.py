"""Another implementation of DXLink, the venue's old Python SDK: arguments are the REST address and an access token.

Its market data part stands as it is. Its REST part only speaks https to a host of the internet and signs in by a
password, which the venue takes no more; so the one object it needs of that, something to GET with, is given to it.
"""

import sys
import typing
import urllib.parse

import requests
from tastytrade_sdk.exceptions import TastytradeSdkException
from tastytrade_sdk.market_data.market_data import MarketData
from tastytrade_sdk.market_data.streamer_symbol_translation import StreamerSymbolTranslationsFactory

from tests.external_clients.bridges.bridge import serve, tell

address, token = sys.argv[1:]


class Api:
    """GETs from the venue, with a bearer."""

    def get(self, path: str, params: list[tuple[str, typing.Any]] | None = None) -> typing.Any:
        """Return the answer's JSON. The SDK has quoted its symbols already, as it does for its own requests."""
        query = "&".join(f"{key}={value}" for key, value in params or [])
        url = urllib.parse.urljoin(address, path) + (f"?{query}" if query else "")
        answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        answer.raise_for_status()
        return answer.json()


class Desk:
    """One subscription at a time."""

    def __init__(self) -> None:
        api = Api()
        self.market = MarketData(api, StreamerSymbolTranslationsFactory(api))
        self.subscription: typing.Any = None

    def open(self, symbols: list[str], fields: dict[str, list[str]] | None = None) -> None:
        """Subscribe to quotes and Greeks; with `fields` in the compact format, one event in each list."""

        def heard(kind: str) -> typing.Callable[[dict[str, typing.Any]], None]:
            return lambda event: tell({"event": kind, "values": event})

        self.subscription = self.market.subscribe(
            symbols, on_quote=heard("Quote"), on_greeks=heard("Greeks"), aggregation_period=0.1, event_fields=fields
        ).open()

    def close(self) -> None:
        """End the subscription and its threads."""
        self.subscription.close()


serve({"desk": Desk()}, TastytradeSdkException)
