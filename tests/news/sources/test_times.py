"""A1: when an item was published, from its source's own text."""

import datetime
import zoneinfo

import pytest

from news.sources.times import UNDATED, Publication, PublicationClock, read_publication
from tests.news.sources.recorder import RecordedReport

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
LONDON = zoneinfo.ZoneInfo("Europe/London")
ARRIVED = datetime.datetime(2026, 10, 2, 18, 10, tzinfo=datetime.UTC)


def utc(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("text", "zone", "at", "by"),
    [
        # GlobeNewswire writes no seconds.
        ("Fri, 02 Oct 2026 18:06 GMT", None, "2026-10-02T18:06", "source"),
        ("Fri, 02 Oct 2026 18:06 GMT", NEW_YORK, "2026-10-02T18:06", "source"),
        ("Fri, 02 Oct 2026 18:06:07 +0000", None, "2026-10-02T18:06:07", "source"),
        ("Fri, 02 Oct 2026 18:06:07 -0000", None, "2026-10-02T18:06:07", "source"),
        ("Fri, 02 Oct 2026 18:06:07 -0400", LONDON, "2026-10-02T22:06:07", "source"),
        ("Wed, 21 Jan 2026 10:00:00 EST", None, "2026-01-21T15:00", "source"),
        ("Wed, 22 Jul 2026 10:00:00 EDT", None, "2026-07-22T14:00", "source"),
        # By RFC 822 EST is -0500 in July too; a source that is known to be in New York means its clocks.
        ("Wed, 22 Jul 2026 10:00:00 EST", None, "2026-07-22T15:00", "source"),
        ("Wed, 22 Jul 2026 10:00:00 EST", NEW_YORK, "2026-07-22T14:00", "zone_assumed"),
        ("Wed, 22 Jul 2026 10:00:00 EST", LONDON, "2026-07-22T15:00", "source"),
        # No zone name is taken for UTC because it is unknown.
        ("Wed, 21 May 2025 10:00:00 BST", None, None, "arrival"),
        ("Wed, 21 May 2025 10:00:00 BST", NEW_YORK, None, "arrival"),
        ("Wed, 21 May 2025 10:00:00 BST", LONDON, "2025-05-21T09:00", "zone_assumed"),
        ("Wed, 21 May 2025 10:00:00", None, None, "arrival"),
        ("Wed, 21 May 2025 10:00:00", NEW_YORK, "2025-05-21T14:00", "zone_assumed"),
        ("2025-05-21 10:00:00", None, None, "arrival"),
        ("2025-05-21 10:00:00", NEW_YORK, "2025-05-21T14:00", "zone_assumed"),
        ("Tue, 02 Jan 2024", None, "2024-01-02T00:00", "date_only"),
        ("Tue, 02 Jan 2024", NEW_YORK, "2024-01-02T05:00", "date_only"),
        ("2024-07-02", NEW_YORK, "2024-07-02T04:00", "date_only"),
        # EDGAR's `updated`.
        ("2025-06-10T16:30:00-04:00", NEW_YORK, "2025-06-10T20:30", "source"),
        ("2022-01-05T22:00:37Z", None, "2022-01-05T22:00:37", "source"),
        ("2024-07-24T07:56:53.639713735Z", None, "2024-07-24T07:56:53.639713", "source"),
        ("2025-05-21 10:00:00 UTC", None, "2025-05-21T10:00", "source"),
        # The hour that New York's clocks skipped on 8 March 2026, and the one that they showed twice on 1 November.
        ("Sun, 08 Mar 2026 01:59:59", NEW_YORK, "2026-03-08T06:59:59", "zone_assumed"),
        ("Sun, 08 Mar 2026 02:30:00", NEW_YORK, "2026-03-08T07:30", "zone_assumed"),
        ("Sun, 08 Mar 2026 03:00:00", NEW_YORK, "2026-03-08T07:00", "zone_assumed"),
        ("2026-11-01 01:30:00", NEW_YORK, "2026-11-01T05:30", "zone_assumed"),
        ("2026-11-01 02:00:00", NEW_YORK, "2026-11-01T07:00", "zone_assumed"),
        ("Sun, 01 Nov 2026 01:30:00 EST", None, "2026-11-01T06:30", "source"),
        ("Sun, 01 Nov 2026 01:30:00 EDT", None, "2026-11-01T05:30", "source"),
        ("Sun, 08 Mar 2026", NEW_YORK, "2026-03-08T05:00", "date_only"),
        # What an empty field becomes somewhere, and nonsense.
        ("Thu, 01 Jan 1970 00:00:00 GMT", None, None, "arrival"),
        ("0001-01-01T00:00:00Z", None, None, "arrival"),
        ("Fri, 32 Oct 2026 18:06 GMT", None, None, "arrival"),
        ("yesterday", None, None, "arrival"),
        ("", None, None, "arrival"),
        (None, None, None, "arrival"),
        ("Fri, 02 Oct 2026 18:06 GMT" + " " * 99 + "x", None, None, "arrival"),
    ],
)
def test_a_text_gets_the_time_that_it_says_and_how_that_is_known(text, zone, at, by):
    assert read_publication(text, zone) == Publication(utc(at) if at else None, by)


def test_a_time_that_ends_the_doubled_hour_with_its_own_zones_name_is_told_apart():
    first = read_publication("Sun, 01 Nov 2026 01:30:00 EDT", NEW_YORK)
    second = read_publication("Sun, 01 Nov 2026 01:30:00 EST", NEW_YORK)
    assert (first.at, second.at) == (utc("2026-11-01T05:30"), utc("2026-11-01T06:30"))


def judge(clock, seconds):
    said = Publication(ARRIVED + datetime.timedelta(seconds=seconds), "source")
    return clock.judge(said, ARRIVED)


def test_a_time_up_to_two_seconds_ahead_is_believed():
    report = RecordedReport()
    assert judge(PublicationClock(report), 2) == (ARRIVED + datetime.timedelta(seconds=2), "source")
    assert not report.anomalies


def test_a_time_of_the_future_is_counted_and_the_arrival_stands_in():
    report = RecordedReport()
    assert judge(PublicationClock(report), 2.001) == (ARRIVED, "arrival")
    assert report.anomalies == {"future": 1}


def test_three_of_the_future_in_a_row_end_the_belief_in_a_source():
    clock = PublicationClock(RecordedReport())
    judge(clock, 3600), judge(clock, 3600)
    assert judge(clock, -60)[1] == "source"
    judge(clock, 3600), judge(clock, 3600)
    assert clock.is_believed, "one that was right came between"
    judge(clock, 3600)
    assert judge(clock, -60) == (ARRIVED, "arrival")


def test_an_undated_item_is_counted_and_says_nothing_of_the_future():
    report = RecordedReport()
    clock = PublicationClock(report)
    judge(clock, 9), judge(clock, 9)
    assert clock.judge(UNDATED, ARRIVED) == (ARRIVED, "arrival")
    judge(clock, 9)
    assert not clock.is_believed
    assert report.anomalies == {"future": 3, "undated": 1}
