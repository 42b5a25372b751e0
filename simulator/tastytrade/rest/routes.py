"""Every path of tastytrade's REST API, in the order in which they are tried."""

from simulator.tastytrade.rest import (
    accounts,
    alerts,
    complex_orders,
    future_options,
    futures,
    history,
    instruments,
    market,
    metrics,
    orders,
    risk,
    transactions,
    watchlists,
)

PARTS = (
    accounts,
    alerts,
    orders,
    complex_orders,
    transactions,
    history,
    risk,
    watchlists,
    instruments,
    future_options,
    futures,
    market,
    metrics,
)
ROUTES = tuple(known for part in PARTS for known in part.ROUTES)
