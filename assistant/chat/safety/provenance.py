"""Where the arguments of a call come from: the person's words, trusted data, or the model alone. Pure."""

import decimal
import re
import typing
from collections.abc import Iterator, Mapping

import msgspec

from assistant.chat.grounding.evidence import Evidence
from assistant.chat.grounding.figures import find_figures
from assistant.tools.expression import literals_of
from brokers.instruments.symbols import normalise

SYMBOLS = frozenset({"symbol", "symbols", "add", "remove", "underlying"})
CONSTANTS = frozenset(map(decimal.Decimal, (0, 1, 2, 10, 100, 1000)))
"""Numbers that percent, averages and roundings need."""
_SHARES = {"pct": decimal.Decimal("0.01"), "frac": decimal.Decimal(100)}
"""By what a share is multiplied to be reckoned with in its other form."""
_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|\.\d+", re.ASCII)


class ArgumentOrigin(msgspec.Struct, frozen=True):
    """An argument by its JSON pointer. `chosen`: neither the person nor trusted data names it."""

    path: str
    value: str
    chosen: bool


def trace_arguments(arguments: Mapping[str, typing.Any], evidence: Evidence) -> list[ArgumentOrigin]:
    """Return where every symbol and every number of a call's arguments comes from."""
    return [
        ArgumentOrigin(path, str(value), not _is_known(field, value, evidence))
        for path, field, value in _leaves(arguments, "", "")
        if field in SYMBOLS or not isinstance(value, str)
    ]


def is_derived(arguments: Mapping[str, typing.Any], evidence: Evidence) -> bool:
    """Whether what `calculate` reckons with is the person's or of the data: constants aside, and not these alone."""
    written = {abs(one) for one in literals_of(str(arguments.get("expression", "")))}
    written |= {abs(decimal.Decimal(repr(one))) for one in (arguments.get("values") or {}).values()}
    known = written & {*_asked(evidence.question), *_observed(evidence)}
    return bool(known) and written <= known | CONSTANTS


def _asked(question: str) -> Iterator[decimal.Decimal]:
    """Return the numbers of a question; those in what may be a date or an idiom, too."""
    for found in _DIGITS.finditer(question):
        yield decimal.Decimal(found[0].replace(",", ""))
    for one in find_figures(question):
        if one.kind == "number":
            yield abs(one.value)
            if one.unit == "pct":
                yield abs(one.value) * _SHARES["pct"]


def _observed(evidence: Evidence) -> Iterator[decimal.Decimal]:
    """Return the numbers of results with which one may reckon: no times, no numbers of records."""
    for one in evidence.numbers:
        if one.unit not in ("at", "id"):
            yield abs(one.value)
            if one.unit in _SHARES:
                yield abs(one.value) * _SHARES[one.unit]


def _leaves(value: typing.Any, path: str, field: str) -> Iterator[tuple[str, str, typing.Any]]:
    """Return every text and number of arguments: its place, the field it is of, and itself."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(one, f"{path}/{name}", name)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, f"{path}/{index}", field)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, field, value


def _is_known(field: str, value: str | float, evidence: Evidence) -> bool:
    """Whether the question or a field that nobody else wrote names a value."""
    if isinstance(value, str):
        symbol = normalise(value)
        words = {word.strip(".,;:!?()\"'$").upper() for word in evidence.question.split()}
        return symbol in evidence.symbols or symbol in words
    number = abs(decimal.Decimal(repr(value)))
    asked = {abs(one.value) for one in find_figures(evidence.question) if one.kind == "number"}
    return number in asked or any(abs(one.value) == number and not one.is_count for one in evidence.numbers)
