"""Finer bars go up and down as a price does: none of them are pressed flat under the high of their half hour."""

import datetime
import itertools

from simulator.market import calendar
from simulator.market.bars import DAY, HALF_HOUR, MINUTE
from simulator.market.history_anchors import HistoryAnchors
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.synthetic_history import SyntheticPast
from simulator.market.universe import LISTINGS

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
_WINDOW = 6
_FLAT = 0.06
"""Of the range of a half hour."""


def test_hardly_any_five_minutes_stand_still_within_a_half_hour_that_moves():
    market = SimMarket(1, NOON, listings={symbol: LISTINGS[symbol] for symbol in ("SPY", "NVDA")})
    flat = windows = 0
    for tape in market.tapes.values():
        past = SyntheticPast(HistoryAnchors(market, OptionSurface(market)).of_tape(tape))
        sizes = {bar.at: bar.high - bar.low for bar in past.bars(HALF_HOUR, NOON - 8 * DAY)}
        minutes = [bar for bar in past.bars(MINUTE, NOON - 8 * DAY) if calendar.state(bar.at) == "Open"]
        for half, bars in itertools.groupby(minutes, lambda bar: bar.at // HALF_HOUR * HALF_HOUR):
            closes, size = [bar.close for bar in bars], sizes[half]
            for n in range(len(closes) - _WINDOW + 1 if size >= 10 * tape.listing.tick else 0):
                part = closes[n : n + _WINDOW]
                flat += max(part) - min(part) < _FLAT * size
                windows += 1
    assert windows > 3000
    assert flat / windows < 0.01, "6 to 7 of 100 would be, if what goes beyond the high were pressed below it"
