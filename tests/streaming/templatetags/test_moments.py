"""Times in pages without a script: in UTC, with the day where it is another one."""

import datetime

import pytest
import time_machine
from django.template import Context, Template

from lib.clock import now_ms
from streaming.templatetags import moments
from streaming.templatetags.moments import Held, moment

NOW = datetime.datetime(2026, 11, 20, 0, 30, tzinfo=datetime.UTC)


def ms(year: int, month: int, day: int, hour: int, minute: int, second: int = 0) -> int:
    return int(datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (ms(2026, 11, 20, 0, 0), "00:00:00 UTC"),
        (ms(2026, 11, 20, 23, 59, 59) + 999, "23:59:59 UTC"),
        (ms(2026, 11, 19, 23, 59, 59), "19 Nov 23:59 UTC"),
        (ms(2025, 11, 20, 0, 30), "20 Nov 00:30 UTC"),
        (ms(2026, 12, 1, 9, 5), "1 Dec 09:05 UTC"),
        (str(ms(2026, 11, 20, 0, 0)), "00:00:00 UTC"),
        (0, "1 Jan 00:00 UTC"),
        (None, ""),
        ("", ""),
    ],
)
def test_a_time_of_today_has_seconds_and_any_other_its_day(at, shown):
    with time_machine.travel(NOW, tick=False):
        assert moment(at) == shown


def test_a_page_uses_it_as_a_filter():
    page = Template("{% load moments %}[{{ at|moment }}][{{ nothing|moment }}]")
    with time_machine.travel(NOW, tick=False):
        assert page.render(Context({"at": ms(2026, 11, 20, 0, 0)})) == "[00:00:00 UTC][]"


def test_only_what_was_last_known_has_an_age_and_the_oldest_counts():
    told: Held = {"at": now_ms() - 60_000}
    old: Held = {"at": now_ms() - 3_600_000, "held": True}
    assert moments.held_age(None) == ""
    assert [moments.held_age(item) for item in ({}, told, {"held": True})] == ["", "", ""]
    assert moments.held_age(old) == "60 min"
    assert moments.held_age([told, {"at": now_ms(), "held": True}, old]) == "60 min"
    assert [moments.brief(text) for text in ("60 min", "3 h", "")] == ["60m", "3h", ""]
