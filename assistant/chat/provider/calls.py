"""Puts tool calls together from the pieces in which servers send them, whatever they leave out. Pure.

Servers send no index, or 0 for every call; no id, or the id with every piece; arguments as text or as an object.
"""

import typing

import msgspec

from assistant.chat.provider.events import CallRequest

MOST_CALLS = 32
"""Calls of one answer that are looked at: a turn runs fewer."""


class _OpenCall(msgspec.Struct):
    id: str
    name: str
    pieces: list[str]

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class CallAssembler:
    """The calls of one answer. `turn_round` is which answer of a turn it is, from 1: made-up ids hold it."""

    def __init__(self, turn_round: int) -> None:
        self._round = turn_round
        self._calls: list[_OpenCall] = []
        self._at: dict[int, _OpenCall] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, deltas: typing.Any) -> None:
        """Take the `tool_calls` of one chunk. What has not their form is skipped."""
        for place, delta in enumerate(deltas if isinstance(deltas, list) else ()):
            if isinstance(delta, dict):
                index = delta.get("index")
                self._take(index if isinstance(index, int) else place, delta)

    def _take(self, index: int, delta: dict[str, typing.Any]) -> None:
        function = delta.get("function")
        about: dict[str, typing.Any] = function if isinstance(function, dict) else {}
        id, name = _text(delta.get("id")), _text(about.get("name"))
        call = self._at.get(index)
        if call is None or _is_another(call, id, name):
            if len(self._calls) == MOST_CALLS:
                return
            call = self._at[index] = _OpenCall(id, name, [])
            self._calls.append(call)
        call.id, call.name = call.id or id, call.name or name
        arguments = about.get("arguments")
        if arguments:
            call.pieces.append(arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode())

    def requests(self) -> tuple[CallRequest, ...]:
        """Return the calls in the order in which they began, each with an id of its own."""
        found: list[CallRequest] = []
        taken: set[str] = set()
        for number, call in enumerate(self._calls, 1):
            id = call.id if call.id and call.id not in taken else f"call_{self._round}_{number}"
            taken.add(id)
            found.append(CallRequest(id, call.name, read_arguments(call.text), call.text))
        return tuple(found)


def _text(value: typing.Any) -> str:
    return value if isinstance(value, str) else ""


def _is_another(call: _OpenCall, id: str, name: str) -> bool:
    """Whether a piece at the place of `call` begins another one: by a new id, or by a name where no id tells."""
    if id and call.id:
        return id != call.id
    return bool(name and call.name) and (name != call.name or _is_whole(call.text))


def _is_whole(text: str) -> bool:
    return bool(text) and read_arguments(text) is not None


def read_arguments(text: str) -> dict[str, typing.Any] | None:
    """Return arguments; nothing at all is no arguments. None for what is no JSON object."""
    try:
        found = msgspec.json.decode(text.strip() or "{}")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
