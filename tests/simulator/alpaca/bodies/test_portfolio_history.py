"""An account's worth over time is told in windows by their beginnings, from the span that was asked for."""

import datetime
import decimal
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simulator.alpaca.bodies import portfolio_history
from simulator.alpaca.bodies.portfolio_history import TIMEFRAMES, Span
from simulator.alpaca.format import SimAlpacaRefusal
from simulator.exchange.accounts import Worth
from simulator.exchange.net_liq_history import NetLiqHistory, NetLiqPast
from simulator.market import calendar

Decimal = decimal.Decimal
NOTHING = Decimal(0)
DAY = 86_400_000
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
OPENED = datetime.date(2026, 9, 1)


def history(shares: str = "60000.00", cash: str = "40000.00", at: int = NOON) -> NetLiqHistory:
    """A history whose first record is at `at`."""
    worth = Worth(Decimal(cash), Decimal(shares), NOTHING, NOTHING, NOTHING, maintenance=NOTHING)
    made = NetLiqHistory(NetLiqPast(7, "PA0000000001", OPENED, worth, worth.net_liq, at))
    made.record(worth, worth.net_liq, at)
    return made


@pytest.mark.parametrize(
    ("period", "timeframe", "first", "chosen"),
    [
        ("", "", NOON - 31 * DAY, "1D"),
        ("1D", "", calendar.at_clock(datetime.date(2026, 11, 17), 16), "1Min"),
        ("6D", "", NOON - 6 * DAY, "1Min"),
        ("1W", "", NOON - 7 * DAY, "15Min"),
        ("2W", "5Min", NOON - 14 * DAY, "5Min"),
        ("3W", "", NOON - 21 * DAY, "1D"),
        ("1M", "1D", NOON - 31 * DAY, "1D"),
        ("2A", "", NOON - 732 * DAY, "1D"),
        ("1W", "1H", NOON - 7 * DAY, "1H"),
    ],
)
def test_a_span_reaches_back_from_now_in_steps_that_fit_its_length(
    period: str, timeframe: str, first: int, chosen: str
):
    assert portfolio_history.span(period, timeframe, None, None, NOON) == Span(first, NOON, chosen)


def test_a_day_on_a_monday_begins_at_the_close_of_friday():
    monday = calendar.at_clock(datetime.date(2026, 11, 16), 12)
    friday = calendar.at_clock(datetime.date(2026, 11, 13), 16)
    assert portfolio_history.span("1D", "", None, None, monday).first == friday


def test_a_start_and_an_end_are_taken_as_they_are_but_not_beyond_now():
    asked = portfolio_history.span("1M", "", NOON - 2 * DAY, NOON + DAY, NOON)
    assert asked == Span(NOON - 2 * DAY, NOON, "1Min")
    assert portfolio_history.span("1W", "", None, NOON - DAY, NOON) == Span(NOON - 8 * DAY, NOON - DAY, "15Min")


@pytest.mark.parametrize(
    ("period", "timeframe", "words"),
    [
        ("0D", "", "invalid period: 0D"),
        ("1d", "", "invalid period: 1d"),
        ("1000D", "", "invalid period: 1000D"),
        ("D", "", "invalid period: D"),
        ("1W", "2Min", "invalid timeframe: 2Min"),
        ("15D", "5Min", "timeframe 5Min is only available for periods of less than 14 days"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(period: str, timeframe: str, words: str):
    with pytest.raises(SimAlpacaRefusal) as refused:
        portfolio_history.span(period, timeframe, None, None, NOON)
    assert (str(refused.value), refused.value.answer.status) == (words, 422)


@settings(max_examples=15)
@given(
    some.sampled_from(sorted(TIMEFRAMES)),
    some.integers(NOON - 10 * DAY, NOON - 1),
    some.decimals("-20000", "90000", places=2),
)
def test_each_window_is_told_once_by_its_beginning_and_the_last_one_is_now(timeframe: str, first: int, cash: Decimal):
    told = portfolio_history.history_body(history(cash=str(cash)), Span(first, NOON, timeframe))
    times = told["timestamp"]
    assert times == sorted(set(times))
    assert len(times) == len(told["equity"]) == len(told["profit_loss"]) == len(told["profit_loss_pct"])
    assert told["equity"][-1] == float(60_000 + cash)
    step = TIMEFRAMES[timeframe]
    if step is None:
        assert {f"{calendar.moment(at * 1000):%H:%M}" for at in times} == {"09:30"}
    else:
        assert all(at * 1000 % step == 0 and first - step < at * 1000 < NOON for at in times)
    for worth, made, share in zip(told["equity"], told["profit_loss"], told["profit_loss_pct"], strict=True):
        assert made == pytest.approx(worth - told["base_value"])
        assert share == pytest.approx(made / told["base_value"], abs=0.00006)


def test_minutes_within_five_are_worth_what_the_five_were():
    span = Span(NOON - DAY, NOON, "1Min")
    fine = portfolio_history.history_body(history(), span)
    five = portfolio_history.history_body(history(), Span(NOON - DAY, NOON, "5Min"))
    fives = dict(zip(five["timestamp"], five["equity"], strict=True))
    assert len(fine["timestamp"]) == 5 * len(fives)
    assert all(fives[at // 300 * 300] == worth for at, worth in zip(fine["timestamp"], fine["equity"], strict=True))


def test_days_are_the_trading_days_of_the_span_with_what_was_made_since_its_first_open():
    told = portfolio_history.history_body(history(), Span(NOON - 8 * DAY, NOON, "1D"))
    days = [calendar.day_of(at * 1000).day for at in told["timestamp"]]
    assert days == [10, 11, 12, 13, 16, 17, 18]
    assert told["base_value_asof"] == "2026-11-10"
    assert told["timeframe"] == "1D"
    assert told["base_value"] == float(history().days(datetime.date(2026, 11, 10))[0].open)
    steps = [later - earlier for earlier, later in itertools.pairwise(told["equity"])]
    assert sum(steps) == pytest.approx(told["equity"][-1] - told["equity"][0])


def test_before_an_account_was_opened_there_is_nothing_to_tell():
    before = calendar.at_clock(OPENED, 12) - 9 * DAY
    told = portfolio_history.history_body(history(), Span(before - DAY, before, "1D"))
    assert (told["timestamp"], told["equity"], told["base_value"]) == ([], [], 0.0)


def test_an_account_that_was_worth_nothing_has_made_no_share_of_it():
    told = portfolio_history.history_body(history("0.00", "0.00"), Span(NOON - 3 * DAY, NOON, "1D"))
    assert set(told["profit_loss_pct"]) == {0.0}
