"""The past of an instrument ends with the day so far, as its tape or its option tells it."""

import datetime
import math
import typing

import pytest

from simulator.market import calendar, future_options, futures, option_listing
from simulator.market.bars import DAY, SimBar
from simulator.market.history_anchors import HistoryAnchors
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, OptionSurface
from simulator.market.synthetic_days import SyntheticHours
from simulator.market.universe import LISTINGS

WEDNESDAY = datetime.date(2026, 11, 18)
SATURDAY = datetime.date(2026, 11, 21)
CALL = option_listing.near(LISTINGS["QQQ"], calendar.at_clock(WEDNESDAY, 12), 30, 1.0, "C").symbol


def anchors_at(day: datetime.date, hour: int, minute: int = 0, *, is_always_open: bool = False) -> HistoryAnchors:
    market = SimMarket(7, calendar.at_clock(day, hour, minute), is_always_open=is_always_open)
    return HistoryAnchors(market, OptionSurface(market))


def option(anchors: HistoryAnchors, symbol: str = CALL) -> OptionState:
    state = anchors.surface.find(symbol)
    assert state is not None
    return state


@pytest.mark.parametrize("symbol", ["AAPL", "KMPR", "SPY", "BTC/USD", "/ESZ6"])
def test_today_is_told_as_the_tape_stands(symbol: str):
    anchors = anchors_at(WEDNESDAY, 12)
    tape = anchors.market.tapes[symbol]
    origin = anchors.of_tape(tape)
    today = origin.today
    assert today is not None
    assert (today.open, today.high, today.low, today.close) == (tape.open, tape.high, tape.low, tape.last)
    assert (today.volume, today.bid_volume + today.ask_volume) == (tape.volume, tape.volume)
    assert today.low <= today.vwap <= today.high
    assert 1 <= today.count <= today.volume / tape.listing.grain
    assert (origin.close, origin.tick, origin.grain) == (tape.prev_close, tape.listing.tick, tape.listing.grain)


@pytest.mark.parametrize(
    ("clock", "span"),
    [((9, 30), None), ((9, 31), ("09:30", "09:31")), ((12, 0), ("09:30", "12:00")), ((19, 0), ("09:30", "16:00"))],
)
def test_today_lasts_from_the_open_to_now_or_to_the_close(clock: tuple[int, int], span: tuple[str, str] | None):
    anchors = anchors_at(WEDNESDAY, *clock)
    origin = anchors.of_tape(anchors.market.tapes["AAPL"])
    told = origin.today and tuple(f"{calendar.moment(at):%H:%M}" for at in (origin.today.at, origin.at))
    assert told == span


def test_a_day_without_a_session_has_no_today_unless_the_market_never_closes():
    closed, opened = anchors_at(SATURDAY, 12), anchors_at(SATURDAY, 12, is_always_open=True)
    assert closed.of_tape(closed.market.tapes["AAPL"]).today is None
    today = opened.of_tape(opened.market.tapes["AAPL"]).today
    assert today is not None
    assert today.at == calendar.at_clock(SATURDAY, 0)


def test_a_day_that_nothing_was_traded_on_yet_has_no_today():
    anchors = anchors_at(WEDNESDAY, 12)
    tape = anchors.market.tapes["AAPL"]
    tape.roll()
    assert anchors.of_tape(tape).today is None


def test_an_index_has_neither_volume_nor_volatility_beside_its_price():
    anchors = anchors_at(WEDNESDAY, 12)
    vix = anchors.market.tapes["VIX"]
    origin = anchors.of_tape(vix)
    assert origin.today is not None
    assert all(math.isnan(each) for each in (origin.volume, origin.iv, origin.today.volume, anchors.volatility(vix)))
    assert origin.today.count > 0
    assert 0 < anchors.volatility(anchors.market.tapes["AAPL"]) < 1


def test_hours_are_those_of_what_an_option_is_on():
    anchors = anchors_at(WEDNESDAY, 12)
    on_future = next(iter(future_options.listed(futures.PRODUCTS["ES"], anchors.market.at))).symbol
    assert anchors.hours(option(anchors)) == SyntheticHours("equity")
    assert anchors.hours(option(anchors, on_future)) == SyntheticHours("future")
    assert anchors.hours(anchors.market.tapes["BTC/USD"]) == SyntheticHours("crypto")
    always = anchors_at(WEDNESDAY, 12, is_always_open=True)
    midnight = calendar.at_clock(WEDNESDAY, 0)
    assert always.hours(option(always)).open_from == midnight


def test_an_options_day_so_far_is_what_its_state_tells():
    anchors = anchors_at(WEDNESDAY, 12)
    state = option(anchors)
    origin = anchors.of_option(state)
    today = origin.today
    assert today is not None
    assert (today.open, today.high, today.low, today.close) == (state.open, state.high, state.low, state.last)
    assert today.bid_volume + today.ask_volume == today.volume == state.volume
    assert today.low <= today.vwap <= today.high
    assert (origin.close, origin.has_extended) == (state.prev_close, False)
    state.volume = 0.0
    assert anchors.of_option(state).today is None


def test_an_options_days_follow_those_of_its_underlying_and_end_at_its_previous_close():
    anchors = anchors_at(WEDNESDAY, 12)
    state = option(anchors)
    origin = anchors.of_option(state)
    days = list(anchors.option_days(state, origin, falling()))
    assert [session.day.day for session in days] == [17, 16, 13]
    assert days[0].regular.close == state.prev_close
    closes = [session.regular.close for session in days]
    assert closes[1] < closes[2], "the underlying fell from day to day, and so did its call"
    for bar in (session.regular for session in days):
        assert origin.tick <= bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.bid_volume + bar.ask_volume == bar.volume >= bar.count >= 1


def falling() -> typing.Iterator[SimBar]:
    """Yield the days of an underlying that fell every day, the newest first."""
    for number, day in enumerate((18, 17, 16, 13)):
        price = 445.0 + 5 * number
        at = calendar.day_id(datetime.date(2026, 11, day)) * DAY
        yield SimBar(at, price - 1, price + 2, price - 2, price, 1000)
