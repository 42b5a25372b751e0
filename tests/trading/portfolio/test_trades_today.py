"""A day of trading begins at midnight in New York."""

import datetime
import zoneinfo

from trading.portfolio.trades_today import day_began

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
HOUR = 3_600_000


def midnight(year: int, month: int, day: int) -> int:
    """The moment, in ms, at which a day begins in New York."""
    return int(datetime.datetime(year, month, day, tzinfo=NEW_YORK).timestamp()) * 1000


def test_a_day_begins_at_midnight_in_new_york_and_a_weekend_is_fridays():
    thursday, friday = midnight(2026, 11, 19), midnight(2026, 11, 20)
    assert day_began(thursday) == day_began(thursday + 15 * HOUR) == thursday
    assert day_began(thursday - 1) == midnight(2026, 11, 18)
    assert {day_began(friday + hours * HOUR) for hours in range(72)} == {friday}
    assert day_began(friday + 72 * HOUR) == midnight(2026, 11, 23)


def test_the_friday_of_a_weekend_on_which_the_clocks_change_begins_at_its_own_midnight():
    """On 1 November 2026 New York turns its clocks back: that Sunday has 25 hours."""
    friday = midnight(2026, 10, 30)
    assert {day_began(friday + hours * HOUR) for hours in range(73)} == {friday}
    assert day_began(friday + 73 * HOUR) == midnight(2026, 11, 2)
