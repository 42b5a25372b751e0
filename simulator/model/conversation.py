"""What a model is told: the question of this turn, the tools, and what these answered since. Pure."""

import re
import typing

import msgspec

from simulator.asgi import Json


class SimToolResult(msgspec.Struct, frozen=True):
    """The answer to a call of this turn. `number` is what references to it begin with; `value` is {} for no JSON."""

    number: int
    tool: str
    value: Json
    text: str


class SimConversation(msgspec.Struct, frozen=True):
    """A request of a chat, as far as a model reads it."""

    question: str
    system: str
    tools: frozenset[str]
    results: tuple[SimToolResult, ...]
    texts: tuple[str, ...]
    """Everything that was said, the question and results among it."""


def read_conversation(body: Json) -> SimConversation:
    """Read a request. Raises KeyError, TypeError, or AttributeError where it has not the form of one."""
    messages: list[Json] = body["messages"]
    begin = _begin(messages)
    tools = frozenset(tool["function"]["name"] for tool in body.get("tools") or ())
    return SimConversation(
        question=next((_text(one) for one in messages[begin:] if one["role"] == "user"), ""),
        system="\n".join(_text(one) for one in messages if one["role"] in ("system", "developer")),
        tools=tools,
        results=tuple(_results(messages[begin:])),
        texts=tuple(_text(one) for one in messages),
    )


def _begin(messages: typing.Sequence[Json]) -> int:
    """Return where the turn begins: after the last answer that called nothing.

    Its first message of a person is the question; others are what their desk tells the model meanwhile.
    """
    answers = [place for place, one in enumerate(messages) if one["role"] == "assistant" and not one.get("tool_calls")]
    return answers[-1] + 1 if answers else 0


def _text(message: Json) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return content or ""


def _results(messages: typing.Sequence[Json]) -> typing.Iterator[SimToolResult]:
    names = {call["id"]: call["function"]["name"] for one in messages for call in one.get("tool_calls") or ()}
    answers = [one for one in messages if one["role"] == "tool"]
    for number, one in enumerate(answers, 1):
        text = _text(one)
        value = _value(text)
        named = re.fullmatch(r"c(\d{1,3})", str(value.get("call")))
        tool = names.get(one.get("tool_call_id"), "")
        yield SimToolResult(int(named[1]) if named else number, tool, value, text)


def _value(text: str) -> Json:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
