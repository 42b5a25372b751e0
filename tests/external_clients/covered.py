"""Which outside client exercises what of the simulated venue.

`J` is the venue's JavaScript SDK by a method of its own, `j` the same by its HTTP client where it has none, `T` a third
party's REST client in Python; `D` is dxFeed's own DXLink client, `Q` the quote streamer of the JavaScript SDK on top of
it, `P` the DXLink client of the venue's old Python SDK. What each really asked for and heard is recorded, and the tests
fail where this says anything else.
"""

ROUTES = {
    "GET /accounts/{}/balance-snapshots": "JT",
    "GET /accounts/{}/balances[/{}]": "JT",
    "GET /accounts/{}/complex-orders": "j",
    "POST /accounts/{}/complex-orders": "J",
    "POST /accounts/{}/complex-orders/dry-run": "j",
    "GET /accounts/{}/complex-orders/live": "j",
    "DELETE /accounts/{}/complex-orders/{}": "J",
    "GET /accounts/{}/complex-orders/{}": "j",
    "GET /accounts/{}/margin-requirements/{}/effective": "JT",
    "GET /accounts/{}/net-liq/history": "JT",
    "GET /accounts/{}/orders": "J",
    "POST /accounts/{}/orders": "J",
    "POST /accounts/{}/orders/dry-run": "J",
    "GET /accounts/{}/orders/live": "J",
    "DELETE /accounts/{}/orders/{}": "J",
    "GET /accounts/{}/orders/{}": "J",
    "PATCH /accounts/{}/orders/{}": "J",
    "PUT /accounts/{}/orders/{}": "J",
    "POST /accounts/{}/orders/{}/dry-run": "J",
    "GET /accounts/{}/position-limit": "JT",
    "GET /accounts/{}/positions": "JT",
    "GET /accounts/{}/trading-status": "J",
    "GET /accounts/{}/transactions": "J",
    "GET /accounts/{}/transactions/total-fees": "J",
    "GET /accounts/{}/transactions/{}": "J",
    "GET /api-quote-tokens": "J",
    "GET /customers/me": "JT",
    "GET /customers/me/accounts": "JT",
    "GET /customers/me/accounts/{}": "JT",
    "GET /customers/me/orders": "J",
    "GET /customers/me/orders/live": "J",
    "GET /futures-option-chains/{}": "J",
    "GET /futures-option-chains/{}/nested": "J",
    "GET /instruments/cryptocurrencies": "JT",
    "GET /instruments/cryptocurrencies/{}": "JT",
    "GET /instruments/currency-pairs": "j",
    "GET /instruments/equities": "JT",
    "GET /instruments/equities/active": "JT",
    "GET /instruments/equities/{}": "J",
    "GET /instruments/equity-options": "JT",
    "GET /instruments/equity-options/{}": "J",
    "GET /instruments/future-option-products": "JT",
    "GET /instruments/future-option-products/[{}/]{}": "J",
    "GET /instruments/future-options": "J",
    "GET /instruments/future-options/{}": "J",
    "GET /instruments/future-products": "JT",
    "GET /instruments/future-products/{}/{}": "J",
    "GET /instruments/futures": "JT",
    "GET /instruments/futures/{}": "J",
    "GET /instruments/quantity-decimal-precisions": "JT",
    "GET /instruments/search": "j",
    "GET /instruments/warrants": "J",
    "GET /instruments/warrants/{}": "J",
    "GET /margin-requirements-public-configuration": "j",
    "GET /margin/accounts/{}/requirements": "JT",
    "GET /market-data/by-type": "j",
    "GET /market-data/{}/{}": "j",
    "GET /market-metrics": "JT",
    "GET /market-metrics/historic-corporate-events/dividends/{}": "JT",
    "GET /market-metrics/historic-corporate-events/earnings-reports/{}": "JT",
    "GET /market-time/(equities)/sessions/(next|previous)": "j",
    "GET /market-time/(futures)/sessions/(next|previous)/{}": "j",
    "GET /market-time/equities/holidays": "j",
    "GET /market-time/equities/sessions/current": "j",
    "GET /market-time/futures/holidays/{}": "j",
    "GET /market-time/futures/sessions/current": "j",
    "GET /market-time/futures/sessions/current/{}": "j",
    "GET /market-time/sessions": "j",
    "GET /market-time/sessions/current": "j",
    "POST /oauth/token": "J",
    "GET /option-chains/{}": "J",
    "GET /option-chains/{}/compact": "J",
    "GET /option-chains/{}/nested": "JT",
    "GET /pairs-watchlists": "JT",
    "GET /pairs-watchlists/{}": "J",
    "GET /public-watchlists": "JT",
    "GET /public-watchlists/{}": "JT",
    "GET /quote-alerts": "j",
    "POST /quote-alerts": "j",
    "DELETE /quote-alerts/{}": "j",
    "POST /sessions/validate": "j",
    "GET /symbols/search/{}": "JT",
    "GET /watchlists": "JT",
    "POST /watchlists": "JT",
    "DELETE /watchlists/{}": "JT",
    "GET /watchlists/{}": "JT",
    "PUT /watchlists/{}": "JT",
}

UNANSWERED: dict[str, dict[str, str]] = {
    "J": {
        "marginRequirementsService.postMarginRequirements": "not served: its answer is documented in words only",
        "netLiquidatingValueHistoryService.getNetLiquidatingValue": "not served: it is not documented at all",
        "orderService.postReconfirmOrder": "not served: it is for equity offerings, and no longer documented",
    },
    "T": {
        "account.get_position_limit": "reads a key `positionLimit` that the venue does not document",
        "watchlist.delete_account_watchlist": "waits for 204 where the venue documents 200 with what was deleted",
    },
}
"""Calls of a client that the simulated venue does not answer as the client expects, and why."""

EVENTS = {
    "Candle": "DQ",
    "Greeks": "DQP",
    "Profile": "DQ",
    "Quote": "DQP",
    "Summary": "DQ",
    "TheoPrice": "D",
    "TimeAndSale": "D",
    "Trade": "DQ",
    "Underlying": "DQ",
}
"""Event types of DXLink. What a client lacks here, it has no way to ask for."""

NOTIFICATIONS = {
    "AccountBalance": "J",
    "ComplexOrder": "J",
    "CurrentPosition": "J",
    "ExternalTransaction": "J",
    "Order": "J",
    "PublicWatchlists": "J",
    "QuoteAlert": "J",
    "TradingStatus": "J",
    "UnderlyingYearGainSummary": "J",
}
"""Kinds of notifications of the account stream."""


def heard_by(client: str, table: dict[str, str]) -> set[str]:
    """Return what a client hears of `EVENTS` or `NOTIFICATIONS`."""
    return {kind for kind, clients in table.items() if client in clients}
