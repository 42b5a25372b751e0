"""An answer as it grows: what is stored of it, and what stays where its client leaves. Pure."""

import typing

import msgspec

from assistant.audit import digest_of
from assistant.chat.conversations.store import TurnRecord
from assistant.chat.grounding.pieces import BoundNumber, Piece, Quoted, Unverified, Warned, Withheld, Words
from assistant.chat.provider.events import Usage
from assistant.chat.turn.events import ToolAnswered, ToolAsked, TurnStatus

WITHHELD = "[a number that is not in your data]"
Told = dict[str, typing.Any]
Event = Piece | TurnStatus | ToolAsked | ToolAnswered


def piece_body(piece: Piece) -> Told:
    """Return a piece as JSON has it: its kind, its text, and where a number is from."""
    match piece:
        case Words(text):
            return {"kind": "words", "text": text}
        case Quoted(text):
            return {"kind": "quoted", "text": text}
        case Unverified(text):
            return {"kind": "unverified", "text": text}
        case Warned(text):
            return {"kind": "warning", "text": text}
        case Withheld():
            return {"kind": "withheld", "text": WITHHELD}
        case BoundNumber():
            found = {"kind": "number", "text": piece.text, "call": piece.call, "path": piece.path}
            return found | {"value": piece.value, "unit": piece.unit} | ({"slot": piece.slot} if piece.slot else {})


def plain_text(piece: Piece) -> str:
    """Return a piece as a client reads it that knows nothing of pieces."""
    match piece:
        case Unverified(text):
            return f"{text} (not from your data)"
        case Warned(text):
            return f"\n\n{text}"
        case Withheld():
            return WITHHELD
        case _:
            return piece.text


class GrowingAnswer:
    """The pieces and calls of a turn so far."""

    def __init__(self) -> None:
        self._pieces: list[Told] = []
        self._calls: dict[int, Told] = {}
        self._texts: list[str] = []

    def take(self, event: Event) -> None:
        """Take an event of the turn, or a piece of its answer."""
        match event:
            case TurnStatus():
                pass
            case ToolAsked():
                digest = digest_of(event.arguments)
                self._calls[event.call] = {
                    "call": event.call, "tool": event.tool, "title": event.title, "digest": digest
                }  # fmt: skip
            case ToolAnswered():
                self._calls[event.call] |= msgspec.to_builtins(event)
            case _:
                self._add(event)

    def _add(self, piece: Piece) -> None:
        self._texts.append(plain_text(piece))
        body = piece_body(piece)
        last = self._pieces[-1] if self._pieces else {}
        if body["kind"] == last.get("kind") == "words":
            last["text"] += body["text"]
        else:
            self._pieces.append(body)

    @property
    def text(self) -> str:
        """The answer as plain text."""
        return "".join(self._texts)

    @property
    def sources(self) -> list[int]:
        """The calls that numbers of the answer are from."""
        return sorted({piece["call"] for piece in self._pieces if piece["kind"] == "number"})

    def count_numbers(self) -> dict[str, int]:
        """Return how many numbers are bound, quoted, unverified and withheld."""
        names = {"number": "bound", "quoted": "quoted", "unverified": "unverified", "withheld": "withheld"}
        kinds = [piece["kind"] for piece in self._pieces]
        return {name: kinds.count(kind) for kind, name in names.items()}

    def record(self, question: str, usage: Usage, outcome: str) -> TurnRecord:
        """Return what is stored of the turn."""
        return TurnRecord(
            question=question,
            pieces=self._pieces,
            tools=list(self._calls.values()),
            usage=usage_body(usage),
            outcome=outcome,
        )


def usage_body(usage: Usage) -> Told:
    """Return what a turn cost, in tokens, as OpenAI's API has it."""
    total = usage.prompt + usage.completion
    body: Told = {"prompt_tokens": usage.prompt, "completion_tokens": usage.completion, "total_tokens": total}
    return body | ({"estimated": True} if usage.is_estimated else {})
