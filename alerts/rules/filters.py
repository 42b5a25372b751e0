"""Reads which events a comparison waits for, and whose. Each raises RuleError with the place of what is wrong. Pure."""

import decimal
import re
import typing
from collections.abc import Callable

from alerts.rules.errors import RuleError
from alerts.rules.fields import FieldRef
from alerts.rules.spec import MOST_WORDS, Filter, Scope
from alerts.rules.values import Json, check_keys, join_place, read_choice, read_number, read_text, read_texts, show
from brokers.catalogue import ENVIRONMENTS
from brokers.instruments.symbols import is_symbol, normalise
from news.impact.rules import MINUTES
from news.text.categories import CATEGORIES

_ITEM = ("symbol", "words", "category", "sentiment_above", "sentiment_below", "halt")
KNOWN = {"news": _ITEM, "impact": (*_ITEM, "impact_above", "impact_below", "minutes")}
"""What may be said of what happens to news, by the name of the field."""
USUAL_MINUTES = MINUTES[0]
"""After how many minutes it is looked what an item moved, where none are named."""
_HALT = re.compile(r"[A-Z][A-Z0-9]{0,5}")


def read_filter(given: Json, field: FieldRef, place: str) -> Filter:
    """Read which of the things that happen count."""
    if given is None:
        given = {}
    check_keys(given, Filter.__struct_fields__, place)
    read: dict[str, Callable[[Json, str], Json]] = {
        "symbol": lambda value, where: parse_symbol(value, where),
        "words": _words, "halt": _halt, "category": lambda value, where: read_choice(value, CATEGORIES, where),
        "sentiment_above": _sentiment, "sentiment_below": _sentiment,
        "impact_above": read_number, "impact_below": read_number, "minutes": _minutes,
        "side": lambda value, where: read_choice(value, ("buy", "sell"), where),
    }  # fmt: skip
    fitting = KNOWN.get(field.field.name, ("symbol", "kind", "side"))
    found: dict[str, typing.Any] = {}
    for key, value in given.items():
        where = join_place(place, key)
        if value is None or value == []:
            raise RuleError(where, "is empty: leave it out")
        if key not in fitting:
            raise RuleError(where, f"does not fit {field.text}: there are {', '.join(fitting)}")
        found[key] = read[key](value, where) if key in read else read_text(value, where, 40)
    return Filter(**found)


def parse_symbol(given: Json, place: str) -> str:
    """Read a symbol by its form; whether a venue knows it is the venue's to say. Raises RuleError."""
    symbol = normalise(read_text(given, place, 64))
    if not is_symbol(symbol):
        raise RuleError(place, f"{show(given)} cannot be a symbol")
    return symbol


def _words(given: Json, place: str) -> tuple[str, ...]:
    words = read_texts(given, place, MOST_WORDS, 60)
    for at, word in enumerate(words):
        if not word.strip():
            raise RuleError(f"{place}[{at}]", "is empty: leave it out")
    return words


def _halt(given: Json, place: str) -> str:
    if _HALT.fullmatch(read_text(given, place, 40)) is None:
        raise RuleError(place, f"is a reason code of the exchange, like T1 or LUDP, not {show(given)}")
    return str(given)


def _sentiment(given: Json, place: str) -> decimal.Decimal:
    number = read_number(given, place)
    if abs(number) > 1:
        raise RuleError(place, f"is from -1 to 1, not {number}")
    return number


def _minutes(given: Json, place: str) -> int:
    if isinstance(given, bool) or given not in MINUTES:
        raise RuleError(place, f"is one of {', '.join(map(str, MINUTES))}, not {show(given)}")
    return int(given)


def read_scope(given: Json, field: FieldRef, place: str) -> Scope:
    """Read whose account, or which link."""
    if given is None:
        return Scope()
    if field.field.subject not in ("position", "account", "order", "desk"):
        raise RuleError(place, f"does not fit {field.text}: it is said of accounts, positions, orders and the desk")
    check_keys(given, Scope.__struct_fields__, place)
    if "environment" in given:
        read_choice(given["environment"], ENVIRONMENTS, f"{place}.environment")
    return Scope(**{key: read_text(value, join_place(place, key), 64) for key, value in given.items()})
