"""The ways in which model servers differ from the protocol, and break: each is a name behind the model's own.

`simulated+noindex+cut` is the honest model, whose calls have no index, and whose connection is cut in the middle.
"""

import typing

import msgspec

from simulator.asgi import Json
from simulator.model.replies import SimReply

QUIRKS = frozenset({
    "noindex", "index0", "noid", "idfirst", "argsdict", "nodone", "cut", "miderror", "slow", "stall", "think",
    "texttool", "usageeach", "nousage", "finishstop", "hugeargs", "badjson", "loop", "huge", "whole", "emptyfirst",
    "nullfirst", "dead", "busy", "retry", "toolong", "refused", "redirect", "garbage",
    "shortcontext",
})  # fmt: skip
"""Those that there are. Those of `REFUSALS` are answers of their own (see http.py), the others shape a stream."""
PIECE = 12
"""Characters of a piece of text."""
SLOW_S = 0.2
HUGE_PIECE, HUGE_BYTES = 64 * 1024, 10 * 1024 * 1024
HUGE_ARGUMENTS = 200_000
SHORT_CONTEXT = 256
"""Tokens that `shortcontext` reads and writes at most: it cuts prompts from the front without a word."""


class SimPause(msgspec.Struct, frozen=True):
    """Nothing is sent for so long, in s; None: until the client leaves."""

    seconds: float | None


class SimCut(msgspec.Struct, frozen=True):
    """The connection ends without a word."""


SimStep = bytes | SimPause | SimCut


def steps_of(head: Json, reply: SimReply, usage: Json, quirks: typing.AbstractSet[str]) -> typing.Iterator[SimStep]:
    """Yield the stream of an answer. `head` is what every chunk has."""
    return _Stream(head, reply, usage, quirks).steps()


class _Stream:
    def __init__(self, head: Json, reply: SimReply, usage: Json, quirks: typing.AbstractSet[str]) -> None:
        self._head = head
        self._reply = reply
        self._usage = usage
        self._quirks = quirks

    def steps(self) -> typing.Iterator[SimStep]:
        """Yield everything, in order."""
        if self._reply.delay_s:
            yield SimPause(self._reply.delay_s)
        if "emptyfirst" in self._quirks:
            yield self._event({**self._head, "choices": [], "prompt_filter_results": []})
        yield self._chunk({"role": "assistant", "content": None if "nullfirst" in self._quirks else ""})
        if "stall" in self._quirks:
            yield SimPause(None)
        deltas = list(self._deltas())
        middle = (len(deltas) + 1) // 2
        for place, delta in enumerate(deltas):
            if place == middle:
                yield from self._broken()
            if "slow" in self._quirks:
                yield SimPause(SLOW_S)
            yield self._chunk(delta)
        if len(deltas) <= middle:
            yield from self._broken()
        if "huge" in self._quirks:
            yield from self._flood()
        if "nodone" not in self._quirks:
            yield from self._end()

    def _broken(self) -> typing.Iterator[SimStep]:
        """Break in the middle, where a quirk says so."""
        if "miderror" in self._quirks:
            yield self._event({"error": {"message": "the engine failed", "type": "internal_error", "code": 500}})
            yield SimCut()
        if "badjson" in self._quirks:
            yield b'data: {"id": "x", "choices": [{"delta": {"con\n\n'
        if "cut" in self._quirks:
            yield SimCut()

    def _flood(self) -> typing.Iterator[SimStep]:
        for _ in range(HUGE_BYTES // HUGE_PIECE):
            yield self._chunk({"content": "a" * HUGE_PIECE})

    def _end(self) -> typing.Iterator[SimStep]:
        reason = "tool_calls" if self._reply.calls and "finishstop" not in self._quirks else "stop"
        yield self._chunk({}, reason)
        if "nousage" not in self._quirks and "usageeach" not in self._quirks:
            yield self._event({**self._head, "choices": [], "usage": self._usage})
        yield b"data: [DONE]\n\n"

    def _deltas(self) -> typing.Iterator[Json]:
        if "think" in self._quirks:
            for text in _pieces("<think>They want something. Is it 999.99? I look it up.</think>"):
                yield {"content": text}
            yield {"reasoning_content": "Or 888.88?"}
        if self._reply.calls and "texttool" in self._quirks:
            for text in _pieces(_written(self._reply)):
                yield {"content": text}
            return
        for text in _pieces(self._reply.text):
            yield {"content": text}
        for place, call in enumerate(self._reply.calls):
            yield from self._call(place, call.tool, call.arguments)

    def _call(self, place: int, tool: str, arguments: Json) -> typing.Iterator[Json]:
        """Yield the pieces of a call."""
        if "hugeargs" in self._quirks:
            arguments = {**arguments, "padding": "a" * HUGE_ARGUMENTS}
        text = msgspec.json.encode(arguments).decode()
        id = {} if "noid" in self._quirks else {"id": f"call_{tool}_{place}"}
        index = {} if "noindex" in self._quirks else {"index": 0 if "index0" in self._quirks else place}
        if "argsdict" in self._quirks:
            about: Json = {"name": tool, "arguments": arguments}
            yield {"tool_calls": [{**index, **id, "type": "function", "function": about}]}
            return
        about = {"name": tool, "arguments": ""}
        yield {"tool_calls": [{**index, **id, "type": "function", "function": about}]}
        repeated = {} if "idfirst" in self._quirks else id
        for piece in _pieces(text, 4 * PIECE if len(text) < HUGE_ARGUMENTS else HUGE_PIECE):
            yield {"tool_calls": [{**index, **repeated, "function": {"arguments": piece}}]}

    def _chunk(self, delta: Json, reason: str | None = None) -> bytes:
        chunk = {**self._head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        if "usageeach" in self._quirks:
            chunk["usage"] = self._usage
        return self._event(chunk)

    def _event(self, body: Json) -> bytes:
        return b"data: " + msgspec.json.encode(body) + b"\n\n"


def _pieces(text: str, size: int = PIECE) -> typing.Iterator[str]:
    return (text[place : place + size] for place in range(0, len(text), size))


def _written(reply: SimReply) -> str:
    call = reply.calls[0]
    return msgspec.json.encode({"name": call.tool, "parameters": call.arguments}).decode()
