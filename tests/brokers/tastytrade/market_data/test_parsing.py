"""Claims about rows becoming events: the venue's numbers unchanged, what is missing stays missing."""

import decimal
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from brokers.contract.broker import Series
from brokers.contract.events import Day, Event, Quote
from brokers.tastytrade.market_data import parsing
from brokers.tastytrade.market_data.candles import Transactions
from brokers.tastytrade.market_data.normaliser import TastytradeNormaliser
from brokers.tastytrade.market_data.rows import FIELDS

D = decimal.Decimal
OPTION = "QQQ241220C00450000"


def told(event: Event) -> dict[str, object]:
    return {name: value for name in event.__struct_fields__ if (value := getattr(event, name)) is not UNSET}


@pytest.mark.parametrize(
    ("wire", "meant"),
    [(450.25, 450.25), (3, 3), (0.0, 0.0), ("NaN", None), ("Infinity", None), ("-Infinity", None), (None, None)],
)
def test_numbers_are_read_as_the_venue_means_them(wire: object, meant: object):
    assert parsing.number(wire) == meant


@pytest.mark.parametrize("wire", [True, [], {}, "abc", ""])
def test_what_is_no_number_is_refused(wire: object):
    with pytest.raises(ValueError, match=r"number|could not convert"):
        parsing.number(wire)


def test_a_quote_carries_both_sides_and_the_venues_own_times():
    quote = parsing.to_quote("SPY", ("SPY", 1_700, 1_800, 576.88, 576.9, 200.0, 300.0), 2_000, False)
    assert told(quote) == {
        "symbol": "SPY",
        "bid": 576.88,
        "ask": 576.9,
        "bid_size": 200.0,
        "ask_size": 300.0,
        "source": "dxfeed_stream",
        "delayed": False,
        "at": 2_000,
        "bid_at": 1_700,
        "ask_at": 1_800,
    }


def test_a_missing_side_is_none_and_the_other_stays():
    quote = parsing.to_quote("SPX", ("SPX", 0, 0, "NaN", 5931.9, "NaN", "NaN"), 2_000, True)
    assert (quote.bid, quote.ask, quote.bid_size, quote.ask_size) == (None, 5931.9, None, None)
    assert quote.bid_at is UNSET
    assert quote.ask_at is UNSET


def test_a_fractional_trade_size_stays_as_it_is():
    quote, day = parsing.to_trade("SPY", ("SPY", 5, 576.9, 0.5, 1_000.0), 9, False, UNSET)
    assert (quote.last, quote.last_size, quote.last_at) == (576.9, 0.5, 5)
    assert quote.change is UNSET
    assert day == Day(symbol="SPY", volume=1_000.0, delayed=False, at=9)


def test_change_is_exact_and_percent_has_two_decimals():
    assert parsing.changes(450.25, 446.62) == (D("3.63"), D("0.81"))
    assert parsing.changes(0.1, 0.3) == (D("-0.2"), D("-66.67"))


@pytest.mark.parametrize("previous", [0.0, None])
def test_change_since_no_close_is_known_to_be_missing(previous: object):
    assert parsing.changes(450.25, previous) == (None, None)


def test_open_interest_belongs_to_options_only():
    row = ("x", 1.0, 2.0, 0.5, 1.5, 0)
    assert parsing.to_day("QQQ", row, 1, False).open_interest is UNSET
    assert parsing.to_day(OPTION, row, 1, False).open_interest == 0


@pytest.mark.parametrize(("status", "meant"), [("ACTIVE", "active"), ("HALTED", "halted"), ("UNDEFINED", None)])
def test_a_profile_tells_whether_it_trades(status: str, meant: str | None):
    profile = parsing.to_profile("QQQ", ("QQQ", "Invesco QQQ", status, "NaN", 540.0, 400.0, "NaN", 1e9), 1)
    assert (profile.status, profile.status_reason, profile.beta) == (meant, None, None)


def test_greeks_take_each_value_on_its_own():
    greeks = parsing.to_greeks(OPTION, ("x", 0, 5.25, 0.183, "NaN", 0.01, -0.09, 0.02, 0.31), 7, False)
    assert greeks is not None
    assert (greeks.price, greeks.iv, greeks.delta, greeks.gamma) == (5.25, 0.183, None, 0.01)
    assert (greeks.theta, greeks.rho, greeks.vega, greeks.source) == (-0.09, 0.02, 0.31, "feed")


def test_an_event_taken_back_is_no_event():
    row = ("x", parsing.REMOVED, *["NaN"] * 7)
    assert parsing.to_greeks(OPTION, row, 7, False) is None


def test_the_tape_knows_the_change_whichever_comes_first():
    events: list[Event] = []
    tape = TastytradeNormaliser(events.append)
    names = {"QQQ": "QQQ"}
    tape.read("Trade", [("QQQ", 1, 450.25, 1.0, 10.0)], names, 1)
    tape.read("Summary", [("QQQ", 449.0, 451.0, 448.0, 446.62, 0)], names, 2)
    tape.read("Trade", [("QQQ", 3, 446.62, 1.0, 11.0)], names, 3)
    changes = [event.change for event in events if isinstance(event, Quote)]
    assert changes == [UNSET, D("3.63"), D("0.00")]


def test_an_unreadable_row_costs_only_itself():
    events: list[Event] = []
    rows = [("SPY", 0, 0, [], 1.0, 1.0, 1.0), (["SPY"], 0, 0, 1.0, 1.0, 1.0, 1.0), ("SPY", 0, 0, 1.0, 2.0, 3.0, 4.0)]
    assert TastytradeNormaliser(events.append).read("Quote", rows, {"SPY": "SPY"}, 1) == 2
    assert len(events) == 1


def test_symbols_are_told_our_way_and_unknown_ones_are_passed_over():
    events: list[Event] = []
    rows = [(".QQQ241220C450", 0, 0, 1.0, 2.0, 3.0, 4.0), ("ABC", 0, 0, 1.0, 2.0, 3.0, 4.0)]
    assert TastytradeNormaliser(events.append).read("Quote", rows, {".QQQ241220C450": OPTION}, 1) == 0
    assert [event.slot for event in events] == [("quote", OPTION)]


values: st.SearchStrategy[object] = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.sampled_from(["NaN", "Infinity", "-Infinity", "", "ACTIVE", None, UNSET, True]),
    st.just([]),
)


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(FIELDS)))
def test_no_row_breaks_the_tape_or_brings_what_cannot_be_sent(data: st.DataObject, kind: str):
    events: list[Event] = []
    row = ("SPY", *(data.draw(values) for _ in FIELDS[kind][1:]))
    series, tape = Series("SPY", "5m"), TastytradeNormaliser(events.append)
    tape.keep_charts([series])
    tape.read(kind, [row], {"SPY": Transactions(series) if kind == "Candle" else "SPY"}, 1)
    for event in events:
        msgspec.json.encode(event)
        assert not any(isinstance(value, float) and not math.isfinite(value) for value in told(event).values())
