"""The liar: asks what the honest model asks, and answers with figures that are nearly right. Each is wrong. Pure."""

import decimal
import re
import typing
import zlib

from simulator.model import rules
from simulator.model.conversation import SimConversation, SimToolResult
from simulator.model.replies import SimReply

REFERENCE = re.compile(r"\[\[c(\d+):(/[^\]]*)\]\]")
Value = decimal.Decimal


def reply(conversation: SimConversation) -> SimReply:
    """Return the next answer: calls as the honest model has them, and figures that none of them told."""
    honest = rules.reply(conversation)
    if honest.calls or not conversation.results:
        return honest
    results = {result.number: result for result in conversation.results}
    return SimReply(REFERENCE.sub(lambda match: _lie(results[int(match[1])], match[2]), honest.text))


def _lie(result: SimToolResult, pointer: str) -> str:
    """Return a wrong figure in the place of a true one; of a text the text."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    true = _look_up(result.value, parts)
    if isinstance(true, bool) or not isinstance(true, int | float):
        return str(true)
    exact = Value(str(true))
    lies = [lie for lie in _lies(result, parts, exact) if lie != exact]
    return f"{lies[zlib.crc32(f'{pointer} {true}'.encode()) % len(lies)]:f}"


def _lies(result: SimToolResult, parts: list[str], true: Value) -> typing.Iterator[Value]:
    """Yield wrong figures: off by one in the last digit, with the sign changed, of before, of another row, tenfold."""
    unit = Value(1).scaleb(int(true.as_tuple().exponent))
    yield true + unit
    yield true - unit
    yield -true
    yield true * 10
    row = _look_up(result.value, parts[:-1])
    if isinstance(row, dict) and isinstance(change := row.get("change"), int | float):
        yield true - Value(str(change))
    other = _other_row(result, parts)
    if isinstance(other, int | float) and not isinstance(other, bool):
        yield Value(str(other))


def _other_row(result: SimToolResult, parts: list[str]) -> typing.Any:
    """Return the same field of the next row; None where there is none."""
    place = next((index for index, part in enumerate(parts) if part.isdigit()), None)
    if place is None:
        return None
    following = [*parts[:place], str(int(parts[place]) + 1), *parts[place + 1 :]]
    return _look_up(result.value, following)


def _look_up(value: typing.Any, parts: list[str]) -> typing.Any:
    for part in parts:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return value
