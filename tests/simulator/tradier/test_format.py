"""Answers are worded as Tradier's, in JSON that was XML once, in XML, in plain text or as faults of its gateway."""

import decimal
import xml.etree.ElementTree as ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.tradier import format

Decimal = decimal.Decimal
TEXTS = some.text(some.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\x7f"), max_size=20)


@pytest.mark.parametrize(("items", "written"), [([], None), ([{"id": 1}], {"id": 1}), ([1, 2], [1, 2])])
def test_one_item_stands_alone_and_none_is_null(items: list[object], written: object):
    assert format.several(items) == written


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (1_795_000_000_007, "2026-11-18T11:06:40.007Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (999, "1970-01-01T00:00:00.999Z"),
    ],
)
def test_a_time_is_utc_to_the_millisecond(at: int, text: str):
    assert format.moment(at) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [(Decimal("12.34567"), 12.3457), (Decimal("1E+3"), 1000.0), (0.1 + 0.2, 0.3), (Decimal(-7), -7.0)],
)
def test_an_amount_is_a_number_of_four_places(value: Decimal | float, number: float):
    assert format.number(value) == number


def test_an_amount_may_have_fewer_places():
    assert format.number(Decimal("12.345"), 2) == pytest.approx(12.35, abs=0.0051)


def test_a_list_is_an_element_for_each_item_and_nothing_is_an_empty_one():
    body = {
        "orders": {"order": [{"id": 1, "is_open": True}, {"id": 2, "is_open": False}], "next": None, "text": "null"}
    }
    answer = format.as_xml(body)
    assert answer.body.decode().partition("?>")[2] == (
        "<orders><order><id>1</id><is_open>true</is_open></order><order><id>2</id><is_open>false</is_open></order>"
        "<next/><text>null</text></orders>"
    )
    assert answer.content_type.startswith("application/xml")


@given(some.dictionaries(some.sampled_from(("a", "b", "c")), TEXTS))
def test_whatever_a_text_says_the_xml_is_read_as_it_was_meant(values: dict[str, str]):
    root = ElementTree.fromstring(format.as_xml({"body": values}).body.decode().partition("?>")[2])  # noqa: S314
    assert {child.tag: child.text or "" for child in root} == values


def test_json_is_json():
    answer = format.as_json({"orders": "null"})
    assert (answer.status, answer.body, answer.content_type) == (
        200, b'{"orders":"null"}', "application/json;charset=UTF-8",
    )  # fmt: skip


def test_a_refused_parameter_is_a_plain_text_that_names_it():
    refused = format.invalid("start", "must be a date")
    assert str(refused) == "Invalid parameter, start: must be a date"
    assert (refused.answer.status, refused.answer.content_type) == (400, "text/plain;charset=UTF-8")


def test_the_gateway_answers_faults_with_a_code():
    answer = format.over_quota("123")
    told = msgspec.json.decode(answer.body)["fault"]
    assert (answer.status, told["detail"]["errorcode"]) == (429, "policies.ratelimit.QuotaViolation")
    assert told["faultstring"].endswith("Identifier : 123")
