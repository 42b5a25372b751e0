"""Bars make coarser bars, in slots that begin where dxFeed's do."""

import datetime

from simulator.market import calendar
from simulator.market.bars import DAY, MINUTE, BarPeriod, Slots


def test_a_period_that_does_not_divide_the_day_begins_anew_at_midnight():
    slots = Slots(BarPeriod("m", 7))
    midnight = calendar.at_clock(datetime.date(2026, 11, 19), 0)
    assert slots.start(midnight - 1) == midnight - DAY + (DAY - 1) // (7 * MINUTE) * 7 * MINUTE
    assert slots.start(midnight) == midnight
