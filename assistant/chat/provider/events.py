"""What a model server tells while it answers."""

import typing

import msgspec

FinishReason = typing.Literal["stop", "length", "content_filter", "tool_calls"]


class CallRequest(msgspec.Struct, frozen=True):
    """A tool that the model wants called. `text` is its arguments as they came; `arguments` is None for no object."""

    id: str
    name: str
    arguments: dict[str, typing.Any] | None
    text: str


class Usage(msgspec.Struct, frozen=True):
    """Tokens of the prompt and of the answer. Estimated where the server does not count them."""

    prompt: int
    completion: int
    is_estimated: bool


class TextDelta(msgspec.Struct, frozen=True):
    """The next piece of the answer, never empty."""

    text: str


class Finished(msgspec.Struct, frozen=True):
    """The end of an answer; `reason` is `tool_calls` where there are calls, whatever the server says.

    `is_cut`: the server broke off after a part of the answer, and calls are lost. `is_text_call`: the model wrote a
    call as text, which is dropped. `thinking` counts the characters that it thought aloud, which are dropped too.
    """

    reason: FinishReason
    calls: tuple[CallRequest, ...]
    usage: Usage
    is_cut: bool = False
    is_text_call: bool = False
    thinking: int = 0
