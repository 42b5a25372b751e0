"""The sandbox shows what the market showed a quarter of an hour ago, to the minute."""

import datetime

import pytest

from simulator.asgi import Json
from simulator.market import calendar, option_listing
from simulator.market.bars import MINUTE
from simulator.market.charts import SimCharts
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, OptionSurface
from simulator.market.universe import LISTINGS
from simulator.tradier.bodies.delayed_quotes import DELAY_MS, Delayed
from simulator.tradier.bodies.quotes import quote_body

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
LISTED = {symbol: LISTINGS[symbol] for symbol in ("SPY", "KMPR", "VIX")}


class Sandbox:
    """A market whose time the test moves, and its quotes, late."""

    def __init__(self, at: int = NOON, *, is_always_open: bool = False) -> None:
        self.market = SimMarket(7, at, is_always_open=is_always_open, listings=LISTED)
        self.surface = OptionSurface(self.market)
        self.charts = SimCharts(self.market, self.surface)
        self.market.subscribe(lambda tape, traded: self.charts.hear_print(tape, traded))
        self.delayed = Delayed(self.market, self.charts)

    def body(self, symbol: str) -> Json:
        return self.delayed.body(self.market.tapes[symbol])

    def jump(self, minutes: float) -> None:
        self.market.advance(0.0, self.market.at + round(minutes * MINUTE))

    def option(self, moneyness: float = 1.0) -> OptionState:
        symbol = option_listing.near(LISTED["SPY"], self.market.at, 30, moneyness, "C").symbol
        state = self.surface.find(symbol)
        assert state is not None
        return state


@pytest.mark.parametrize(("seconds", "minute"), [(0, 45), (59, 45), (60, 46)])
def test_the_moment_shown_is_a_whole_minute_a_quarter_of_an_hour_ago(seconds: int, minute: int):
    sandbox = Sandbox(NOON + seconds * 1000)
    assert sandbox.delayed.at == calendar.at_clock(datetime.date(2026, 11, 18), 11, minute)


def test_a_move_is_shown_after_its_delay_and_not_before():
    sandbox = Sandbox()
    before = sandbox.body("SPY")
    sandbox.jump(0.5)
    sandbox.market.move("SPY", 900.0, sandbox.market.at)
    assert sandbox.body("SPY")["last"] == before["last"]
    sandbox.jump(15)
    assert sandbox.body("SPY")["last"] < 900, "its minute is not over yet there"
    sandbox.jump(0.5)
    late = sandbox.body("SPY")
    assert late["last"] == 900.0
    assert late["trade_date"] == NOON + MINUTE - 1
    assert late["bid"] <= 900.0 <= late["ask"]
    assert late["bid"] < late["ask"]
    assert late["change"] == round(900.0 - late["prevclose"], 2)
    assert late["change_percentage"] == round(late["change"] / late["prevclose"] * 100, 2)
    assert late["bid_date"] == late["ask_date"] == NOON + MINUTE


def test_what_was_traded_since_is_not_counted_yet():
    sandbox = Sandbox()
    before = sandbox.body("SPY")["volume"]
    at_noon = int(sandbox.market.tapes["SPY"].volume or 0)
    assert 0 < before < at_noon
    for _ in range(5):
        sandbox.market.move("SPY", 545.0, sandbox.market.at)
    assert sandbox.body("SPY")["volume"] == before
    sandbox.jump(15.5)
    assert sandbox.body("SPY")["volume"] == pytest.approx(at_noon, abs=1)
    sandbox.jump(0.5)
    assert sandbox.body("SPY")["volume"] == int(sandbox.market.tapes["SPY"].volume or 0)


def test_what_does_not_change_in_time_is_as_it_is_in_real_time():
    sandbox = Sandbox()
    late, now = sandbox.body("KMPR"), quote_body(sandbox.market.tapes["KMPR"], sandbox.market)
    timed = {"last", "volume", "trade_date", "change", "change_percentage", "bid", "ask", "bid_date", "ask_date"}
    assert late.keys() == now.keys()
    assert {name: late[name] for name in late.keys() - timed} == {name: now[name] for name in now.keys() - timed}


def test_an_index_has_no_volume_to_be_late():
    late = Sandbox().body("VIX")
    assert late["volume"] == 0
    assert late["bid"] < late["last"] < late["ask"]


def test_an_option_is_worth_what_its_underlying_cost_then():
    sandbox = Sandbox()
    call = sandbox.option()
    before = sandbox.delayed.body(call)
    sandbox.market.move("SPY", 600.0, NOON + 1)
    sandbox.surface.refresh(call, sandbox.market.at)
    late = sandbox.delayed.body(call)
    assert (late["bid"], late["ask"]) == pytest.approx((before["bid"], before["ask"]), abs=0.5)
    assert late["ask"] < 40 < call.bid
    sandbox.jump(16)
    sandbox.surface.refresh(call, sandbox.market.at)
    assert sandbox.delayed.body(call)["bid"] == pytest.approx(call.bid, abs=0.5)


def test_a_trade_of_an_option_since_then_is_not_shown_as_its_last():
    sandbox = Sandbox()
    call = sandbox.option()
    call.last, call.last_at = 99.0, sandbox.market.at
    late = sandbox.delayed.body(call)
    assert late["trade_date"] == sandbox.delayed.at == NOON - DELAY_MS
    assert late["bid"] <= late["last"] <= late["ask"] < 99.0
    call.last_at = sandbox.delayed.at
    assert sandbox.delayed.body(call)["last"] == 99.0


def test_a_worthless_option_has_no_bid_below_nothing():
    late = Sandbox().delayed.body(Sandbox().option(1.28))
    assert 0.0 <= late["bid"] < late["ask"]
