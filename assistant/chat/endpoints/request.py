"""The body of a request for a completion, as OpenAI's API has it, without what the desk does not do."""

import typing

import msgspec

from assistant.chat.endpoints.errors import ChatError
from assistant.chat.turn.tokens import Message

MOST_MESSAGES = 100
Content = str | list[dict[str, typing.Any]] | None
REFUSED = ("tools", "functions", "tool_choice", "function_call", "audio", "modalities", "response_format", "logprobs")
"""Parameters that a client may not set: tools are the desk's own."""


class ChatMessage(msgspec.Struct, frozen=True):
    """One message; other fields of it are ignored."""

    role: str
    content: Content = None


class StreamOptions(msgspec.Struct, frozen=True):
    """How an answer is streamed."""

    include_usage: bool = False


class DeskOptions(msgspec.Struct, frozen=True):
    """The conversation that goes on; empty for a new one. Its turns from the number `before` on are replaced."""

    conversation: str = ""
    before: typing.Annotated[int, msgspec.Meta(ge=1)] | None = None

    def keeps(self, number: int) -> bool:
        """Whether the turn of this number stays."""
        return self.before is None or number < self.before


class CompletionBody(msgspec.Struct, frozen=True):
    """The body. Parameters that change nothing here are ignored."""

    messages: typing.Annotated[list[ChatMessage], msgspec.Meta(min_length=1, max_length=MOST_MESSAGES)]
    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: typing.Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: typing.Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: typing.Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    n: int | None = None
    tapedeck: DeskOptions = DeskOptions()
    tools: msgspec.Raw | None = None
    functions: msgspec.Raw | None = None
    tool_choice: msgspec.Raw | None = None
    function_call: msgspec.Raw | None = None
    audio: msgspec.Raw | None = None
    modalities: msgspec.Raw | None = None
    response_format: msgspec.Raw | None = None
    logprobs: msgspec.Raw | None = None

    @property
    def most_tokens(self) -> int | None:
        """How long the answer may be, in tokens; None where that is not said."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with what the answer cost."""
        return self.stream_options is not None and self.stream_options.include_usage


def read_messages(body: CompletionBody, model: str) -> list[Message]:
    """Return the messages; the last is the question. Raises ChatError.

    Texts of `system` and `developer` are the person's own words: they never stand where the desk's system text does.
    """
    for name in REFUSED:
        if getattr(body, name) not in (None, b"null", b"[]", b"false"):
            raise ChatError("unsupported_parameter", f"{name} is not supported: tools are the desk's.", param=name)
    if body.n not in (None, 1):
        raise ChatError("unsupported_parameter", "n is 1.", param="n")
    if body.model not in (None, "", model):
        raise ChatError("model_not_found", f"The model of this desk is {model}.", param="model")
    messages = [_read(message, place) for place, message in enumerate(body.messages)]
    if messages[-1]["role"] != "user" or not messages[-1]["content"].strip():
        raise ChatError("invalid_request_error", "The last message is the question.", param="messages")
    return messages


def _read(message: ChatMessage, place: int) -> Message:
    param = f"messages[{place}]"
    if message.role not in ("user", "assistant", "system", "developer"):
        detail = f"The role of a message is user, assistant, system or developer, not {message.role[:40]!r}."
        raise ChatError("invalid_request_error", detail, param=f"{param}.role")
    role = "assistant" if message.role == "assistant" else "user"
    return {"role": role, "content": _text(message.content, f"{param}.content")}


def _text(content: Content, param: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if any(part.get("type") != "text" or not isinstance(part.get("text"), str) for part in content):
        raise ChatError("invalid_request_error", "Only text is read.", param=param)
    return "\n".join(part["text"] for part in content)
