"""A query is read as the venue reads it, and what cannot be read is refused by its name."""

import datetime
import decimal
import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.asgi import SimRequest
from simulator.market import calendar
from simulator.tastytrade import format
from simulator.tastytrade.format import SimTastytradeRefusal
from simulator.tastytrade.rest import query

Decimal = decimal.Decimal
DAY = datetime.date(2026, 11, 18)
HOUR = 3_600_000
CHANGE = calendar.at_clock(datetime.date(2026, 11, 1), 0)
"""Midnight of the day on which the clocks go back."""


def asked(**values: str) -> SimRequest:
    pairs = [(name.replace("_", "-"), value) for name, value in values.items()]
    return SimRequest("GET", "/x", pairs, {}, b"")


@pytest.mark.parametrize(
    ("read", "given", "value"),
    [
        (query.flag, "true", True),
        (query.flag, "True", True),
        (query.flag, "FALSE", False),
        (query.flag, "", None),
        (query.day, "2026-11-18", DAY),
        (query.day, "", None),
        (query.time, "2026-11-18T12:00:00Z", calendar.at_clock(DAY, 7)),
        (query.time, "2026-11-18T12:00:00", calendar.at_clock(DAY, 7)),
        (query.time, "2026-11-18T12:00:00.250-05:00", calendar.at_clock(DAY, 12) + 250),
        (query.time, "", None),
        (query.amount, "-1.50", Decimal("-1.50")),
        (query.amount, "", None),
    ],
)
def test_a_parameter_is_read(read: typing.Callable[[SimRequest, str], object], given: str, value: object):
    assert read(asked(what=given), "what") == value


@pytest.mark.parametrize("read", [query.flag, query.day, query.time, query.amount])
def test_a_parameter_that_is_not_given_is_none(read: typing.Callable[[SimRequest, str], object]):
    assert read(asked(), "what") is None


@pytest.mark.parametrize(
    ("read", "given", "wanted"),
    [
        (query.flag, "1", "true or false"),
        (query.flag, "yes", "true or false"),
        (query.day, "18.11.2026", "a date such as"),
        (query.day, "2026-02-29", "a date such as"),
        (query.time, "noon", "a time such as"),
        (query.amount, "ten", "a number"),
        (query.amount, "NaN", "a number"),
        (query.amount, "Infinity", "a number"),
        (query.required, "", "is missing"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(
    read: typing.Callable[[SimRequest, str], object], given: str, wanted: str
):
    with pytest.raises(SimTastytradeRefusal, match=f"^what .*{wanted}") as refused:
        read(asked(what=given), "what")
    assert refused.value.answer.status == 400
    assert msgspec.json.decode(refused.value.answer.body)["error"]["code"] == "validation_error"


@given(some.integers(0, 4_102_444_800_000))
def test_a_time_is_read_to_the_millisecond(at: int):
    assert query.time(asked(what=format.moment(at)), "what") == at


def test_a_choice_is_one_of_those_known():
    assert query.choice(asked(sort="Asc"), "sort", ("Asc", "Desc")) == "Asc"
    assert query.choice(asked(), "sort", ("Asc", "Desc")) is None
    with pytest.raises(SimTastytradeRefusal, match="sort must be one of Asc, Desc, not 'asc'"):
        query.choice(asked(sort="asc"), "sort", ("Asc", "Desc"))


def test_a_list_is_read_in_each_way_it_is_written_and_every_value_is_checked():
    known = ("Live", "Filled", "Expired")
    request = SimRequest("GET", "/x", [("status[]", "Live"), ("status", "Filled,Expired"), ("other", "X")], {}, b"")
    assert query.choices(request, "status", known) == ["Live", "Filled", "Expired"]
    assert query.choices(asked(), "status", known) == []
    with pytest.raises(SimTastytradeRefusal, match="not 'Nope'"):
        query.choices(asked(status="Live,Nope"), "status", known)


@pytest.mark.parametrize(
    ("given", "first", "end"),
    [
        ({}, None, None),
        ({"start_date": "2026-11-18"}, calendar.at_clock(DAY, 0), None),
        ({"end_date": "2026-11-18"}, None, calendar.at_clock(DAY, 0) + 24 * HOUR),
        ({"start_date": "2026-11-01", "end_date": "2026-11-01"}, CHANGE, CHANGE + 25 * HOUR),
        ({"start_date": "2026-11-18", "start_at": "2026-11-18T12:00:00Z"}, calendar.at_clock(DAY, 7), None),
        ({"start_date": "2026-11-18", "start_at": "2026-11-17T12:00:00Z"}, calendar.at_clock(DAY, 0), None),
        ({"end_date": "2026-11-18", "end_at": "2026-11-18T12:00:00Z"}, None, calendar.at_clock(DAY, 7)),
    ],
)
def test_a_period_is_the_narrowest_that_is_asked_for_in_days_of_new_york(
    given: dict[str, str], first: int | None, end: int | None
):
    assert query.period(asked(**given)) == (first, end)


@pytest.mark.parametrize(
    ("at", "span", "is_within"),
    [
        (5, (None, None), True),
        (5, (5, None), True),
        (4, (5, None), False),
        (5, (None, 5), False),
        (4, (None, 5), True),
        (5, (6, 4), False),
    ],
)
def test_a_period_has_its_beginning_and_not_its_end(at: int, span: query.Period, is_within: bool):
    assert query.within(at, span) == is_within


def test_the_newest_come_first_unless_it_is_asked_otherwise():
    assert query.newest_first(asked())
    assert query.newest_first(asked(sort="Desc"))
    assert not query.newest_first(asked(sort="Asc"))


def test_everything_fits_where_nothing_is_asked_for():
    assert query.fits("Live", [])
    assert query.fits("Live", ["Live", "Filled"])
    assert not query.fits("Live", ["Filled"])
    assert not query.fits(None, ["Filled"])
