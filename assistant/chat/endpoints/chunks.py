"""The parts of a streamed answer, as OpenAI's API has them. Pure."""

import typing

import msgspec

from assistant.chat.endpoints.answer import Event, Told, piece_body, plain_text
from assistant.chat.grounding.pieces import Quoted, Words
from assistant.chat.turn.events import ToolAnswered, ToolAsked, TurnStatus

DONE = "[DONE]"


class CompletionHead(msgspec.Struct, frozen=True):
    """What each part of one answer begins with. `created` in s."""

    id: str
    created: int
    model: str

    def chunk(self, delta: Told, *, finish: str | None = None, own: Told | None = None) -> Told:
        """Return one chunk; `own` is what is the desk's own in it."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return self._head("chat.completion.chunk") | {"choices": [choice]} | ({} if own is None else {"tapedeck": own})

    def usage_chunk(self, usage: Told) -> Told:
        """Return the chunk that says what the answer cost."""
        return self._head("chat.completion.chunk") | {"choices": [], "usage": usage}

    def whole(self, text: str, finish: str, usage: Told, own: Told) -> Told:
        """Return an answer that is not streamed."""
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        return self._head("chat.completion") | {"choices": [choice], "usage": usage, "tapedeck": own}

    def event_chunk(self, event: Event) -> Told:
        """Return the chunk of an event of the turn, or of a piece of its answer."""
        match event:
            case TurnStatus(text):
                return self.chunk({}, own={"kind": "status", "text": text})
            case ToolAsked():
                return self.chunk({}, own={"kind": "asked", **_fields(event)})
            case ToolAnswered():
                return self.chunk({}, own={"kind": "answered", **_fields(event)})
            case Words(text) | Quoted(text):
                return self.chunk({"content": text})
            case _:
                return self.chunk({"content": plain_text(event)}, own=piece_body(event))

    def _head(self, kind: str) -> Told:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def _fields(event: msgspec.Struct) -> dict[str, typing.Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}
