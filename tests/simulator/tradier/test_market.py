"""What the simulated Tradier says of the market over REST has the documented shapes, quirks and types."""

import datetime

from simulator.server import SimRunning
from tests.simulator.tradier.conftest import Desk


async def test_lists_of_one_are_objects_and_lists_of_none_are_null(desk: Desk):
    one = (await desk.get("/v1/markets/quotes", symbols="SPY"))["quotes"]
    assert one["quote"]["symbol"] == "SPY"
    assert "unmatched_symbols" not in one
    two = (await desk.get("/v1/markets/quotes", symbols="SPY, AAPL ,SEFDF"))["quotes"]
    assert [quote["symbol"] for quote in two["quote"]] == ["SPY", "AAPL"]
    assert two["unmatched_symbols"] == {"symbol": "SEFDF"}
    posted = (await desk.ask("/v1/markets/quotes", method="POST", symbols="SPY,AAPL,SEFDF")).json()["quotes"]
    assert [quote.keys() for quote in posted["quote"]] == [quote.keys() for quote in two["quote"]]
    assert await desk.get("/v1/markets/quotes", symbols="SEFDF,BTC/USD,/ESZ6") == {
        "quotes": {"unmatched_symbols": {"symbol": ["SEFDF", "BTC/USD", "/ESZ6"]}}
    }
    for path, name in (("expirations", "symbol"), ("lookup", "underlying")):
        assert list((await desk.get(f"/v1/markets/options/{path}", **{name: "VIX"})).values()) == [None]
    nowhere = {"symbol": "SPY", "expiration": "2020-01-03"}
    assert await desk.get("/v1/markets/options/chains", **nowhere) == {"options": None}
    assert await desk.get("/v1/markets/options/strikes", **nowhere) == {"strikes": None}


async def test_a_chain_has_the_quotes_of_its_options_and_greeks_where_they_are_asked_for(desk: Desk):
    days = (await desk.get("/v1/markets/options/expirations", symbol="AAPL"))["expirations"]["date"]
    details = await desk.get("/v1/markets/options/expirations", symbol="AAPL", strikes="true", expirationType="true")
    first = details["expirations"]["expiration"][0]
    assert (first["date"], set(first)) == (days[0], {"date", "expiration_type", "strikes"})
    asked = {"symbol": "AAPL", "expiration": days[0]}
    plain = (await desk.get("/v1/markets/options/chains", **asked))["options"]["option"]
    assert all("greeks" not in option for option in plain)
    options = (await desk.get("/v1/markets/options/chains", greeks="true", **asked))["options"]["option"]
    strikes = (await desk.get("/v1/markets/options/strikes", **asked))["strikes"]["strike"]
    assert sorted({option["strike"] for option in options}) == strikes == first["strikes"]["strike"]
    middle = options[len(options) // 2]
    assert (middle["underlying"], middle["contract_size"], middle["expiration_date"]) == ("AAPL", 100, days[0])
    assert 0 < abs(middle["greeks"]["delta"]) < 1
    assert 0 < middle["greeks"]["bid_iv"] < middle["greeks"]["mid_iv"] < middle["greeks"]["ask_iv"]
    computed = datetime.datetime.strptime(middle["greeks"]["updated_at"] + "Z", "%Y-%m-%d %H:%M:%S%z")
    again = (await desk.get("/v1/markets/quotes", symbols=middle["symbol"], greeks="true"))["quotes"]["quote"]
    assert again["greeks"] == middle["greeks"]
    assert computed.timestamp() * 1000 <= again["bid_date"] + 1000


async def test_prices_are_those_of_the_other_venue(desk: Desk, venue: SimRunning):
    venue.set_price("QQQ", 500.0)
    quote = (await desk.get("/v1/markets/quotes", symbols="QQQ"))["quotes"]["quote"]
    tape = venue.tastytrade.market.tapes["QQQ"]
    assert (quote["last"], quote["bid"], quote["ask"]) == (tape.last, tape.bid, tape.ask)
