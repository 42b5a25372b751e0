"""When something is said: 30 s after each bar of a regular session is over, whatever the calendar says of the day."""

import datetime
import itertools

from signals.learner.schedule import bars_after, bars_between, next_bar, sitting
from tests.support.moments import new_york


def ms(moment):
    return int(new_york(moment).timestamp() * 1000)


def test_a_session_has_its_bars():
    found = sitting(ms("2026-11-18 11:00"))
    assert (found.session, found.opens, found.closes) == ("2026-11-18", ms("2026-11-18 09:30"), ms("2026-11-18 16:00"))
    assert [bar.number for bar in found.bars] == list(range(77))
    assert (found.bars[0].at, found.bars[0].begins) == (ms("2026-11-18 09:35:30"), ms("2026-11-18 09:30"))
    assert found.bars[-1].at == ms("2026-11-18 15:55:30")
    assert {bar.close for bar in found.bars} == {found.closes}


def test_a_short_day_has_fewer_and_a_holiday_none():
    assert len(sitting(ms("2026-11-27 10:00")).bars) == 41, "it closes at one"
    assert sitting(ms("2026-11-26 10:00")).session == "2026-11-27", "Thanksgiving"


def test_the_next_bar_is_later_and_may_be_another_days():
    assert next_bar(ms("2026-11-18 11:00:30")).at == ms("2026-11-18 11:05:30")
    assert next_bar(ms("2026-11-18 11:00:29")).at == ms("2026-11-18 11:00:30")
    assert next_bar(ms("2026-11-20 15:55:30")).at == ms("2026-11-23 09:35:30"), "over a weekend"


def test_they_go_on_without_a_double_or_a_gap():
    bars = list(itertools.islice(bars_after(ms("2026-11-17 15:40")), 90))
    assert [bar.at for bar in bars] == sorted({bar.at for bar in bars})
    assert {datetime.date.fromisoformat(bar.session).day for bar in bars} == {17, 18, 19}


def test_between_two_times_are_those_inside():
    begin, end = ms("2026-11-18 11:00:30"), ms("2026-11-18 11:15:30")
    assert [bar.at for bar in bars_between(begin, end)] == [ms("2026-11-18 11:05:30"), ms("2026-11-18 11:10:30")]
    assert list(bars_between(end, begin)) == []
