"""A filter of positions lets through what was asked for, and nets lots of one symbol."""

import datetime
import decimal

import pytest

from simulator.asgi import Json, SimRequest
from simulator.exchange.accounts import SimHolding
from simulator.tastytrade.format import SimTastytradeRefusal
from simulator.tastytrade.rest import positions_filter
from simulator.tastytrade.rest.positions_filter import PositionsFilter

Decimal = decimal.Decimal
OPENED = datetime.datetime(2026, 11, 2, 15, tzinfo=datetime.UTC)


def test_net_positions_put_the_lots_of_a_symbol_together():
    later = OPENED + datetime.timedelta(days=3)
    lots = [SimHolding("QQQ", Decimal(10), Decimal(400), later), SimHolding("QQQ", Decimal(30), Decimal(440), OPENED)]
    short = SimHolding("QQQ", Decimal(-40), Decimal(450), OPENED)
    assert positions_filter.net([*lots, SimHolding("SPY", Decimal(1), Decimal(5), OPENED)]) == [
        SimHolding("QQQ", Decimal(40), Decimal(430), OPENED),
        SimHolding("SPY", Decimal(1), Decimal(5), OPENED),
    ]
    assert positions_filter.net([*lots, short])[0].quantity == 0


def test_short_lots_have_an_average_as_long_ones_have():
    lots = [
        SimHolding("QQQ", Decimal(quantity), Decimal(price), OPENED) for quantity, price in ((-10, 400), (-30, 440))
    ]
    assert positions_filter.net(lots) == [SimHolding("QQQ", Decimal(-40), Decimal(430), OPENED)]


@pytest.mark.parametrize(
    ("symbol", "code"),
    [("/ESZ6", "ES"), ("./ESZ6 EW1  261120P5500", "ES"), ("/6EH27", "6E"), ("SPY", None), ("/ES", None)],
)
def test_a_future_and_an_option_on_it_are_of_its_product(symbol: str, code: str | None):
    assert positions_filter.product_code(symbol) == code


def asked(*pairs: tuple[str, str]) -> PositionsFilter:
    return positions_filter.read(SimRequest("GET", "/x", list(pairs), {}, b""))


def body(symbol: str, kind: str = "Equity", underlying: str | None = None) -> Json:
    return {"symbol": symbol, "instrument-type": kind, "underlying-symbol": underlying or symbol}


SPY, CALL = body("SPY"), body("SPY   261218C00545000", "Equity Option", "SPY")
FUTURE, FUTURE_CALL = body("/ESZ6", "Future"), body("./ESZ6 EW1  261120P5500", "Future Option", "/ESZ6")
HELD = (SPY, CALL, FUTURE, FUTURE_CALL)


@pytest.mark.parametrize(
    ("pairs", "taken"),
    [
        ([], HELD),
        ([("symbol", "SPY")], (SPY,)),
        ([("symbol", "SPY261218C00545000")], (CALL,)),
        ([("symbol", "SPY   261218C00545000")], (CALL,)),
        ([("underlying-symbol", "SPY")], (SPY, CALL)),
        ([("underlying-symbol[]", "SPY"), ("underlying-symbol[]", "/ESZ6")], HELD),
        ([("instrument-type", "Future Option")], (FUTURE_CALL,)),
        ([("underlying-product-code", "es")], (FUTURE, FUTURE_CALL)),
        ([("underlying-product-code", "/ES")], (FUTURE, FUTURE_CALL)),
        ([("underlying-symbol", "SPY"), ("instrument-type", "Future")], ()),
        ([("partition-keys", "mine")], ()),
    ],
)
def test_a_filter_takes_what_meets_all_that_was_asked_for(pairs: list[tuple[str, str]], taken: tuple[Json, ...]):
    wanted = asked(*pairs)
    assert tuple(held for held in HELD if wanted.takes(held)) == taken


def test_switches_are_off_unless_they_are_asked_for():
    assert asked() == PositionsFilter()
    switched = asked(("include-closed-positions", "true"), ("net-positions", "True"), ("include-marks", "false"))
    assert (switched.closed, switched.net, switched.marks) == (True, True, False)


@pytest.mark.parametrize("pair", [("instrument-type", "Stock"), ("net-positions", "1"), ("include-marks", "maybe")])
def test_a_filter_that_makes_no_sense_is_refused(pair: tuple[str, str]):
    with pytest.raises(SimTastytradeRefusal, match=f"^{pair[0]} must be"):
        asked(pair)
