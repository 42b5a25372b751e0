"""Events of a turn, beside the pieces of its answer."""

import typing

import msgspec

from assistant.chat.provider.errors import ProviderError
from assistant.chat.provider.events import Usage


class TurnStatus(msgspec.Struct, frozen=True):
    """What the turn does now, in words for people."""

    text: str


class ToolAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A call that begins. `call` counts from 1 in the turn; references name it."""

    call: int
    tool: str
    title: str
    arguments: dict[str, typing.Any]


class ToolAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """A call that ended. `age_ms` is the age of the oldest value in it; `detail` says why it failed."""

    call: int
    tool: str
    rows: int | None
    age_ms: int | None
    took_ms: int
    is_error: bool
    detail: str


class TurnOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a turn ended: with `stop`, `length` or `content_filter`, or by an error."""

    finish_reason: str
    usage: Usage
    is_tainted: bool
    error: ProviderError | None = None
