"""Every path of tastytrade's REST API, in the order in which they are tried."""

from simulator.tastytrade.rest import (
    accounts,
    futures,
    history,
    instruments,
    market,
    orders,
    transactions,
    watchlists,
)

PARTS = (
    accounts,
    orders,
    transactions,
    history,
    watchlists,
    instruments,
    futures,
    market,
)
ROUTES = tuple(known for part in PARTS for known in part.ROUTES)
