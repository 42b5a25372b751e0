"""Where the arguments of a changing tool come from: the person's words, trusted data, or the model alone. Pure."""

import decimal
import typing
from collections.abc import Iterator, Mapping

import msgspec

from assistant.chat.grounding.evidence import Evidence
from assistant.chat.grounding.figures import find_figures
from brokers.instruments.symbols import normalise

SYMBOLS = frozenset({"symbol", "symbols", "add", "remove", "underlying"})


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
