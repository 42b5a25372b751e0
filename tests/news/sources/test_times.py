"""Every form that a source writes a time in means what the source meant, or is said to be unknown."""

import datetime
import zoneinfo

import pytest

from news.sources.times import Published, TimeCheck, read_published

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
RECEIVED = datetime.datetime(2026, 10, 2, 18, 7, tzinfo=datetime.UTC)


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("text", "zone", "at", "by"),
    [
        ("Fri, 02 Oct 2026 18:06 GMT", None, "2026-10-02T18:06", "source"),
        ("Fri, 02 Oct 2026 10:00:00 EST", None, "2026-10-02T15:00", "source"),
        ("Thu, 02 Jul 2026 10:00:00 EST", None, "2026-07-02T15:00", "source"),
        ("Fri, 02 Oct 2026 10:00:00 EDT", None, "2026-10-02T14:00", "source"),
        ("Fri, 02 Oct 2026 10:00:00 -0400", None, "2026-10-02T14:00", "source"),
        ("2 Oct 26 10:00:00 +0530", None, "2026-10-02T04:30", "source"),
        ("Fri, 02 Oct 2026 10:00:00 BST", None, "2026-10-02T18:07", "arrival"),
        ("Fri, 02 Oct 2026 10:00:00 BST", NEW_YORK, "2026-10-02T14:00", "zone_assumed"),
        ("Fri, 02 Oct 2026 10:00:00", None, "2026-10-02T18:07", "arrival"),
        ("Fri, 02 Oct 2026 10:00:00", NEW_YORK, "2026-10-02T14:00", "zone_assumed"),
        ("2025-05-21 10:00:00", None, "2026-10-02T18:07", "arrival"),
        ("2025-05-21 10:00:00", NEW_YORK, "2025-05-21T14:00", "zone_assumed"),
        ("Tue, 02 Jan 2024", None, "2024-01-02T00:00", "date_only"),
        ("Tue, 02 Jan 2024", NEW_YORK, "2024-01-02T05:00", "date_only"),
        ("2025-06-10T16:30:00-04:00", None, "2025-06-10T20:30", "source"),
        ("2025-06-10T20:30:00Z", NEW_YORK, "2025-06-10T20:30", "source"),
        ("2026-11-01 01:30:00", NEW_YORK, "2026-11-01T05:30", "zone_assumed"),
        ("2026-03-08 02:30:00", NEW_YORK, "2026-03-08T07:30", "zone_assumed"),
        ("Sun, 01 Nov 2026 01:30:00 EST", None, "2026-11-01T06:30", "source"),
        ("", NEW_YORK, "2026-10-02T18:07", "arrival"),
        ("yesterday", NEW_YORK, "2026-10-02T18:07", "arrival"),
        ("Fri, 32 Oct 2026 10:00:00 GMT", None, "2026-10-02T18:07", "arrival"),
        ("Fri, 02 Oct 2026 25:00:00 GMT", None, "2026-10-02T18:07", "arrival"),
    ],
)
def test_a_time_is_read_as_it_was_meant_or_not_at_all(text, zone, at, by):
    assert read_published(text, zone, RECEIVED) == Published(utc(at), by)


def test_a_source_whose_items_come_from_the_future_three_times_is_not_believed_any_more():
    check = TimeCheck()
    ahead = Published(RECEIVED + datetime.timedelta(hours=4), "source")
    fine = Published(RECEIVED - datetime.timedelta(seconds=9), "source")
    arrival = Published(RECEIVED, "arrival")
    assert check.judge(ahead, RECEIVED) == arrival
    assert check.judge(fine, RECEIVED) == fine
    assert [check.judge(ahead, RECEIVED) for _ in range(3)] == [arrival] * 3
    assert check.judge(fine, RECEIVED) == arrival
    assert check.is_wrong
