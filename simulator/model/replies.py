"""What a loopback model says in one answer."""

import typing

import msgspec

from simulator.asgi import Json
from simulator.model.conversation import SimConversation


class SimCall(msgspec.Struct, frozen=True):
    """A tool that is to be called."""

    tool: str
    arguments: Json


class SimReply(msgspec.Struct, frozen=True):
    """An answer: text, calls, or both. `quirks` are added to those that its model has, `delay_s` goes before it."""

    text: str = ""
    calls: tuple[SimCall, ...] = ()
    quirks: tuple[str, ...] = ()
    delay_s: float = 0.0


SimBrain = typing.Callable[[SimConversation], SimReply]
"""What decides on an answer. The same conversation has the same one."""
