"""Every path of tastytrade's REST API, in the order in which they are tried."""

from brokers.loopback.tastytrade.routes import (
    accounts,
    futures,
    instruments,
    market,
    metrics,
    risk,
    watchlists,
)

PARTS = (
    accounts,
    risk,
    watchlists,
    instruments,
    futures,
    market,
    metrics,
)
ROUTES = tuple(known for part in PARTS for known in part.ROUTES)
