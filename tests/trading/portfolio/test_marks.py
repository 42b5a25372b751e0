"""What a share is worth by its quote, and what is never taken for a price."""

import decimal

import pytest

from trading.portfolio.marks import Mark, closed, exact, is_future, is_option, mark, multiplier, underlying

D = decimal.Decimal
CALL = "QQQ261218C00500000"
QUOTE = {"bid": 99.99, "ask": 100.02, "last": 98.5, "at": 7, "link": "feed"}
DAY = {"prev_close": 97.25, "at": 3, "link": "other"}


@pytest.mark.parametrize(
    ("quote", "day", "found"),
    [
        (QUOTE, DAY, Mark(D("100.005"), "mid", 7, "feed")),
        ({**QUOTE, "bid": 0.0}, DAY, Mark(D("50.01"), "mid", 7, "feed")),
        ({**QUOTE, "bid": None}, DAY, Mark(D("98.5"), "last", 7, "feed")),
        ({**QUOTE, "bid": 0.0, "ask": 0.0}, DAY, Mark(D("98.5"), "last", 7, "feed")),
        ({**QUOTE, "ask": float("nan")}, DAY, Mark(D("98.5"), "last", 7, "feed")),
        ({}, DAY, Mark(D("97.25"), "close", 3, "other")),
        ({"at": 7}, {"prev_close": 0.0}, None),
        ({}, {}, None),
    ],
)
def test_a_book_counts_before_a_trade_and_a_trade_before_the_close(quote, day, found):
    assert mark(quote, day) == found


@pytest.mark.parametrize(
    ("number", "found"),
    [(0.1, D("0.1")), (1e-7, D("1E-7")), (D("2.50"), D("2.50")), (0, D(0)), (None, None), (float("inf"), None)],
)
def test_a_number_of_a_venue_is_taken_digit_by_digit(number, found):
    assert exact(number) == found
    assert str(exact(number)) == str(found)


def test_a_close_of_zero_is_no_close():
    assert closed({"prev_close": 0.0}) is None
    assert closed({}) is None
    assert closed({"prev_close": 412.5}) == D("412.5")


@pytest.mark.parametrize(
    ("symbol", "option", "future", "each"),
    [("QQQ", False, False, D(1)), (CALL, True, False, D(100)), ("/ESZ6", False, True, None),
     ("./ESZ6 EW4X6 261127C6900", True, False, None)],
)  # fmt: skip
def test_one_unit_stands_for_the_usual_number_of_shares_unless_somebody_says(symbol, option, future, each):
    assert (is_option(symbol), is_future(symbol)) == (option, future)
    assert multiplier(symbol) == multiplier(symbol, None, None) == each
    assert multiplier(symbol, None, D(50), D(5)) == 50


def test_an_underlying_is_what_the_venue_says_and_else_what_the_name_says():
    assert underlying(CALL, None) == "QQQ"
    assert underlying(CALL, "QQQM") == "QQQM"
    assert underlying("SPY", None) == "SPY"
