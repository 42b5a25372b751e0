"""The exchange reads terms and books off the market as exact numbers, and each book once."""

import datetime
import decimal

import pytest

from simulator.exchange import market_view
from simulator.exchange.market_view import MarketView, SimBook
from simulator.market import calendar, future_options, futures
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
NOTHING = Decimal(0)
CALL = "SPY261218C00545000"
EXPIRED = "SPY251219C00545000"


def view() -> MarketView:
    market = SimMarket(7, NOON)
    return MarketView(market, OptionSurface(market))


@pytest.mark.parametrize(
    ("symbol", "kind", "underlying", "multiplier", "tick"),
    [
        ("AAPL", "equity", "AAPL", "1", "0.01"),
        ("SPY", "equity", "SPY", "1", "0.01"),
        ("VIX", "index", "VIX", "1", "0.01"),
        ("/ESZ6", "future", "/ESZ6", "50", "0.25"),
        (CALL, "option", "SPY", "100", "0.01"),
        ("BRKB261218C00450000", "option", "BRK/B", "100", "0.01"),
    ],
)
def test_terms_say_what_a_unit_is(symbol: str, kind: str, underlying: str, multiplier: str, tick: str):
    terms = view().terms(symbol)
    assert terms is not None
    assert (terms.kind, terms.underlying) == (kind, underlying)
    assert (terms.multiplier, terms.tick) == (Decimal(multiplier), Decimal(tick))
    assert terms.is_option == (kind == "option")
    assert terms.is_settled_daily == (kind == "future")


def test_an_option_ends_with_trading_on_its_day_and_a_share_never():
    books = view()
    call, share = books.terms(CALL), books.terms("AAPL")
    assert call is not None
    assert share is not None
    assert call.expires_at == calendar.closing(datetime.date(2026, 12, 18))
    assert share.expires_at is None


def test_an_option_on_a_future_is_of_its_future():
    books = view()
    option = next(iter(future_options.listed(futures.PRODUCTS["ES"], NOON)))
    terms = books.terms(option.symbol)
    assert terms is not None
    assert (terms.kind, terms.underlying, terms.multiplier) == (
        "future option", option.expiration.future.symbol, Decimal(50),
    )  # fmt: skip
    assert terms.is_option
    assert not terms.is_settled_daily


@pytest.mark.parametrize("symbol", ["NOPE", "", "NOPE261218C00545000", "VIX261216C"])
def test_what_is_unknown_has_no_terms_and_no_book(symbol: str):
    books = view()
    assert books.terms(symbol) is None
    assert books.book(symbol) is None
    assert not books.is_listed(symbol)
    assert not books.is_share(symbol)
    assert books.ticks(symbol) == 0


def test_an_expired_option_has_terms_still_but_is_not_listed():
    books = view()
    assert books.terms(EXPIRED) is not None
    assert books.book(EXPIRED) is None
    assert not books.is_listed(EXPIRED)


def test_an_index_is_quoted_by_nobody_and_trades_nowhere():
    books = view()
    book = books.book("VIX")
    assert book is not None
    assert (book.bid, book.ask, book.bid_size, book.last_size) == (None, None, NOTHING, NOTHING)
    assert book.last == Decimal(repr(books.market.tapes["VIX"].last))
    assert not books.is_listed("VIX")


@pytest.mark.parametrize("symbol", ["AAPL", CALL])
def test_a_book_is_read_anew_with_each_quote_and_not_before(symbol: str):
    books = view()
    first = books.book(symbol)
    assert first is not None
    assert books.book(symbol) is first
    underlying = "AAPL" if symbol == "AAPL" else "SPY"
    books.market.move(underlying, books.market.tapes[underlying].mid * 1.1, NOON + 1)
    second = books.book(symbol)
    assert second is not None
    assert first.ask is not None
    assert second.bid is not None
    assert second.bid > first.ask
    assert second.ticks == books.ticks(symbol) == first.ticks + 1


def test_a_print_at_the_same_quote_is_seen():
    books = view()
    first, tape = books.book("AAPL"), books.market.tapes["AAPL"]
    tape.trades += 1
    tape.last = 1.25
    second = books.book("AAPL")
    assert first is not None
    assert second is not None
    assert (second.last, second.trades, second.bid) == (Decimal("1.25"), first.trades + 1, first.bid)


def test_a_missing_bid_is_worth_nothing_in_the_middle_and_meets_no_seller():
    book = SimBook(None, Decimal("0.05"), Decimal(0), Decimal(10), None, Decimal(0), 1, 0)
    assert book.mid == Decimal("0.025")
    assert book.side(1) == (Decimal("0.05"), Decimal(10))
    assert book.side(-1) == (None, NOTHING)


@pytest.mark.parametrize(("number", "text"), [(0.1 + 0.2, "0.3"), (226.41, "226.41"), (1.0, "1.0"), (2.5e-7, "2.5E-7")])
def test_a_number_of_the_market_is_exactly_what_it_shows(number: float, text: str):
    assert market_view.exact(number) == Decimal(text)
