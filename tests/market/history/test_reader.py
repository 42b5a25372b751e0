"""What of the kept bars is read: a stretch, and the newest."""

import decimal

from market.history.kept_bar import KeptBar
from market.history.reader import newest_bar, read_bars
from market.history.writer import VenueAnswer, record_answer
from tests.market.history.made_bars import DAY, MINUTE, MONDAY, answer, bar


def test_a_stretch_has_its_first_moment_and_not_its_last(alice):
    record_answer(alice.pk, answer(bar(0), bar(1), bar(2), bar(3)), 1)
    assert read_bars(alice.pk, "QQQ", "1m", MONDAY + MINUTE, MONDAY + 3 * MINUTE) == [bar(1), bar(2)]
    assert read_bars(alice.pk, "QQQ", "1m", MONDAY, MONDAY) == []
    assert read_bars(alice.pk, "SPY", "1m", 0, 2**52) == []


def test_a_stretch_may_lie_across_days(alice):
    late = bar(0, begin=MONDAY // DAY * DAY + DAY - MINUTE)
    early = bar(0, "101", begin=late.time + MINUTE)
    record_answer(alice.pk, answer(late, early), 1)
    assert read_bars(alice.pk, "QQQ", "1m", late.time, early.time + 1) == [late, early]


def test_the_newest_bar_has_a_close_and_is_of_any_interval(alice, bob):
    assert newest_bar(alice.pk, "QQQ") is None
    record_answer(alice.pk, answer(bar(0, begin=MONDAY - 3 * DAY), bar(0), bar(1, None)), 1)
    assert newest_bar(alice.pk, "QQQ") == bar(0)
    five = KeptBar(MONDAY + 5 * MINUTE, close=decimal.Decimal("7"))
    record_answer(alice.pk, VenueAnswer("QQQ", "5m", "one", five.time, five.time + 5 * MINUTE, [five]), 2)
    assert newest_bar(alice.pk, "QQQ") == five
    assert newest_bar(alice.pk, "QQQ", as_known_at=1) == bar(0)
    assert newest_bar(bob.pk, "QQQ") is None
