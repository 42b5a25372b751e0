"""What the simulated Tradier knows of the past, of securities and of lists; and how late its sandbox is."""

import datetime
import decimal

import pytest

from simulator.exchange.orders import Transaction
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.tradier.bodies import ledger
from simulator.tradier.customers import demo_grants
from tests.simulator.tradier.conftest import Desk

Decimal = decimal.Decimal
WEDNESDAY = datetime.date(2026, 11, 18)


async def test_bars_end_where_the_market_stands_and_reach_no_further_than_is_kept(desk: Desk):
    days = (await desk.get("/v1/markets/history", symbol="AAPL", start="2026-01-02"))["history"]["day"]
    quote = (await desk.get("/v1/markets/quotes", symbols="AAPL"))["quotes"]["quote"]
    assert days[0]["date"] >= "2026-01-02" < days[-1]["date"] == str(desk.venue.tradier.market.day)
    assert (days[-2]["close"], days[-1]["open"]) == (quote["prevclose"], quote["open"])
    months = (await desk.get("/v1/markets/history", symbol="AAPL", interval="monthly"))["history"]["day"]
    assert {month["date"][-2:] for month in months} == {"01"}
    assert await desk.get("/v1/markets/history", symbol="NOPE") == {"history": None}
    bars = (await desk.get("/v1/markets/timesales", symbol="AAPL", interval="5min"))["series"]["data"]
    assert all(bar["timestamp"] % 300 == 0 and bar["low"] <= bar["vwap"] <= bar["high"] for bar in bars)
    assert bars[0]["time"].endswith("00:00:00"), "New York's time, without a zone"
    assert set((await desk.get("/v1/markets/timesales", symbol="AAPL"))["series"]["data"][0]) == {
        "time", "timestamp", "price", "volume"
    }  # fmt: skip
    old = await desk.ask("/v1/markets/timesales", symbol="AAPL", interval="1min", start="2020-01-02 09:30")
    assert (old.status_code, old.text[:48]) == (400, "Invalid parameter, start: must be on or after 20")


async def test_the_sandbox_is_a_quarter_of_an_hour_late_and_has_no_market_stream(desk: Desk):
    token, market = desk.sandbox["data_token"], desk.venue.tradier.market
    desk.venue.set_price("SPY", 900.0)
    late = (await desk.get("/sandbox/v1/markets/quotes", token, symbols="SPY"))["quotes"]["quote"]
    assert late["last"] < 800 < (await desk.get("/v1/markets/quotes", symbols="SPY"))["quotes"]["quote"]["last"]
    assert 15 * 60_000 <= market.at - late["bid_date"] <= 17 * 60_000
    day = (await desk.get("/v1/markets/options/expirations", symbol="SPY"))["expirations"]["date"][5]
    asked = {"symbol": "SPY", "expiration": day}
    then = (await desk.get("/sandbox/v1/markets/options/chains", token, **asked))["options"]["option"]
    now = (await desk.get("/v1/markets/options/chains", **asked))["options"]["option"]
    calls = [(a["bid"], b["bid"]) for a, b in zip(then, now, strict=True) if a["option_type"] == "call"]
    assert all(before < after for before, after in calls)
    tick = await desk.ask("/sandbox/v1/markets/timesales", token, symbol="SPY", interval="tick")
    assert tick.status_code == 400
    assert (await desk.ask("/sandbox/v1/accounts/VA00000001/history", token)).status_code == 404
    minted = await desk.ask("/sandbox/v1/markets/events/session", token, "POST")
    asked = {"symbols": "SPY", "sessionid": minted.json()["stream"]["sessionid"]}
    for path in ("/v1/markets/events", "/sandbox/v1/markets/events"):
        assert (await desk.http.get(path, params=asked)).json() == {"error": "session not found"}


async def test_securities_are_found_and_lists_are_kept(desk: Desk):
    async def symbols(path: str, **query: str) -> list[str]:
        found = (await desk.get(f"/v1/markets/{path}", **query))["securities"]
        listed = [] if found is None else found["security"]
        return [each["symbol"] for each in (listed if isinstance(listed, list) else [listed])]

    assert await symbols("search", q="gold") == ["GLD", "GS"]
    assert await symbols("search", q="volatility") == []
    assert await symbols("search", q="volatility", indexes="true") == ["VIX"]
    assert await symbols("lookup", q="go", types="stock", exchanges="Q") == ["GOOGL", "GOOG"]
    assert "GME" in await symbols("lookup", q="G")
    assert "GME" not in await symbols("etb")
    lists, mine = "/v1/watchlists", "/v1/watchlists/my-list"
    assert (await desk.get(lists))["watchlists"]["watchlist"]["id"] == "default"
    made = (await desk.ask(lists, method="POST", name="My List", symbols="spy, BRK/B")).json()["watchlist"]
    assert (made["id"], [item["id"] for item in made["items"]["item"]]) == ("my-list", ["spy", "brk/b"])
    left = (await desk.ask(f"{mine}/symbols/BRK/B", method="DELETE")).json()["watchlist"]
    assert left["items"]["item"] == {"symbol": "SPY", "id": "spy"}
    assert (await desk.ask(f"{mine}/symbols", method="POST", symbols="KO")).json()["watchlist"]["items"]["item"][1]
    assert (await desk.ask(mine, method="PUT", name="Other")).json()["watchlist"]["name"] == "Other"
    assert (await desk.ask(mine, method="DELETE")).json()["watchlists"]["watchlist"]["id"] == "default"
    assert (await desk.ask(mine)).status_code == 404


async def test_what_was_held_before_was_bought_and_today_is_not_told_yet(desk: Desk):
    events = (await desk.get("/v1/accounts/6YA00001/history", symbol="SPY", exactMatch="true"))["history"]["event"]
    assert (events["type"], events["trade"]["quantity"], events["amount"] < 0) == ("trade", 80.0, True)
    assert await desk.get("/v1/accounts/6YA00001/history", type="dividend") == {"history": None}
    assert await desk.get("/v1/accounts/6YA00001/gainloss") == {"gainloss": None}


def test_gains_are_made_of_average_costs_long_and_short():
    market = SimMarket(7, calendar.at_clock(WEDNESDAY, 12))
    account = demo_grants(7, market)[0].person.accounts[0]
    before = ledger.opening(account)
    spy, amd = (next(h for h in before if h.symbol == symbol) for symbol in ("SPY", "AMD"))
    for number, (symbol, action, quantity, net) in enumerate(
        (("SPY", "Sell to Close", 20, 12_000), ("AMD", "Buy to Close", 30, -6_000), ("KO", "Buy to Open", 1, -70))
    ):
        account.transactions.append(
            Transaction(
                number, account.number, "Trade", action, "", 0, WEDNESDAY - datetime.timedelta(days=1),
                Decimal(net), Decimal(net), symbol=symbol, action=action, quantity=Decimal(quantity),  # type: ignore[arg-type]
            )
        )  # fmt: skip
    long, short = (ledger.closed_body(lot) for lot in ledger.closed(account, before, WEDNESDAY))
    assert long["gain_loss"] == pytest.approx(12_000 - 20 * float(spy.average))
    assert (long["proceeds"], long["quantity"], long["symbol"]) == (12_000.0, 20.0, "SPY")
    assert short["gain_loss"] == pytest.approx(30 * float(amd.average) - 6_000)
    assert (short["cost"], short["quantity"]) == (6_000.0, -30.0)
    assert ledger.closed(account, before, WEDNESDAY - datetime.timedelta(days=1)) == [], "clearing comes overnight"
