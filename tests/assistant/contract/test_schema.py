"""What programs are told of arguments and results."""

import decimal
import typing

import msgspec

from assistant.contract.schema import schema_of
from assistant.contract.tool import NoInput, ToolInput


class Leg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leg of a trade."""

    symbol: str
    quantity: int = 1


class Wanted(ToolInput, frozen=True):
    """What is wanted."""

    legs: typing.Annotated[list[Leg], msgspec.Meta(min_length=1, max_length=8)]
    title: str | None = None


def test_references_are_replaced_and_no_other_field_is_allowed():
    schema = schema_of(Wanted)
    assert "$ref" not in str(schema)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["legs"]
    assert set(schema["properties"]) == {"legs", "title"}, "a field named as a word of schemas stays"
    leg = schema["properties"]["legs"]["items"]
    assert (leg["additionalProperties"], leg["required"], set(leg)) == (
        False,
        ["symbol"],
        {"type", "properties", "required", "additionalProperties"},
    )


def test_what_takes_nothing_is_an_object_without_fields():
    assert schema_of(NoInput) == {"type": "object", "properties": {}, "additionalProperties": False}


class Reckoned(msgspec.Struct, frozen=True):
    """Exact numbers."""

    value: decimal.Decimal
    most: decimal.Decimal | None = None


def test_an_exact_number_is_written_as_a_number():
    found = schema_of(Reckoned)["properties"]
    assert found["value"] == {"type": "number"}
    assert found["most"]["type"] == ["number", "null"]
