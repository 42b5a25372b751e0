"""Reads the values that rules are made of from JSON. Each raises RuleError with the place of what is wrong. Pure."""

import decimal
import typing
from collections.abc import Mapping

from alerts.rules.errors import RuleError

Json = typing.Any
_WORST = decimal.Decimal(10) ** 15
"""No number of a rule is larger than this, nor has more than 12 places."""


def check_keys(body: Json, known: tuple[str, ...], place: str) -> None:
    """Refuse an object with other keys than these, and what is no object."""
    if not isinstance(body, Mapping):
        raise RuleError(place, "is not an object")
    for key in body:
        if key not in known:
            raise RuleError(join_place(place, key), f"is not known here: there are {', '.join(known)}")


def join_place(place: str, key: object) -> str:
    """Return the place of a key."""
    return f"{place}.{key}" if place else str(key)


def read_choice(given: Json, known: tuple[str, ...], place: str) -> typing.Any:
    """Read one of these words."""
    if not isinstance(given, str) or given not in known:
        raise RuleError(place, f"is one of {', '.join(known)}, not {show(given)}")
    return given


def show(given: Json) -> str:
    """Write what was given, shortened, for an error."""
    text = repr(str(given) if isinstance(given, decimal.Decimal) else given)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_whole(given: Json, place: str, most: int) -> int:
    """Read a whole number from 0 to `most`."""
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= most:
        raise RuleError(place, f"is a whole number from 0 to {most}, not {show(given)}")
    return given


def read_number(given: Json, place: str) -> decimal.Decimal:
    """Read a number that can be compared, as it was written."""
    if isinstance(given, bool) or not isinstance(given, int | float | decimal.Decimal):
        raise RuleError(place, f"is a number, not {show(given)}")
    number = decimal.Decimal(str(given))
    if not number.is_finite() or abs(number) > _WORST or typing.cast(int, number.as_tuple().exponent) < -12:
        raise RuleError(place, f"is no number that can be compared: {show(given)}")
    return number


def read_text(given: Json, place: str, most: int) -> str:
    """Read a text of at most `most` characters."""
    if not isinstance(given, str) or len(given) > most:
        raise RuleError(place, f"is a text of at most {most} characters")
    if not all(letter.isprintable() or letter == "\n" for letter in given):
        raise RuleError(place, "has characters that cannot be shown")
    return given


def read_texts(given: Json, place: str, most: int, length: int) -> tuple[str, ...]:
    """Read at most `most` texts, each of at most `length` characters."""
    if not isinstance(given, list | tuple) or len(given) > most:
        raise RuleError(place, f"is a list of at most {most} texts")
    return tuple(read_text(text, f"{place}[{at}]", length) for at, text in enumerate(given))
