"""The hours at which tests are run are what they are called, and a library that does not work is named."""

import datetime
import itertools
import zoneinfo

import pytest

from tests import hours

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def of(name):
    return next(hour for hour in hours.HOURS if hour.name == name)


@pytest.mark.parametrize(
    ("name", "day", "clock"),
    [
        ("monday", "Monday", "02:00"),
        ("friday", "Friday", "17:30"),
        ("sunday", "Sunday", "12:00"),
        ("holiday", "Tuesday", "08:00"),
    ],
)
def test_an_hour_is_the_one_it_is_called(name, day, clock):
    there = datetime.datetime.fromtimestamp(of(name).moment, NEW_YORK)
    assert f"{there:%A %H:%M}" == f"{day} {clock}"
    assert there.isoformat() == of(name).start, "its offset is New York's"


@pytest.mark.parametrize(("name", "after"), [("doubled", "01:00"), ("missing", "03:00")])
def test_the_clocks_change_while_its_tests_run(name, after):
    began = of(name).moment
    shown = [datetime.datetime.fromtimestamp(began + s, NEW_YORK) for s in range(150)]
    assert shown[0].isoformat() == of(name).start, "its offset is New York's"
    (changed,) = [now for before, now in itertools.pairwise(shown) if now.utcoffset() != before.utcoffset()]
    assert f"{changed:%H:%M}" == after


@pytest.mark.process
def test_a_library_that_does_not_work_is_named_with_the_reason(tmp_path, monkeypatch):
    broken = tmp_path / "libfaketime.so.1"
    broken.write_bytes(b"no library")
    monkeypatch.setenv("LIBFAKETIME", str(broken))
    with pytest.raises(SystemExit, match=f"Missing: a libfaketime that works(.|\n)*{broken}: .*cannot be preloaded"):
        hours.usable()


def test_a_moment_of_ones_own_takes_the_place_of_the_hours():
    (own,) = hours.own_hours(["monday", "tests/test_hours.py", "--whole", "2026-11-24T00:05-05:00"])
    assert own.start == "2026-11-24T00:05:00-05:00"
    assert own.moment == datetime.datetime(2026, 11, 24, 5, 5, tzinfo=datetime.UTC).timestamp()
    (universal,) = hours.own_hours(["2026-11-24T05:05"])
    assert universal.moment == own.moment
