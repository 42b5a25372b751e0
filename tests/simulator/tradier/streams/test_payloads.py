"""The five payloads type numbers and texts as Tradier types them, and leave out what does not exist."""

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.market import calendar, option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, OptionSurface
from simulator.market.universe import LISTINGS
from simulator.tradier.streams import payloads

DAY = datetime.date(2026, 11, 18)
LISTED = {symbol: LISTINGS[symbol] for symbol in ("SPY", "VIX")}


def market_at(hour: int) -> SimMarket:
    return SimMarket(7, calendar.at_clock(DAY, hour), is_always_open=False, listings=LISTED)


def option(market: SimMarket) -> OptionState:
    symbol = option_listing.near(LISTED["SPY"], market.at, 30, 1.0, "C").symbol
    state = OptionSurface(market).find(symbol)
    assert state is not None
    return state


@pytest.mark.parametrize(
    ("price", "text"),
    [(281.85, "281.85"), (288.1, "288.1"), (288.0, "288"), (0.00005, "0.0001"), (0.0, "0"), (100.0, "100")],
)
def test_a_price_is_a_text_of_four_places_at_most(price: float, text: str):
    assert payloads.price_text(price) == text


@given(some.integers(0, 10**9))
def test_no_digit_of_a_price_is_lost(ticks: int):
    assert round(float(payloads.price_text(ticks / 10_000)) * 10_000) == ticks


def test_a_quote_has_numbers_for_prices_and_texts_for_whole_seconds():
    spy = market_at(12).tapes["SPY"]
    spy.bid_at = spy.ask_at = 1_795_000_000_999
    told = payloads.quote(spy)
    assert (told["bid"], told["ask"], told["symbol"]) == (spy.bid, spy.ask, "SPY")
    assert (told["biddate"], told["askdate"]) == ("1795000000000", "1795000000000")
    assert (told["bidsz"], told["asksz"]) == (int((spy.bid_size or 0) / 100), int((spy.ask_size or 0) / 100))
    assert (told["bidexch"], told["askexch"]) == (spy.bid_exchange, spy.ask_exchange)


def test_sizes_of_an_option_are_contracts_and_its_exchange_is_one():
    call = option(market_at(12))
    told = payloads.quote(call)
    assert (told["bidsz"], told["asksz"]) == (int(call.bid_size), int(call.ask_size))
    assert (told["bidexch"], told["askexch"], told["symbol"]) == ("C", "C", call.option.symbol)


@pytest.mark.parametrize("kind", ["trade", "tradex"])
def test_a_trade_has_texts_for_everything(kind: payloads.Payload):
    market = market_at(12)
    market.move("SPY", 545.5, market.at)
    spy = market.tapes["SPY"]
    told = payloads.trade(spy, kind)
    assert told is not None
    assert (told["type"], told["price"], told["last"]) == (kind, "545.5", "545.5")
    assert (told["size"], told["cvol"]) == (str(int(spy.last_size or 0)), str(int(spy.volume or 0)))
    assert told["date"] == str(market.at)


def test_without_a_trade_there_is_nothing_to_tell():
    call = option(market_at(12))
    call.last = None
    assert payloads.trade(call) is None


def test_an_index_trades_nothing_at_its_own_exchange_and_has_no_book():
    market = market_at(12)
    told = payloads.trade(market.tapes["VIX"])
    assert told is not None
    assert (told["size"], told["cvol"], told["exch"]) == ("0", "0", "C")
    assert not payloads.has_book(market.tapes["VIX"])
    assert payloads.has_book(market.tapes["SPY"])
    assert payloads.has_book(option(market))


def test_a_summary_leaves_out_the_prices_that_the_day_has_not_yet():
    early, noon = market_at(8), market_at(12)
    told = payloads.summary(early.tapes["SPY"], early)
    assert told == {"type": "summary", "symbol": "SPY", "prevClose": payloads.price_text(early.tapes["SPY"].prev_close)}
    spy = noon.tapes["SPY"]
    prices = {name: payloads.price_text(getattr(spy, name)) for name in ("open", "high", "low")}
    assert payloads.summary(spy, noon) == {
        "type": "summary", "symbol": "SPY", **prices, "prevClose": payloads.price_text(spy.prev_close),
    }  # fmt: skip


@pytest.mark.parametrize(("hour", "session"), [(8, "pre"), (12, "normal"), (17, "post")])
def test_a_print_is_of_its_session_and_carries_its_number_and_quote(hour: int, session: str):
    market = market_at(hour)
    market.move("SPY", 545.5, market.at)
    spy = market.tapes["SPY"]
    told = payloads.timesale(spy, market)
    assert (told["session"], told["seq"], told["last"]) == (session, spy.trades, "545.5")
    assert (told["bid"], told["ask"]) == (payloads.price_text(spy.bid), payloads.price_text(spy.ask))
    assert (told["cancel"], told["correction"]) == (False, False)


def test_every_payload_is_json_under_its_own_name():
    market = market_at(12)
    for subject in (market.tapes["SPY"], option(market)):
        told = [
            payloads.trade(subject), payloads.quote(subject), payloads.summary(subject, market),
            payloads.timesale(subject, market), payloads.trade(subject, "tradex"),
        ]  # fmt: skip
        assert [each and each["type"] for each in told] == list(payloads.PAYLOADS)
        assert msgspec.json.decode(msgspec.json.encode(told)) == told


def test_the_number_of_quotes_grows_with_each():
    market = market_at(12)
    surface, spy = OptionSurface(market), market.tapes["SPY"]
    call = surface.find(option(market).option.symbol)
    assert call is not None
    before = payloads.quotes(spy), payloads.quotes(call)
    market.move("SPY", 600.0, market.at)
    surface.refresh(call, market.at)
    assert payloads.quotes(spy) == before[0] + 1
    assert payloads.quotes(call) > before[1]
