"""The venue's published fields (published.txt), and how an answer differs from them. Pure."""

import datetime
import decimal
import pathlib
import re
import typing

import msgspec

Body = dict[str, typing.Any]


class Field(msgspec.Struct, frozen=True):
    """What a field holds. `model` is the object's name where `kind` is one or many."""

    kind: str
    model: str = ""


def read(text: str) -> dict[str, dict[str, Field]]:
    """Read the list: a model's name at the margin, below it lines of a kind and its fields."""
    models: dict[str, dict[str, Field]] = {}
    fields: dict[str, Field] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            fields = models.setdefault(line, {})
            continue
        kind, *names = line.split()
        for name, _, of in (each.partition("=") for each in names):
            fields[name] = Field(of) if kind in ("seen", "modelled") else Field(kind, of)
    return models


MODELS = read(pathlib.Path(__file__).with_name("published.txt").read_text())


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        try:
            return decimal.Decimal(value).is_finite()
        except decimal.InvalidOperation:
            return False
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return _is_number(value) and decimal.Decimal(str(value)) % 1 == 0


def _is_date(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


def _is_time(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return datetime.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


HOLDS: dict[str, typing.Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "number": _is_number,
    "whole": _is_whole,
    "date": _is_date,
    "time": _is_time,
    "stamp": lambda value: _is_whole(value) or _is_time(value),  # documented as text, sent as ms since the epoch
    "effect": lambda value: value in ("Credit", "Debit", "None"),
    "any": lambda value: True,
    "string": lambda value: isinstance(value, str),
}


def faults(model: str, body: object) -> typing.Iterator[str]:
    """Tell every field of `body`, and of the objects in it, that is not published or holds another kind of value.

    An absent field is no fault, nor is a null: the venue leaves out what does not apply.
    """
    if model in HOLDS or not isinstance(body, dict):
        if model not in HOLDS or not HOLDS[model](body):
            yield f"{model} is {body!r}"
        return
    fields = MODELS[model]
    for name, value in body.items():
        if name not in fields:
            yield f"{model}.{name} is not published"
        elif value is not None:
            yield from _of_field(f"{model}.{name}", fields[name], value)


def _of_field(where: str, field: Field, value: object) -> typing.Iterator[str]:
    if field.kind == "one":
        yield from faults(field.model, value)
    elif field.kind != "many":
        if not HOLDS[field.kind](value):
            yield f"{where} is no {field.kind}: {value!r}"
    elif isinstance(value, list):
        for item in value:
            yield from faults(field.model, item)
    else:
        yield f"{where} is no list: {value!r}"
