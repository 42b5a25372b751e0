"""Companies pay dividends and split: prices and histories follow, and the same seed has the same actions."""

import datetime
import math

import msgspec
import pytest

from simulator.market import calendar, corporate_actions, option_listing
from simulator.market.bars import DAY, HALF_HOUR, MINUTE, BarPeriod, Slots, gather
from simulator.market.changes import Payout, ShareholderAction, Split
from simulator.market.charts import SimCharts
from simulator.market.history_anchors import HistoryAnchors
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.shareholder_actions import RATIOS, split_on
from simulator.market.synthetic_history import SyntheticPast
from simulator.market.universe import LISTINGS

SYMBOL = "XOM"
XOM = LISTINGS[SYMBOL]
SPARSE = {SYMBOL: msgspec.structs.replace(XOM, rate=0.05)}
EX_DAY = corporate_actions.dividends(XOM, datetime.date(2026, 11, 18))[-2].ex_day
EVE = calendar.before(EX_DAY)
GAP = math.log(1 - XOM.dividend / 4)


def begun(at: int, **terms: bool) -> tuple[SimMarket, list[ShareholderAction]]:
    """A market of one share, and what is heard of it."""
    market = SimMarket(7, at, listings={SYMBOL: XOM}, **terms)
    heard: list[ShareholderAction] = []
    market.action_hearers.append(heard.append)
    return market, heard


def test_where_a_market_never_closes_the_price_falls_by_what_is_paid_as_the_ex_day_begins():
    at = calendar.at_clock(EX_DAY, 0) - 1000
    (paying, _), (plain, _) = begun(at, has_actions=True), begun(at)
    before = paying.tapes[SYMBOL].fair
    assert before == plain.tapes[SYMBOL].fair
    for market in (paying, plain):
        market.advance(0.0, at + 1000)
    tape = paying.tapes[SYMBOL]
    assert tape.fair / before == pytest.approx(math.exp(GAP))
    assert plain.tapes[SYMBOL].fair == before
    assert abs(tape.open - tape.fair) < 0.05
    assert tape.prev_close == plain.tapes[SYMBOL].prev_close, "the close of before is not adjusted"


def test_what_the_price_falls_by_over_night_is_in_the_past_of_a_market_that_begins_later():
    """With real hours, from half an hour before the last close until half an hour after the open of the ex day."""
    begin, opened = calendar.at_clock(EVE, 15, 30), calendar.at_clock(EX_DAY, 9, 30)
    market = SimMarket(7, begin, is_always_open=False, listings=SPARSE, has_actions=True)
    first = market.tapes[SYMBOL].fair
    for n in range(1, 361):
        market.advance(5.0, begin + n * 5000)
    market.advance(0.0, calendar.at_clock(EX_DAY, 0))
    for n in range(361):
        market.advance(5.0, opened + n * 5000)
    moved = math.log(market.tapes[SYMBOL].fair / first)
    closes = {}
    for has_actions in (True, False):
        later = SimMarket(7, opened + DAY, is_always_open=False, listings=SPARSE, has_actions=has_actions)
        past = SyntheticPast(HistoryAnchors(later, OptionSurface(later)).of_tape(later.tapes[SYMBOL]))
        bars = {bar.at: bar for bar in past.bars(HALF_HOUR, begin)}
        closes[has_actions] = math.log(bars[opened].close / bars[begin].open)
    assert moved == pytest.approx(closes[True], abs=6e-4)
    assert closes[False] - closes[True] == pytest.approx(-GAP, abs=2e-4), "which is what it pays"


def test_a_dividend_is_paid_on_its_day_for_shares_of_the_ex_day():
    paid = EX_DAY + datetime.timedelta(days=18)
    market, heard = begun(calendar.at_clock(paid, 0) - 1, has_actions=True)
    market.advance(0.0, calendar.at_clock(paid, 0))
    assert heard == [Payout(SYMBOL, corporate_actions.dividend_amount(XOM), EX_DAY)]
    silent, nothing = begun(calendar.at_clock(paid, 0) - 1)
    silent.advance(0.0, calendar.at_clock(paid, 0))
    assert nothing == []


def test_no_payout_of_days_that_were_slept_through_is_left_out():
    at = calendar.at_clock(EX_DAY, 12)
    market, heard = begun(at, has_actions=True)
    market.advance(0.0, at + 300 * DAY)
    days = [each.ex_day for each in corporate_actions.dividends(XOM, market.day)]
    first = days.index(EX_DAY)
    assert [action.ex_day for action in heard if isinstance(action, Payout)] == days[first : first + 4]


def test_splits_of_a_seed_are_rare_and_leave_dear_shares_affordable():
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=n) for n in range(3653)]
    companies = [listing for listing in LISTINGS.values() if listing.price >= 80 and listing.kind == "equity"]
    found = [(listing, day, ratio) for listing in companies for day in days if (ratio := split_on(7, listing, day)) > 1]
    assert 0.5 < len(found) / len(companies) < 1.6, "once in ten years"
    for listing, day, ratio in found:
        assert calendar.is_trading_day(day)
        assert ratio in RATIOS
        assert listing.price / ratio >= 40
    assert {split_on(7, LISTINGS[symbol], day) for symbol in ("SPY", "F", "BTC/USD") for day in days} == {1}
    other = [(listing, day) for listing in companies for day in days if split_on(8, listing, day) > 1]
    assert [(listing, day) for listing, day, _ in found] != other


def test_a_split_by_order_comes_over_night_and_leaves_every_figure_of_the_tape_in_order():
    at = calendar.day_ends(calendar.at_clock(EX_DAY, 12)) - 1000
    market, heard = begun(at)
    tape = market.tapes[SYMBOL]
    market.actions.order_split(tape, 4)
    market.advance(0.5, at + 500)
    last, volume, fair = tape.last, tape.volume, tape.fair
    assert tape.mid > 100
    assert volume
    assert last
    changes = market.advance(0.0, at + 1000)
    assert heard == [Split(SYMBOL, 4)]
    assert changes.quotes == changes.trades == changes.days == {SYMBOL}
    assert tape.fair == fair / 4
    assert tape.prev_close == tape.last == pytest.approx(last / 4, abs=0.0051)
    assert tape.prev_volume == volume * 4
    assert tape.bid < fair / 4 < tape.ask
    assert tape.low == tape.open == tape.high
    assert tape.listing.volume == XOM.volume * 4
    market.advance(0.0, at + DAY)
    assert len(heard) == 1, "once"


def test_what_cannot_be_split_or_paid_is_refused():
    market = SimMarket(7, calendar.at_clock(EX_DAY, 12))
    for symbol, ratio in (("VIX", 2), ("BTC/USD", 2), ("SPY", 3), ("SPY", 0)):
        with pytest.raises(ValueError, match="split"):
            market.actions.order_split(market.tapes[symbol], ratio)
    for symbol, amount in (("VIX", 1.0), ("SPY", 0.0), ("F", 9.0), ("SPY", math.nan)):
        with pytest.raises(ValueError, match="pay"):
            market.actions.order_dividend(market.tapes[symbol], amount)
    assert (market.actions.ordered_splits, market.actions.ordered_dividends) == ({}, {})


@pytest.mark.parametrize("step", [MINUTE, HALF_HOUR, DAY])
def test_after_a_split_history_is_told_in_new_shares_what_was_live_and_what_is_made(step: int):
    at = calendar.day_ends(calendar.at_clock(EX_DAY, 12)) - 600_000
    market = SimMarket(7, at, listings={SYMBOL: XOM})
    charts = SimCharts(market, OptionSurface(market))
    tape = market.tapes[SYMBOL]
    tape.on_print = charts.hear_print
    for n in range(1, 591):
        market.advance(1.0, at + 1000 * n)
    since, slots = at - 5 * DAY, Slots(BarPeriod("m", step // MINUTE) if step < DAY else BarPeriod("d"))
    before = [*gather(charts.bars(tape, "last", step, since, regular=False), slots)]
    bids = [*gather(charts.bars(tape, "bid", step, since, regular=False), slots)]
    market.actions.order_split(tape, 4)
    tape.on_print = None
    market.advance(0.0, at + 600_000)
    for price, known in (("last", before), ("bid", bids)):
        after = [*gather(charts.bars(tape, price, step, since + DAY, regular=False), slots)]  # type: ignore[arg-type]
        assert len(after) >= 3
        was = {bar.at: bar for bar in known}
        for bar in after:
            for now, then in zip(
                (bar.open, bar.high, bar.low, bar.close),
                (was[bar.at].open, was[bar.at].high, was[bar.at].low, was[bar.at].close),
                strict=True,
            ):
                assert now == pytest.approx(then / 4, abs=0.04 if step == MINUTE else 0.0101)
        if price == "last":
            volumes = [(bar.volume, 4 * was[bar.at].volume) for bar in after if bar.at >= at - 2 * step]
            assert all(now == pytest.approx(then, rel=0.01) for now, then in volumes)
            assert volumes


def test_options_become_more_of_a_lower_strike_and_the_old_ones_are_gone():
    at = calendar.day_ends(calendar.at_clock(EX_DAY, 12)) - 1000
    market = SimMarket(7, at, listings={SYMBOL: XOM})
    surface = OptionSurface(market)
    option = option_listing.near(XOM, at, 45, 1.0, "C")
    state = surface.find(option.symbol)
    assert state is not None
    mid, interest = state.mid, state.open_interest
    market.actions.order_split(market.tapes[SYMBOL], 4)
    market.advance(0.0, at + 1000)
    new = option_listing.split(option, 4)
    assert new.strike * 4 == option.strike
    found = surface.find(new.symbol)
    assert found is state
    surface.refresh(found, market.at)
    assert found.mid == pytest.approx(mid / 4, abs=0.02)
    assert found.prev_close == pytest.approx(mid / 4, abs=0.02)
    assert found.open_interest == interest * 4
    assert surface.find(option.symbol) is None
    fresh = OptionSurface(market).find(new.symbol)
    assert fresh is not None, "it is listed from now on"
    strikes = option_listing.strikes(market.tapes[SYMBOL].listing, option.expiry)
    assert {new.strike, *option_listing.strikes(XOM, option.expiry)} - {*strikes} == {
        strike for strike in option_listing.strikes(XOM, option.expiry) if strike not in strikes
    }
    assert any(abs(float(strike) - XOM.price / 4) < 1 and strike % 1 == 0 for strike in strikes)
