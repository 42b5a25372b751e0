"""A field is read at any moment at one cost, the same however one comes to it."""

import itertools

import pytest

from simulator.market.moves import activity
from simulator.market.moves.field import PathField, PathSpan


def test_a_day_is_the_same_whichever_was_read_before():
    one, other = PathField("7:own:XYZ", climate="7:market"), PathField("7:own:XYZ", climate="7:market")
    forwards = [one.day(number) for number in range(9_700, 9_760)]
    backwards = [other.day(number) for number in reversed(range(9_700, 9_760))]
    assert forwards == backwards[::-1]
    assert PathField("8:own:XYZ").day(9_700) != forwards[0]


def test_days_half_hours_and_minutes_join():
    field = PathField("7:own:XYZ")
    for before, after in itertools.pairwise(range(9_700, 9_730)):
        assert field.slots(before).values[-1] == field.slots(after).values[0] == field.day(after).start
    slots, minutes = field.slots(9_700), field.minutes(9_700, 20)
    assert (minutes.values[0], minutes.values[-1]) == (slots.values[20], slots.values[21])
    assert sum(minutes.variances) == pytest.approx(slots.variances[20])
    assert sum(slots.variances) == pytest.approx(field.day(9_700).variance)


class CountedField(PathField):
    halvings = 0

    def _half(self, whole: PathSpan, number: int) -> PathSpan:
        self.halvings += 1
        return super()._half(whole, number)


@pytest.mark.parametrize("days_ago", [1, 1_000, 3_653])
def test_a_day_takes_as_many_halvings_however_long_ago_it_was(days_ago: int):
    field = CountedField("7:own:XYZ")
    field.slots(9_818 - days_ago)
    assert field.halvings == 14
    assert activity.DAYS == 2**14
