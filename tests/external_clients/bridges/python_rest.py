"""A third party's REST client in Python, tastytrade-api: arguments are the REST address and an access token.

It knows no OAuth: it was written when a session token of a login went where the bearer goes now.
"""

import sys

from tastytrade_api.account.account_handler import TastytradeAccount
from tastytrade_api.account.balances_positions import TastytradeAccountPositions
from tastytrade_api.account.watchlist import TastytradeWatchlist
from tastytrade_api.market_data.instruments import TastytradeInstruments
from tastytrade_api.market_data.market_metrics import MarketMetrics

from tests.external_clients.bridges.bridge import serve

address, token = sys.argv[1:]
PARTS = {
    "account": TastytradeAccount,
    "positions": TastytradeAccountPositions,
    "watchlist": TastytradeWatchlist,
    "instruments": TastytradeInstruments,
    "metrics": MarketMetrics,
}


class Client:
    """What a complete tour must make."""

    def calls(self) -> dict[str, list[str]]:
        """Return every call the client has, by part."""
        return {name: [call for call in vars(part) if not call.startswith("_")] for name, part in PARTS.items()}


serve({"client": Client()} | {name: part(f"Bearer {token}", address) for name, part in PARTS.items()})
