"""What is listed is told as the venue tells it: through the SDK, by every filter, and in words that find it."""

import datetime

import pytest
from tastytrade import Session
from tastytrade.instruments import (
    Deliverable,
    Equity,
    Forex,
    NestedOptionChain,
    NestedOptionChainExpiration,
    Option,
    QuantityDecimalPrecision,
    Strike,
    Warrant,
    get_option_chain,
    get_quantity_decimal_precisions,
)
from tastytrade.market_data import Instrument, MarketData
from tastytrade.market_sessions import (
    ExchangeType,
    MarketCalendar,
    MarketSession,
    MarketSessionSnapshot,
    get_futures_holidays,
    get_market_holidays,
    get_market_sessions,
)
from tastytrade.metrics import get_risk_free_rate
from tastytrade.search import symbol_search

from simulator.market.option_surface import RATE
from simulator.server import SimRunning
from tests.simulator.conftest import Door
from tests.simulator.fields import lacking


async def test_the_sdk_reads_every_small_listing(session: Session, venue: SimRunning):
    active = await Equity.get_active_equities(session)
    assert {"SPY", "BRK/B"} <= {equity.symbol for equity in active}
    assert "VIX" not in {equity.symbol for equity in active}
    assert [e.symbol for e in await Equity.get_active_equities(session, lendability="Preborrow")] == ["KMPR"]
    precisions = await get_quantity_decimal_precisions(session)
    assert {precision.instrument_type.value: precision.value for precision in precisions}["Equity"] == 5
    warrants = await Warrant.get(session)
    assert await Warrant.get(session, warrants[0].symbol) == warrants[0]
    assert await Warrant.get(session, [warrants[1].symbol]) == [warrants[1]]
    assert "EUR/USD" in {pair.streamer_symbol for pair in await Forex.get(session)}
    assert [hit.symbol for hit in await symbol_search(session, "BRK/B")] == ["BRK/B"]
    assert [hit.symbol for hit in await symbol_search(session, "microsoft")] == ["MSFT"]
    assert await symbol_search(session, "NOTHINGLIKETHIS") == []
    assert float(await get_risk_free_rate(session)) == RATE


async def test_every_documented_field_is_sent(alice: Door, venue: SimRunning):
    venue.fault("halt", symbol="GME")
    paths = {
        "equity": "/instruments/equities",
        "option": "/option-chains/F",
        "nested": "/option-chains/F/nested",
        "warrant": "/instruments/warrants",
        "pair": "/instruments/currency-pairs",
        "precision": "/instruments/quantity-decimal-precisions",
        "session": "/market-time/sessions/current",
    }
    bodies = {name: (await alice.get(path))["items"] for name, path in paths.items()}
    assert lacking(Equity, bodies["equity"]) == {"stops-trading-at"}  # nothing is about to leave the market
    assert lacking(Option, bodies["option"]) <= {"halted-at", "listed-market", "old-security-number"}
    assert not lacking(NestedOptionChain, bodies["nested"])
    expirations = bodies["nested"][0]["expirations"]
    assert not lacking(NestedOptionChainExpiration, expirations)
    assert not lacking(Strike, expirations[0]["strikes"])
    assert not lacking(Deliverable, bodies["nested"][0]["deliverables"])
    assert not lacking(Warrant, bodies["warrant"])
    assert not lacking(Forex, bodies["pair"])
    assert not lacking(QuantityDecimalPrecision, bodies["precision"])
    assert not lacking(MarketSession, bodies["session"])
    assert not lacking(MarketSessionSnapshot, [bodies["session"][0]["next-session"]])
    for holidays in ("equities/holidays", "futures/holidays/CME"):
        assert not lacking(MarketCalendar, [await alice.get(f"/market-time/{holidays}")])


async def test_market_data_has_every_documented_field_and_agrees_with_the_stream(alice: Door, venue: SimRunning):
    for symbol in ("AAPL", "VIX"):
        venue.fault("halt", symbol=symbol)
    call = (await alice.get("/option-chains/AAPL"))["items"][-2]
    query = {"equity": "AAPL", "index": "VIX", "equity-option": call["symbol"]}
    items = (await alice.get("/market-data/by-type", **query))["items"]
    of_the_close = {"close", "day-close", "last-ext"}
    """Nothing closes before the day ends."""
    assert lacking(MarketData, items) <= of_the_close | {"high-limit-price", "low-limit-price"}
    assert not lacking(Instrument, [item["instrument"] for item in items])
    for item, name in zip(items, ("VIX", "AAPL", call["streamer-symbol"]), strict=True):
        quote = venue.tastytrade.feed.event("Quote", name)
        assert quote is not None
        assert (float(item["bid"]), float(item["ask"])) == (quote["bidPrice"], quote["askPrice"])


async def test_the_three_ways_to_read_a_chain_list_the_same_options(session: Session, alice: Door):
    for symbol in ("QQQ", "BRK%2FB"):
        flat = {item["symbol"] for item in (await alice.get(f"/option-chains/{symbol}"))["items"]}
        (chain,) = await NestedOptionChain.get(session, symbol.replace("%2F", "/"))
        nested = {name for e in chain.expirations for strike in e.strikes for name in (strike.call, strike.put)}
        compact = (await alice.get(f"/option-chains/{symbol}/compact"))["items"]
        assert {item["expiration-type"] for item in compact} == {"Regular", "Weekly"}
        assert flat == nested == {name for item in compact for name in item["symbols"]}
    assert await get_option_chain(session, "F")


async def test_a_filter_keeps_what_it_names_and_nothing_else(alice: Door):
    async def symbols(query: str) -> set[str]:
        return {body["symbol"] for body in (await alice.get(f"/instruments/equities?{query}"))["items"]}

    everything = await symbols("")
    assert await symbols("is-index=true") == {"VIX"}
    assert await symbols("is-index=false") == everything - {"VIX"}
    assert await symbols("is-etf=true") | await symbols("is-etf=false") == everything
    lent = [await symbols(f"lendability={kind}") for kind in ("Easy To Borrow", "Locate Required", "Preborrow")]
    assert all(lent)
    assert lent[0] | lent[1] | lent[2] == everything
    assert await symbols("symbol[]=SPY&symbol[]=NOPE") == {"SPY"}


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/instruments/equities?is-etf=maybe", "is-etf"),
        ("/instruments/equities?is-index=1", "is-index"),
        ("/instruments/equities?lendability=Free", "lendability"),
        ("/instruments/equities/active?page-offset=x", "page-offset"),
        ("/instruments/equities/active?per-page=0", "per-page"),
        ("/instruments/search", "query"),
        ("/market-time/sessions/current?instrument-collections[]=LSE", "instrument-collections"),
        ("/market-time/equities/sessions/next?date=tomorrow", "date"),
        ("/market-time/equities/sessions/previous?date=0001-01-01", "date"),
        ("/market-time/sessions", "to-date"),
        ("/market-time/sessions?from-date=2026-11-02&to-date=2026-11-01", "to-date"),
        ("/market-time/sessions?from-date=2026-01-02&to-date=2026-11-02", "to-date"),
        ("/market-time/sessions?to-date=2026-12-01&instrument-collection=LSE", "instrument-collection"),
    ],
)
async def test_a_bad_query_is_400_and_names_the_parameter(alice: Door, path, parameter):
    answer = await alice.http.get(path)
    assert answer.status_code == 400
    assert parameter in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/instruments/warrants/NOPE",
        "/option-chains/NOPE/compact",
        "/option-chains/VIX/compact",
        "/market-time/futures/holidays/LSE",
        "/market-time/futures/sessions/next/Equity",
    ],
)
async def test_what_is_not_listed_is_404(alice: Door, path):
    answer = await alice.http.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "record_not_found")


async def test_the_risk_free_rate_needs_a_user_agent_but_no_token(door: Door):
    path = "/margin-requirements-public-configuration"
    assert (await door.get(path)) == {"risk-free-rate": str(RATE)}
    assert (await door.http.get(path, headers={"User-Agent": ""})).status_code == 401
    assert (await door.http.get("/instruments/warrants")).status_code == 401


async def test_a_search_finds_by_symbol_before_name_and_tells_the_kind(alice: Door):
    found = (await alice.get("/instruments/search?query=a"))["items"]
    assert [hit["symbol"] for hit in found[:5]] == ["AAPL", "AMZN", "AMD", "AVGO", "ADBE"]
    assert "GOOGL" in {hit["symbol"] for hit in found[5:]}  # Alphabet
    (vix,) = (await alice.get("/symbols/search/VIX"))["items"]
    assert (vix["instrument-type"], vix["options"]) == ("Index", False)


async def test_futures_sessions_begin_on_the_evening_before(session: Session, alice: Door):
    exchanges = [ExchangeType.CME, ExchangeType.CFE, ExchangeType.NYSE]
    cme, cfe, equity = await get_market_sessions(session, exchanges)
    assert [s.instrument_collection for s in (cme, cfe, equity)] == ["CME", "CFE", "Equity"]
    for now in (cme, equity):
        assert now.previous_session is not None
        assert now.next_session is not None
        assert now.previous_session.session_date < now.next_session.session_date
    assert cme.next_session is not None
    assert cme.next_session.close_at is not None
    assert cme.next_session.close_at - cme.next_session.open_at <= datetime.timedelta(hours=23)
    assert cme.next_session.open_at.date() <= cme.next_session.session_date
    items = (await alice.get("/market-time/futures/sessions/current"))["items"]
    assert [item["instrument-collection"] for item in items] == ["CME", "CFE", "Smalls"]
    for path in ("equities/sessions/current", "futures/sessions/current/CFE"):
        assert (await alice.get(f"/market-time/{path}"))["state"] == "Open"
    black_friday = await alice.get("/market-time/futures/sessions/next/CME?date=2026-11-27")
    assert (black_friday["session-date"], black_friday["close-at"]) == ("2026-11-27", "2026-11-27T18:00:00.000+00:00")
    eves = [
        await alice.get(f"/market-time/{market}?date=2026-11-27")
        for market in (
            "equities/sessions/previous",
            "futures/sessions/previous/CME",
        )
    ]
    assert [eve["session-date"] for eve in eves] == ["2026-11-25", "2026-11-26"]


async def test_the_sessions_of_a_span_leave_out_the_days_without_one(alice: Door):
    span = "from-date=2026-11-25&to-date=2026-11-30"
    for name, opens in (("Equity", ["11-25", "11-27", "11-30"]), ("CME", ["11-24", "11-25", "11-26", "11-29"])):
        items = (await alice.get(f"/market-time/sessions?{span}&instrument-collection={name}"))["items"]
        assert [item["open-at"][5:10] for item in items] == opens
        assert {item["instrument-collection"] for item in items} == {name}


async def test_futures_trade_on_days_on_which_stocks_do_not(session: Session):
    stocks = await get_market_holidays(session)
    futures = await get_futures_holidays(session, ExchangeType.CME)
    assert set(futures.holidays) < set(stocks.holidays)
    assert set(stocks.holidays) - set(futures.holidays) <= set(futures.half_days)
    assert set(stocks.half_days) <= set(futures.half_days)
