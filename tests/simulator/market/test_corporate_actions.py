"""Companies pay dividends and report earnings once a quarter, on trading days, and say when the next ones come."""

import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.market import calendar
from simulator.market import corporate_actions as actions
from simulator.market.universe import LISTINGS

TODAY = datetime.date(2026, 11, 18)
PAYERS = sorted(symbol for symbol, listing in LISTINGS.items() if listing.dividend)
COMPANIES = sorted(symbol for symbol, listing in LISTINGS.items() if listing.kind == "equity")
days = some.dates(datetime.date(2020, 1, 1), datetime.date(2030, 12, 31))


@given(some.sampled_from(PAYERS), days)
def test_dividends_of_eight_years_and_the_next_one_are_a_quarter_apart(symbol: str, day: datetime.date):
    paid = actions.dividends(LISTINGS[symbol], day)
    assert len(paid) >= 33
    assert paid[-2].ex_day <= day < paid[-1].ex_day
    for dividend, later in itertools.pairwise(paid):
        assert 80 <= (later.ex_day - dividend.ex_day).days <= 105
        assert dividend.amount <= later.amount
    for dividend in paid:
        assert calendar.is_trading_day(dividend.ex_day)
        assert (dividend.paid - dividend.ex_day).days == 18


@given(some.sampled_from(PAYERS), days, some.integers(0, 400))
def test_an_ex_day_does_not_depend_on_when_it_is_asked_for(symbol: str, day: datetime.date, later: int):
    first, second = (
        {each.ex_day for each in actions.dividends(LISTINGS[symbol], asked)}
        for asked in (day, day + datetime.timedelta(days=later))
    )
    assert {each for each in first if each >= min(second)} <= second


def test_four_dividends_are_the_yield_of_a_year():
    jpm = LISTINGS["JPM"]
    year = [each.amount for each in actions.dividends(jpm, TODAY) if each.ex_day.year == TODAY.year]
    assert sum(year[:4]) == pytest.approx(jpm.price * jpm.dividend, rel=0.001)
    last_year = [each.amount for each in actions.dividends(jpm, TODAY) if each.ex_day.year == TODAY.year - 1]
    assert year[0] / last_year[0] == pytest.approx(1.05, rel=0.001)


def test_what_yields_nothing_pays_nothing_and_only_companies_earn():
    assert actions.dividends(LISTINGS["NVDA"], TODAY) == []
    for symbol in ("SPY", "VIX", "BTC/USD"):
        assert actions.earnings(LISTINGS[symbol], TODAY) == []
        assert actions.annual_eps(LISTINGS[symbol]) is None


@given(some.sampled_from(COMPANIES), days)
def test_each_quarter_is_reported_once_and_within_seven_weeks_of_its_end(symbol: str, day: datetime.date):
    told = actions.earnings(LISTINGS[symbol], day)
    assert len(told) >= 32
    assert told[-2].reported <= day < told[-1].reported
    ends = [report.quarter_end for report in told]
    assert ends == sorted(set(ends))
    for report in told:
        assert (report.quarter_end + datetime.timedelta(days=1)).day == 1
        assert report.quarter_end.month % 3 == 0
        assert 18 <= (report.reported - report.quarter_end).days < 49
        assert calendar.is_trading_day(report.reported)


def test_earnings_miss_or_beat_what_was_expected_by_a_few_percent():
    for listing in (LISTINGS[symbol] for symbol in COMPANIES):
        told = actions.earnings(listing, TODAY)
        assert all(abs(report.eps - report.consensus) <= 0.08 * report.consensus + 0.006 for report in told)
        assert any(report.eps < report.consensus for report in told)
        assert any(report.eps > report.consensus for report in told)
        year = [report.consensus for report in told if report.quarter_end.year == TODAY.year]
        assert 4 * year[0] == pytest.approx(actions.annual_eps(listing), abs=0.03)
