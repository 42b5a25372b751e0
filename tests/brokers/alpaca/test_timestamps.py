"""Times and ids of time are read to the nanosecond, and never guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.alpaca.timestamps import day_ms, millis, nanos, ulid_ms, written

SAMPLE = "2023-10-13T13:28:58.387652Z"


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        (SAMPLE, 1697203738387652000),
        ("2023-10-13T13:28:58.37957033Z", 1697203738379570330),
        ("2026-01-02T09:30:00.123456789-05:00", 1767364200123456789),
        ("2022-04-19T21:00:00Z", 1650402000000000000),
        ("2022-04-19t21:00:00.5+0000", 1650402000500000000),
        ("1969-12-31T23:59:59.999Z", -1000000),
    ],
)
def test_a_time_is_read_to_the_nanosecond_whatever_its_offset(text, ns):
    assert nanos(text) == ns
    assert millis(text) == ns // 1_000_000


@pytest.mark.parametrize("text", [None, "", 5, "2023-10-13", "2023-13-01T00:00:00Z", "2023-10-13T13:28:58", "soon"])
def test_what_is_no_time_is_none(text):
    assert nanos(text) is None


@pytest.mark.parametrize(
    ("ulid", "at"),
    [("01HCMKKNRK7S5C1JYP50QGDECQ", SAMPLE), ("01HCMKNJJRJ4E3RNFA1XR8CX7R", "2023-10-13T13:30:00.664778Z")],
)
def test_a_ulid_begins_with_the_ms_of_its_event(ulid, at):
    assert ulid_ms(ulid) == millis(at)


@pytest.mark.parametrize(
    "text", [None, 12627517, "", "01HCMKKNRK7S5C1JYP50QGDEC", "Z" * 26, "01HCMKKNRK7S5C1JYP50QGDECu"]
)
def test_what_is_no_ulid_has_no_time(text):
    assert ulid_ms(text) is None


@settings(max_examples=50, deadline=None)
@given(some.integers(0, 4_000_000_000_000))
def test_a_written_time_is_read_as_the_same(ms):
    assert millis(written(ms)) == ms


def test_a_day_begins_in_new_york():
    assert day_ms("2019-08-01") == millis("2019-08-01T00:00:00-04:00")
    assert day_ms("2019-02-30") is None
    assert day_ms(None) is None
