"""Every path of tastytrade's REST API, in the order in which they are tried."""

from brokers.loopback.tastytrade.routes import accounts, instruments, market, metrics

ROUTES = (*accounts.ROUTES, *instruments.ROUTES, *market.ROUTES, *metrics.ROUTES)
