"""Every answer of the venue holds the fields the venue publishes, and no others."""

import datetime
import re
import typing
import urllib.parse

import httpx2
import pydantic
import pytest
from tastytrade import account, instruments, market_data, market_sessions, metrics, order, search, session, watchlists
from tastytrade.streamer import MAP_ALERTS

from tests.external_clients import routes
from tests.external_clients.listed import look_up
from tests.external_clients.published import MODELS, faults
from tests.simulator.conftest import Door

Sdk = type[pydantic.BaseModel] | None

WALK: list[tuple[str, str, Sdk]] = [
    ("/customers/me", "Customer", session.Customer),
    ("/customers/me/accounts", "AuthorityDecorator", None),
    ("/customers/me/accounts/{account}", "Account", account.Account),
    ("/accounts/{account}/trading-status", "TradingStatus", account.TradingStatus),
    ("/accounts/{account}/balances", "AccountBalance", account.AccountBalance),
    ("/accounts/{account}/balances/USD", "AccountBalance", account.AccountBalance),
    ("/accounts/{account}/balance-snapshots", "AccountBalance", account.AccountBalanceSnapshot),
    ("/accounts/{account}/net-liq/history?time-back=1d", "NetLiqOhlc", account.NetLiqOhlc),
    ("/accounts/{account}/positions?include-marks=true", "CurrentPosition", account.CurrentPosition),
    ("/accounts/{account}/position-limit", "PositionLimit", None),
    ("/accounts/{account}/margin-requirements/SPY/effective", "MarginRequirement", None),
    ("/accounts/{account}/orders", "Order", order.PlacedOrder),
    ("/accounts/{account}/orders/live", "Order", order.PlacedOrder),
    ("/accounts/{account}/orders/{order}", "Order", order.PlacedOrder),
    ("/customers/me/orders", "Order", order.PlacedOrder),
    ("/customers/me/orders/live", "Order", order.PlacedOrder),
    ("/accounts/{account}/complex-orders", "ComplexOrder", order.PlacedComplexOrder),
    ("/accounts/{account}/complex-orders/live", "ComplexOrder", order.PlacedComplexOrder),
    ("/accounts/{account}/complex-orders/{complex}", "ComplexOrder", order.PlacedComplexOrder),
    ("/accounts/{account}/transactions", "Transaction", account.Transaction),
    ("/accounts/{account}/transactions/{transaction}", "Transaction", account.Transaction),
    ("/accounts/{account}/transactions/total-fees", "TotalFees", account.FeesInfo),
    ("/margin-requirements-public-configuration", "MarginConfiguration", None),
    ("/margin/accounts/{account}/requirements", "MarginReport", account.MarginReport),
    ("/api-quote-tokens", "QuoteToken", None),
    ("/instruments/equities", "Equity", instruments.Equity),
    ("/instruments/equities/active", "Equity", instruments.Equity),
    ("/instruments/equities/BRK%2FB", "Equity", instruments.Equity),
    ("/instruments/equity-options?symbol[]={option}", "EquityOption", instruments.Option),
    ("/instruments/equity-options/{option}", "EquityOption", instruments.Option),
    ("/option-chains/SPY", "EquityOption", instruments.Option),
    ("/option-chains/SPY/nested", "NestedOptionChain", instruments.NestedOptionChain),
    ("/option-chains/SPY/compact", "CompactOptionChain", None),
    ("/instruments/warrants", "Warrant", instruments.Warrant),
    ("/instruments/warrants/{warrant}", "Warrant", instruments.Warrant),
    ("/instruments/currency-pairs", "CurrencyPair", instruments.Forex),
    ("/instruments/quantity-decimal-precisions", "QuantityDecimalPrecision", instruments.QuantityDecimalPrecision),
    ("/instruments/search?query=SPY", "SymbolData", search.SymbolData),
    ("/symbols/search/SPY", "SymbolData", search.SymbolData),
    ("/instruments/cryptocurrencies", "Cryptocurrency", instruments.Cryptocurrency),
    ("/instruments/cryptocurrencies/BTC%2FUSD", "Cryptocurrency", instruments.Cryptocurrency),
    ("/instruments/future-products", "FutureProduct", instruments.FutureProduct),
    ("/instruments/future-products/CME/ES", "FutureProduct", instruments.FutureProduct),
    ("/instruments/futures", "Future", instruments.Future),
    ("/instruments/futures/{future}", "Future", instruments.Future),
    ("/instruments/future-option-products", "FutureOptionProduct", instruments.FutureOptionProduct),
    ("/instruments/future-option-products/{root}", "FutureOptionProduct", instruments.FutureOptionProduct),
    ("/instruments/future-option-products/CME/{root}", "FutureOptionProduct", instruments.FutureOptionProduct),
    ("/instruments/future-options?symbol[]={future_option}", "FutureOption", instruments.FutureOption),
    ("/instruments/future-options/{future_option}", "FutureOption", instruments.FutureOption),
    ("/futures-option-chains/ES", "FutureOption", instruments.FutureOption),
    ("/futures-option-chains/ES/nested", "NestedFutureOptionChain", instruments.NestedFutureOptionChain),
    ("/market-data/by-type?equity=SPY&index=VIX&equity-option={option}", "MarketData", market_data.MarketData),
    ("/market-data/Equity/SPY", "MarketData", market_data.MarketData),
    ("/market-metrics?symbols=SPY,AAPL", "MarketMetricInfo", metrics.MarketMetricInfo),
    ("/market-metrics/historic-corporate-events/dividends/AAPL", "DividendInfo", metrics.DividendInfo),
    (
        "/market-metrics/historic-corporate-events/earnings-reports/AAPL?start-date=2024-01-01",
        "EarningsInfo",
        metrics.EarningsInfo,
    ),
    (
        "/market-time/sessions/current?instrument-collections[]=Equity&instrument-collections[]=CME",
        "Session",
        market_sessions.MarketSession,
    ),
    ("/market-time/sessions?to-date={later}", "Session", None),
    ("/market-time/equities/sessions/current", "Session", market_sessions.MarketSession),
    ("/market-time/equities/sessions/next", "Session", market_sessions.MarketSessionSnapshot),
    ("/market-time/futures/sessions/current", "Session", market_sessions.MarketSession),
    ("/market-time/futures/sessions/current/CME", "Session", market_sessions.MarketSession),
    ("/market-time/futures/sessions/previous/CFE", "Session", market_sessions.MarketSessionSnapshot),
    ("/market-time/equities/holidays", "MarketCalendar", market_sessions.MarketCalendar),
    ("/market-time/futures/holidays/CME", "MarketCalendar", market_sessions.MarketCalendar),
    ("/public-watchlists", "Watchlist", watchlists.PublicWatchlist),
    ("/public-watchlists/{public}", "Watchlist", watchlists.PublicWatchlist),
    ("/pairs-watchlists", "PairsWatchlist", watchlists.PairsWatchlist),
    ("/pairs-watchlists/{pairs}", "PairsWatchlist", watchlists.PairsWatchlist),
    ("/quote-alerts", "QuoteAlert", None),
    ("/watchlists", "Watchlist", watchlists.PrivateWatchlist),
    ("/watchlists/{watchlist}", "Watchlist", watchlists.PrivateWatchlist),
]
"""Every GET: where to, the published model of what it answers, and the SDK's."""


async def lived_in(alice: Door) -> dict[str, str]:
    """Give alice something of everything, and return what to call it in a path."""
    listed = await look_up(alice)
    order = await bought(alice, listed.account)
    trades = await alice.get(f"/accounts/{listed.account}/transactions", type="Trade")
    chain = (await alice.get("/futures-option-chains/ES/nested"))["option-chains"]
    made = {"name": "Mine", "watchlist-entries": [{"symbol": "SPY", "instrument-type": "Equity"}]}
    alert = {"symbol": "SPY", "field": "Last", "operator": ">", "threshold": "9000.0", "instrument-type": "Equity"}
    for path, body in (("/watchlists", made), ("/quote-alerts", alert)):
        assert (await alice.http.post(path, json=body)).status_code == 201
    return {
        "account": listed.account,
        "option": listed.option.replace(" ", "%20"),
        "warrant": (await alice.get("/instruments/warrants"))["items"][0]["symbol"],
        "public": (await alice.get("/public-watchlists"))["items"][0]["name"],
        "pairs": (await alice.get("/pairs-watchlists"))["items"][0]["name"],
        "watchlist": "Mine",
        "later": (alice.venue.tastytrade.market.day + datetime.timedelta(days=30)).isoformat(),
        "order": str(order),
        "complex": str(await bracketed(alice, listed.account)),
        "transaction": str(trades["items"][0]["id"]),
        "root": (await alice.get("/instruments/future-option-products"))["items"][0]["root-symbol"],
        "future_option": urllib.parse.quote(chain[0]["expirations"][0]["strikes"][0]["call"], safe=""),
        "future": (await alice.get("/instruments/futures"))["items"][0]["symbol"].removeprefix("/"),
    }


async def bought(alice: Door, number: str) -> int:
    """Buy a share at the market. Returns the order's id once it is filled."""
    leg = {"instrument-type": "Equity", "symbol": "SPY", "action": "Buy to Open", "quantity": 1}
    ticket = {"order-type": "Market", "time-in-force": "Day", "legs": [leg]}
    async with alice.alerts(await alice.sign_in(), number) as stream:
        answer = await alice.http.post(f"/accounts/{number}/orders", json=ticket)
        assert answer.status_code == 201, answer.text
        assert list(faults("PlacedOrder", answer.json()["data"])) == []
        while (told := await stream.until("Order"))["data"]["status"] != "Filled":
            pass
    assert list(faults("Order", told["data"])) == []
    id: int = told["data"]["id"]
    return id


async def bracketed(alice: Door, number: str) -> int:
    """Place an order that triggers two which cancel each other. Returns the complex order's id."""
    leg = {"instrument-type": "Equity", "symbol": "SPY", "action": "Sell to Close", "quantity": 1}
    out = {"time-in-force": "GTC", "legs": [leg]}
    first = {"order-type": "Limit", "time-in-force": "Day", "price": "1.0", "price-effect": "Debit"}
    ticket = {
        "type": "OTOCO",
        "trigger-order": first | {"legs": [leg | {"action": "Buy to Open"}]},
        "orders": [
            out | {"order-type": "Limit", "price": "9000.0", "price-effect": "Credit"},
            out | {"order-type": "Stop", "stop-trigger": "0.5"},
        ],
    }
    for path in ("complex-orders/dry-run", "complex-orders"):
        answer = await alice.http.post(f"/accounts/{number}/{path}", json=ticket)
        assert answer.status_code == 201, answer.text
        assert list(faults("PlacedOrder", answer.json()["data"])) == []
    id: int = answer.json()["data"]["complex-order"]["id"]
    return id


def bodies(answer: httpx2.Response) -> list[dict[str, typing.Any]]:
    """The objects an answer holds: its items, or itself."""
    assert answer.status_code == 200, answer.text
    envelope = answer.json()
    assert set(envelope) <= {"data", "context", "api-version", "pagination"}
    data = envelope["data"]
    found: list[dict[str, typing.Any]] = data.get("items", [data])
    return found


async def test_every_get_answers_published_fields_that_the_sdk_can_read(alice: Door):
    names = await lived_in(alice)
    for path, model, sdk in WALK:
        for body in bodies(await alice.http.get(path.format(**names))):
            assert list(faults(model, body)) == [], path
            if sdk is not None:
                sdk.model_validate(body)  # raises where it lacks what the SDK requires


def test_the_walk_passes_every_get():
    passed = routes.asked("GET " + re.sub(r"\{\w+\}", "1", path).split("?")[0] for path, _, _ in WALK)
    assert sorted({route for route in routes.names() if route.startswith("GET ")} - passed) == []


def test_every_model_of_the_list_is_told_or_inside_one_that_is():
    told = {model for _, model, _ in WALK} | {"PlacedOrder"} | set(MAP_ALERTS)
    inside = {field.model for fields in MODELS.values() for field in fields.values()}
    assert sorted(set(MODELS) - inside - told) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"risk-free-rate": "0.04"}, None),
        ({"risk-free-rate": None}, None),
        ({"risk-free-rate": "4 %"}, "MarginConfiguration.risk-free-rate is no number: '4 %'"),
        ({"risk-free-rate": True}, "MarginConfiguration.risk-free-rate is no number: True"),
        ({"rate": "0.04"}, "MarginConfiguration.rate is not published"),
    ],
)
def test_a_fault_of_a_body_is_told(body, fault):
    assert list(faults("MarginConfiguration", body)) == ([fault] if fault else [])
