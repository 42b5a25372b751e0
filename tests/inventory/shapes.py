"""Reduces JSON to its shape: which paths it has and which kinds of values stand there, whatever the values are.

A shape maps each path to its kinds: `{"": "object", "fills": "list", "fills[].price": "null | number"}`. The elements
of a list share one path, as do the values of an object whose keys are data (`by_code.<key>`).
"""

import re
import typing

Shape = dict[str, str]

MS = range(10**12, 10**13)
"""Whole numbers that are times in milliseconds since the epoch: the years 2001 to 2286."""
SEPARATOR = " | "
OPTIONAL = " (at times)"
"""What ends a path that only some recordings of the same thing have."""
NULL = "null"
_FIELD = re.compile(r"[A-Za-z_][\w-]{0,30}")
_FORMS = {
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "decimal": re.compile(r"-?\d+\.\d+"),
    "uuid": re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"),
}


TEXTS = {"text", *_FORMS}


def shape_of(*values: typing.Any) -> Shape:
    """Return the shape that all of these values have together."""
    kinds: dict[str, set[str]] = {}
    for value in values:
        _add(kinds, "", value)
    return {path: join_kinds(found) for path, found in sorted(kinds.items())}


def merge(*shapes: Shape) -> Shape:
    """Return the shape of everything that has one of these shapes."""
    paths = {path for shape in shapes for path in shape}
    return {path: join_kinds(split_kinds(*(shape.get(path, "") for shape in shapes))) for path in sorted(paths)}


def split_kinds(*texts: str) -> set[str]:
    """Return the kinds that these texts name."""
    return {kind for text in texts for kind in text.split(SEPARATOR) if kind}


def join_kinds(kinds: typing.Iterable[str]) -> str:
    """Write several kinds as one text. `text` stands for every kind of text."""
    found = set(kinds)
    return SEPARATOR.join(sorted(found - (TEXTS - {"text"}) if "text" in found else found))


def kind_of(value: typing.Any) -> str:
    """Return the kind of one JSON value."""
    match value:
        case None:
            return NULL
        case bool():
            return "boolean"
        case int() if value in MS:
            return "ms"
        case int() | float():
            return "number"
        case str():
            return _kind_of_text(value)
        case list():
            return "list"
        case dict():
            return "object"
    raise TypeError(f"{type(value)} is no value of JSON")


def _kind_of_text(text: str) -> str:
    return next((kind for kind, form in _FORMS.items() if form.fullmatch(text)), "text")


def _add(kinds: dict[str, set[str]], path: str, value: typing.Any) -> None:
    kinds.setdefault(path, set()).add(kind_of(value))
    if isinstance(value, list):
        for element in value:
            _add(kinds, f"{path}[]", element)
    elif isinstance(value, dict):
        for key, inner in value.items():
            name = key if _FIELD.fullmatch(key) else "<key>"
            _add(kinds, f"{path}.{name}" if path else name, inner)
