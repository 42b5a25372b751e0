"""The venue's JavaScript SDK makes every call it has, and finds what the real venue would answer."""

import typing
import urllib.parse

from tests.external_clients.clients import Client, Line
from tests.external_clients.listed import Listed


async def by_methods(sdk: Client, listed: Listed) -> None:
    """Make every call."""
    await _people(sdk, listed)
    await _money(sdk, listed)
    await _market(sdk)
    await _instruments(sdk, listed)
    await _futures(sdk)
    await _watchlists(sdk)
    await _orders(sdk, listed)
    await _complex_orders(sdk, listed)
    await _transactions(sdk, listed)


async def _people(sdk: Client, listed: Listed) -> None:
    of, number = "accountsAndCustomersService", listed.account
    for call in ("getCustomerAccounts", "getCustomerAccountResources"):
        assert {"owner"} == {item["authority-level"] for item in await sdk.call(of, call)}
    assert (await sdk.call(of, "getCustomerResource"))["first-name"] == "Alice"
    assert (await sdk.call(of, "getFullCustomerAccountResource", number))["account-number"] == number
    assert (await sdk.call(of, "getApiQuoteToken"))["level"] == "api"
    assert (await sdk.call("accountStatusService", "getAccountStatus", number))["is-closed"] is False


async def _money(sdk: Client, listed: Listed) -> None:
    of, number = "balancesAndPositionsService", listed.account
    assert (await sdk.call(of, "getAccountBalanceValues", number))["account-number"] == number
    days = await sdk.call(of, "getBalanceSnapshots", number, {"perPage": 3})
    assert all(day["account-number"] == number for day in days)
    of = "netLiquidatingValueHistoryService"
    for candle in await sdk.call(of, "getNetLiquidatingValueHistory", number, {"timeBack": "1d"}):
        assert float(candle["low"]) <= float(candle["close"]) <= float(candle["high"])
    of = "balancesAndPositionsService"
    held = await sdk.call(of, "getPositionsList", number, {"underlyingSymbol": ["SPY"]})
    assert {position["underlying-symbol"] for position in held} == {"SPY"}
    report = await sdk.call("marginRequirementsService", "getMarginRequirements", number)
    assert report["account-number"] == number
    rates = await sdk.call("riskParametersService", "getEffectiveMarginRequirements", number, "SPY")
    assert rates["underlying-symbol"] == "SPY"
    limit = await sdk.call("riskParametersService", "getPositionLimit", number)
    assert limit["equity-order-size"] > 0


async def _market(sdk: Client) -> None:
    of = "marketMetricsService"
    metrics = await sdk.call(of, "getMarketMetrics", {"symbols": "SPY,AAPL"})
    assert [item["symbol"] for item in metrics] == ["SPY", "AAPL"]
    assert all(float(item["amount"]) > 0 for item in await sdk.call(of, "getHistoricalDividendData", "AAPL"))
    reports = await sdk.call(of, "getHistoricalEarningsData", "AAPL", {"startDate": "2024-06-01"})
    assert min(item["occurred-date"] for item in reports) >= "2024-06-01"
    assert (await sdk.call("symbolSearchService", "getSymbolData", "SPY"))[0]["symbol"] == "SPY"


async def _instruments(sdk: Client, listed: Listed) -> None:
    of = "instrumentsService"
    definitions = await sdk.call(of, "getEquityDefinitions", {"symbol": ["SPY", "AAPL"]})
    assert {item["symbol"] for item in definitions} == {"SPY", "AAPL"}
    assert (await sdk.call(of, "getSingleEquity", "SPY"))["is-etf"] is True
    assert await sdk.call(of, "getActiveEquities", {"perPage": 10})
    assert [item["symbol"] for item in await sdk.call(of, "getEquityOptions", [listed.option])] == [listed.option]
    assert (await sdk.call(of, "getSingleEquityOption", listed.option))["underlying-symbol"] == "SPY"
    (nested,) = await sdk.call(of, "getNestedOptionChain", "SPY")
    assert nested["expirations"][0]["strikes"]
    assert any(listed.option in part["symbols"] for part in await sdk.call(of, "getCompactOptionChain", "SPY"))
    assert listed.option in {item["symbol"] for item in await sdk.call(of, "getOptionChain", "SPY")}
    warrants = await sdk.call(of, "getWarrants")
    assert await sdk.call(of, "getSingleWarrant", warrants[0]["symbol"]) == warrants[0]
    assert "Equity" in {item["instrument-type"] for item in await sdk.call(of, "getQuantityDecimalPrecisions")}


async def _futures(sdk: Client) -> None:
    of = "instrumentsService"
    coins = await sdk.call(of, "getCryptocurrencies", ["BTC/USD"])
    assert coins == [await sdk.call(of, "getSingleCryptocurrency", "BTC/USD")]
    products = await sdk.call(of, "getFuturesProducts")
    assert await sdk.call(of, "getSingleFutureProduct", "CME", "ES") in products
    futures = await sdk.call(of, "getFutures", {"productCode": ["ES"]})
    assert {future["product-code"] for future in futures} == {"ES"}
    assert await sdk.call(of, "getSingleFuture", futures[0]["symbol"].removeprefix("/")) == futures[0]
    option_products = await sdk.call(of, "getFutureOptionsProducts")
    found = await sdk.call(of, "getSingleFutureOptionProduct", "CME", option_products[0]["root-symbol"])
    assert found == option_products[0]
    nested = await sdk.call(of, "getNestedFutureOptionChains", "ES")
    symbol = nested["option-chains"][0]["expirations"][0]["strikes"][0]["call"]
    assert symbol in {option["symbol"] for option in await sdk.call(of, "getFutureOptionChain", "ES")}
    (option,) = await sdk.call(of, "getFutureOptions", {"symbol": [symbol]})
    assert await sdk.call(of, "getSingleFutureOption", urllib.parse.quote(symbol, safe="")) == option


async def _watchlists(sdk: Client) -> None:
    of = "watchlistsService"
    public = await sdk.call(of, "getPublicWatchlists")
    assert (await sdk.call(of, "getPublicWatchlist", public[0]["name"]))["name"] == public[0]["name"]
    pairs = await sdk.call(of, "getPairsWatchlists")
    assert (await sdk.call(of, "getPairsWatchlist", pairs[0]["name"])) == pairs[0]
    mine = {"name": "Mine", "watchlist-entries": [{"symbol": "SPY", "instrument-type": "Equity"}]}
    assert (await sdk.call(of, "createAccountWatchlist", mine))["name"] == "Mine"
    assert "Mine" in {item["name"] for item in await sdk.call(of, "getAllWatchlists")}
    assert (await sdk.call(of, "getSingleWatchlist", "Mine"))["watchlist-entries"] == mine["watchlist-entries"]
    await sdk.call(of, "replaceWatchlist", "Mine", mine | {"watchlist-entries": [{"symbol": "AAPL"}]})
    assert (await sdk.call(of, "getSingleWatchlist", "Mine"))["watchlist-entries"][0]["symbol"] == "AAPL"
    assert (await sdk.call(of, "deleteWatchlist", "Mine"))["name"] == "Mine"
    assert "Mine" not in {item["name"] for item in await sdk.call(of, "getAllWatchlists")}


async def without_methods(sdk: Client, listed: Listed) -> None:
    """Ask for what the SDK has no method for, through its own HTTP client."""
    quotes = await sdk.call("http", "get", "/market-data/by-type", {"equity": ["SPY"], "equityOption": [listed.option]})
    assert [item["symbol"] for item in quotes["items"]] == ["SPY", listed.option]
    assert (await sdk.call("http", "get", "/market-data/Index/VIX"))["symbol"] == "VIX"
    collections = {"instrumentCollections": ["Equity", "CME"]}
    now = await sdk.call("http", "get", "/market-time/sessions/current", collections)
    assert [item["instrument-collection"] for item in now["items"]] == ["Equity", "CME"]
    assert (await sdk.call("http", "get", "/market-time/futures/sessions/current"))["items"]
    for path in ("equities/sessions/current", "futures/sessions/current/CME"):
        assert (await sdk.call("http", "get", f"/market-time/{path}"))["state"] in ("Open", "Closed", "Extended")
    for path in ("equities/sessions/next", "equities/sessions/previous", "futures/sessions/next/CME"):
        assert (await sdk.call("http", "get", f"/market-time/{path}"))["session-date"]
    days = await sdk.call("http", "get", "/market-time/sessions", {"fromDate": "2026-11-25", "toDate": "2026-11-30"})
    assert [day["open-at"][:10] for day in days["items"]] == ["2026-11-25", "2026-11-27", "2026-11-30"]
    for path in ("equities/holidays", "futures/holidays/CFE"):
        assert (await sdk.call("http", "get", f"/market-time/{path}"))["market-holidays"]
    alert = {"symbol": "SPY", "field": "Last", "operator": ">", "threshold": "9000.0"}
    made = await sdk.call("http", "post", "/quote-alerts", alert)
    assert (await sdk.call("http", "get", "/quote-alerts"))["items"] == [made]
    assert await sdk.call("http", "delete", f"/quote-alerts/{made['alert-external-id']}") == 204
    assert (await sdk.call("http", "get", "/instruments/search", {"query": "SPY"}))["items"][0]["symbol"] == "SPY"
    rate = (await sdk.call("http", "get", "/margin-requirements-public-configuration"))["risk-free-rate"]
    assert 0 < float(rate) < 1
    assert (await sdk.call("http", "get", "/instruments/currency-pairs"))["items"]
    complexes = f"/accounts/{listed.account}/complex-orders"
    assert (await sdk.call("http", "post", f"{complexes}/dry-run", OTOCO))["complex-order"]["type"] == "OTOCO"
    (placed,) = (await sdk.call("http", "get", f"{complexes}/live"))["items"]
    assert (await sdk.call("http", "get", complexes))["items"] == [placed]
    assert await sdk.call("http", "get", f"{complexes}/{placed['id']}") == placed
    assert (await sdk.call("http", "post", "/sessions/validate"))["email"] == "alice@example.com"


LIMIT: dict[str, typing.Any] = {
    "order-type": "Limit",
    "time-in-force": "Day",
    "price": "1.0",
    "price-effect": "Debit",
    "legs": [{"instrument-type": "Equity", "symbol": "SPY", "action": "Buy to Open", "quantity": 1}],
}
CHANGED = {"order-type": "Limit", "time-in-force": "Day", "price": "1.5", "price-effect": "Debit"}
OUT = {"time-in-force": "GTC", "legs": [LIMIT["legs"][0] | {"action": "Sell to Close"}]}
OTOCO = {
    "type": "OTOCO",
    "trigger-order": LIMIT,
    "orders": [
        OUT | {"order-type": "Limit", "price": "9000.0", "price-effect": "Credit"},
        OUT | {"order-type": "Stop", "stop-trigger": "0.5"},
    ],
}
MARKET = {"order-type": "Market", "time-in-force": "Day", "legs": LIMIT["legs"]}


async def _orders(sdk: Client, listed: Listed) -> None:
    of, number = "orderService", listed.account
    await sdk.call("accountStreamer", "start")
    await sdk.call("accountStreamer", "subscribeToAccounts", [number])
    tried = await sdk.call(of, "postOrderDryRun", number, LIMIT)
    assert (tried["order"]["status"], "id" in tried["order"]) == ("Received", False)
    placed = (await sdk.call(of, "createOrder", number, LIMIT))["order"]
    assert placed["status"] == "Routed"
    await told(sdk, placed, "Live")
    assert (await sdk.call(of, "getOrder", number, placed["id"]))["price"] == "1.0"
    assert (await sdk.call(of, "replacementOrderDryRun", number, placed["id"], CHANGED))["order"]["price"] == "1.5"
    replaced = await sdk.call(of, "replaceOrder", number, placed["id"], CHANGED)
    assert replaced["replaces-order-id"] == placed["id"]
    await told(sdk, replaced, "Live")
    edited = await sdk.call(of, "editOrder", number, replaced["id"], {"price": "2.0", "price-effect": "Debit"})
    await told(sdk, edited, "Live")
    assert (await sdk.call(of, "getOrder", number, edited["id"]))["price"] == "2.0"
    assert (await sdk.call(of, "cancelOrder", number, edited["id"]))["status"] == "Cancel Requested"
    await told(sdk, edited, "Cancelled")
    bought = (await sdk.call(of, "createOrder", number, MARKET))["order"]
    assert (await told(sdk, bought, "Filled"))["legs"][0]["fills"]
    await sdk.call("accountStreamer", "stop")
    filled = await sdk.call(of, "getOrders", number, {"status": ["Filled"]})
    assert filled[0]["id"] == bought["id"]
    todays = {order["id"] for order in await sdk.call(of, "getLiveOrders", number)}
    assert todays >= {order["id"] for order in (placed, replaced, edited, bought)}
    for call in ("getLiveOrdersForCustomer", "getCustomerOrders"):
        assert todays <= {order["id"] for order in await sdk.call(of, call, "me")}


async def told(sdk: Client, order: Line, status: str) -> Line:
    """Return the order as the account stream tells of it in that status."""

    def fits(line: Line) -> bool:
        message = line["message"]
        return bool(
            message.get("type") == "Order"
            and message["data"]["id"] == order["id"]
            and message["data"]["status"] == status
        )

    found: Line = (await sdk.until("notification", fits))["message"]["data"]
    return found


async def _complex_orders(sdk: Client, listed: Listed) -> None:
    of, number = "orderService", listed.account
    placed = (await sdk.call(of, "createComplexOrder", number, OTOCO))["complex-order"]
    tags = [order["complex-order-tag"] for order in (placed["trigger-order"], *placed["orders"])]
    assert tags[0] == "OTOCO::trigger-order"
    assert placed["orders"][0]["status"] == "Contingent"
    cancelled = await sdk.call(of, "cancelComplexOrder", number, placed["id"])
    assert {order["status"] for order in cancelled["orders"]} == {"Cancelled"}


async def _transactions(sdk: Client, listed: Listed) -> None:
    of, number = "transactionsService", listed.account
    trades = await sdk.call(of, "getAccountTransactions", number, {"types": ["Trade"]})
    assert {trade["transaction-type"] for trade in trades} == {"Trade"}
    assert (await sdk.call(of, "getTransaction", number, trades[0]["id"])) == trades[0]
    assert set(await sdk.call(of, "getTotalFees", number)) == {"total-fees", "total-fees-effect"}
