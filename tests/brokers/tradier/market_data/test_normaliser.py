"""Claims about what the venue's market data becomes: numbers that are texts, repeated ticks, two sources at once."""

import decimal

import pytest
from msgspec import UNSET

from brokers.contract.events import Day, Greeks, Profile, Quote
from brokers.tradier.market_data.normaliser import TradierNormaliser
from brokers.tradier.market_data.parsing import to_greeks
from tests.brokers.stand import Recorder

QUOTE = {
    "type": "quote", "symbol": "SPY", "bid": 281.84, "bidsz": 60, "bidexch": "M", "biddate": "1557757189000",
    "ask": 281.85, "asksz": 6, "askexch": "Z", "askdate": "1557757190000",
}  # fmt: skip
TRADE = {
    "type": "trade", "symbol": "SPY", "exch": "J", "price": "281.85", "size": "100", "cvol": "27978993",
    "date": "1557757190000", "last": "281.85",
}  # fmt: skip
SUMMARY = {
    "type": "summary",
    "symbol": "SPY",
    "open": "282.42",
    "high": "283.49",
    "low": "281.07",
    "prevClose": "288.1",
}
REST = {
    "symbol": "SPY", "description": "SPDR", "exch": "Q", "type": "etf", "last": 281.0, "volume": 5, "open": None,
    "high": None, "low": None, "bid": 280.9, "ask": 281.1, "bidsize": 2, "asksize": 0, "prevclose": 280.0,
    "last_volume": 100, "trade_date": 1557757000000, "bid_date": 1557757000000, "ask_date": 0,
    "week_52_high": 300.0, "week_52_low": 0.0,
}  # fmt: skip
OPTION = "SPY250815C00600000"


@pytest.fixture
def told() -> Recorder:
    return Recorder()


@pytest.fixture
def tape(told: Recorder) -> TradierNormaliser:
    tape = TradierNormaliser(told)
    tape.retain({"SPY", OPTION}, {"QQQ"})
    return tape


def test_the_documented_payloads_are_read(tape: TradierNormaliser, told: Recorder):
    for raw in (QUOTE, TRADE, SUMMARY):
        assert tape.read(raw, 7) == "SPY"
    quote = told.known("quote", "SPY")
    assert (quote["bid"], quote["ask"], quote["last"]) == (281.84, 281.85, 281.85)
    assert (quote["bid_size"], quote["ask_size"], quote["last_size"]) == (6000, 600, 100)
    assert (quote["bid_at"], quote["ask_at"], quote["last_at"]) == (1557757189000, 1557757190000, 1557757190000)
    assert (quote["change"], quote["change_percentage"]) == (decimal.Decimal("-6.25"), decimal.Decimal("-2.17"))
    assert (quote["source"], quote["delayed"], quote["at"]) == ("tradier_stream", False, 7)
    day = told.known("day", "SPY")
    assert (day["open"], day["high"], day["low"], day["prev_close"], day["volume"]) == (
        282.42,
        283.49,
        281.07,
        288.1,
        27978993,
    )
    assert tape.bad == 0


def test_sizes_of_options_are_contracts(tape: TradierNormaliser, told: Recorder):
    tape.read(QUOTE | {"symbol": OPTION}, 7)
    assert told.known("quote", OPTION)["bid_size"] == 60


def test_no_bid_is_none_and_never_nothing(tape: TradierNormaliser, told: Recorder):
    tape.read(QUOTE | {"symbol": OPTION, "bid": 0, "bidsz": 0}, 7)
    quote = told.known("quote", OPTION)
    assert (quote["bid"], quote["bid_size"], quote["ask"]) == (None, None, 281.85)
    assert tape.known[OPTION].mid is None


def test_a_summary_before_the_open_says_what_it_has(tape: TradierNormaliser, told: Recorder):
    tape.read({"type": "summary", "symbol": "SPY", "open": None, "high": "null", "prevClose": "288.1"}, 7)
    assert told.events == [Day(symbol="SPY", open=None, high=None, prev_close=288.1, delayed=False, at=7)]


def test_trades_of_no_size_and_repeated_ticks_are_passed_over(tape: TradierNormaliser, told: Recorder):
    assert tape.read(TRADE | {"size": "0"}, 7) is None
    assert tape.read(TRADE, 7) == "SPY"
    assert tape.read(QUOTE, 7) == "SPY"
    seen = len(told.events)
    for raw in (TRADE, TRADE | {"type": "tradex"}, QUOTE, TRADE | {"date": "1557757100000", "price": "200"}):
        assert tape.read(raw, 30_000) is None
    assert len(told.events) == seen
    assert tape.read(TRADE | {"type": "tradex", "date": "1557757191000", "cvol": "27979093"}, 30_000) == "SPY"


def test_only_what_is_watched_is_told(tape: TradierNormaliser, told: Recorder):
    assert tape.read(QUOTE | {"symbol": "QQQ"}, 7) == "QQQ"
    assert tape.read(QUOTE | {"symbol": "IWM"}, 7) is None
    assert tape.read({"type": "timesale", "symbol": "SPY"}, 7) is None
    assert told.events == []
    assert tape.moved == {"QQQ"}


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"type": "quote"},
        {"type": "quote", "symbol": 5},
        {"type": "quote", "symbol": "SPY", "bid": [], "ask": 1},
        {"type": "trade", "symbol": "SPY", "price": "x", "size": "1"},
        {"type": "trade", "symbol": "SPY", "price": None, "last": None, "size": "1"},
    ],
)
def test_a_bad_row_costs_itself(tape: TradierNormaliser, told: Recorder, raw):
    assert tape.read(raw, 7) is None
    assert tape.bad == 1
    assert tape.read(QUOTE, 7) == "SPY"
    assert told.events


def test_a_snapshot_tells_all_that_rest_has(tape: TradierNormaliser, told: Recorder):
    tape.read_snapshots([REST], asked=5, at=7, delayed=True)
    quote, day, profile = told.events
    assert isinstance(quote, Quote)
    assert (quote.bid, quote.ask, quote.last, quote.bid_size, quote.ask_size) == (280.9, 281.1, 281.0, 200, None)
    assert (quote.change, quote.source, quote.delayed, quote.ask_at) == (
        decimal.Decimal("1.0"),
        "tradier_rest",
        True,
        UNSET,
    )
    assert day == Day(
        symbol="SPY", open=None, high=None, low=None, prev_close=280.0, volume=5, delayed=True, at=7
    )  # fmt: skip
    assert profile == Profile(symbol="SPY", description="SPDR", status=None, high_52w=300.0, low_52w=None, at=7)


def test_what_the_stream_said_since_is_newer_than_a_snapshot(tape: TradierNormaliser, told: Recorder):
    tape.read(QUOTE, 10)
    tape.read_snapshots([REST], asked=9, at=11, delayed=False)
    known = told.known("quote", "SPY")
    assert (known["bid"], known["ask"], known["last"]) == (281.84, 281.85, 281.0)
    tape.read(TRADE, 12)
    tape.read_snapshots([REST], asked=12, at=13, delayed=False)
    known = told.known("quote", "SPY")
    assert (known["bid"], known["last"], known["change"]) == (280.9, 281.85, decimal.Decimal("1.85"))


def test_a_senseless_snapshot_is_counted_and_the_next_one_read(tape: TradierNormaliser, told: Recorder):
    tape.read_snapshots([{"symbol": None}, {"symbol": "SPY", "bid": {}}, REST], asked=5, at=7, delayed=False)
    assert tape.bad == 2
    assert told.known("quote", "SPY")["bid"] == 280.9


GREEKS = {
    "delta": -0.96, "gamma": 0.0054, "theta": -0.0887, "vega": 0.0244, "rho": 0.0018, "phi": -0.0016, "bid_iv": 0.0,
    "mid_iv": 0.568797, "ask_iv": 0.568797, "smv_vol": 0.471, "updated_at": "2024-01-12 15:59:03",
}  # fmt: skip


def test_the_venues_greeks_have_the_time_of_their_computation():
    found = to_greeks({"symbol": OPTION, "greeks": GREEKS}, delayed=False)
    assert found == Greeks(
        symbol=OPTION, iv=0.568797, delta=-0.96, gamma=0.0054, theta=-0.0887, vega=0.0244, rho=0.0018, source="venue",
        delayed=False, at=1705075143000,
    )  # fmt: skip


def test_an_option_may_have_no_greeks():
    assert to_greeks({"symbol": OPTION, "greeks": None}, delayed=False) is None
    assert to_greeks({"symbol": OPTION}, delayed=False) is None
    smoothed = to_greeks({"symbol": OPTION, "greeks": GREEKS | {"mid_iv": 0.0}}, delayed=False)
    assert smoothed is not None
    assert smoothed.iv == 0.471


@pytest.mark.parametrize("mark", ["cancel", "correction"])
def test_a_print_that_is_corrected_or_taken_back_is_no_price(tape: TradierNormaliser, told: Recorder, mark: str):
    """Prints are not asked for, as what is said of old ones is no news of the last; one that comes is left alone."""
    tape.read(TRADE, 1)
    said, known = len(told.events), dict(told.known("quote", "SPY"))
    marks = {"cancel": False, "correction": False} | {mark: True}
    tape.read(
        TRADE | {"type": "timesale", "last": "190.00", "bid": "189.99", "ask": "190.01", "seq": 352_342} | marks, 2
    )
    assert (len(told.events), told.known("quote", "SPY")) == (said, known)
