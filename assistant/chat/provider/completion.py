"""Reads the answer of a model server, as a stream or whole, with the ways in which servers differ. Pure."""

import math
import typing
from collections.abc import Iterator, Sequence

import msgspec

from assistant.chat.provider.calls import CallAssembler
from assistant.chat.provider.errors import ProviderError
from assistant.chat.provider.events import CallRequest, Finished, FinishReason, TextDelta, Usage
from assistant.chat.provider.sse_data import SseData
from assistant.chat.provider.text_calls import TextCallFilter
from assistant.chat.provider.thinking import ThinkingFilter

DONE = "[DONE]"
BYTES_A_TOKEN = 3.6
"""What is reckoned with where a server counts no tokens."""
Json = dict[str, typing.Any]
_REASONS: dict[str, FinishReason] = {"length": "length", "content_filter": "content_filter"}


class CompletionReader:
    """One answer as it comes. `host` names the server to people, `prompt_bytes` is how long the question was."""

    def __init__(self, host: str, prompt_bytes: int, turn_round: int) -> None:
        self.is_done = False
        """Whether the server said that this is all."""
        self.has_text = False
        """Whether some of the answer was told on."""
        self._host = host
        self._prompt_bytes = prompt_bytes
        self._written = 0
        self._events = SseData()
        self._thinking = ThinkingFilter()
        self._text_calls = TextCallFilter()
        self._calls = CallAssembler(turn_round)
        self._usage: Usage | None = None
        self._reason: str | None = None

    def feed(self, chunk: bytes) -> Iterator[TextDelta]:
        """Take a piece of a stream. Raises ProviderError."""
        yield from self._take(self._events.feed(chunk))

    def read_whole(self, raw: bytes) -> Iterator[TextDelta]:
        """Take an answer that is no stream: some servers send none, whatever they are asked for."""
        found = self._decode(raw)
        for choice in _dicts(found.get("choices")):
            choice["delta"] = choice.get("message")
        self.is_done = True
        yield from self._take_chunk(found)

    def end(self) -> Iterator[TextDelta | Finished]:
        """Tell what was held back, and that this is all. Raises ProviderError where it is not."""
        if not self.is_done:
            yield from self._take(self._events.end())
        if not self.is_done and self._reason is None:
            if not self.has_text:
                raise self._error("broke off.")
            yield self.cut()
            return
        yield from self._delta(self._text_calls.feed(self._thinking.end()))
        yield from self._delta(self._text_calls.end())
        yield self._finished(self._calls.requests())

    def cut(self) -> Finished:
        """Return the end of an answer that broke off."""
        return msgspec.structs.replace(self._finished(()), is_cut=True)

    def _take(self, events: Sequence[str]) -> Iterator[TextDelta]:
        for data in events:
            if self.is_done:
                return
            if data.strip() == DONE:
                self.is_done = True
            else:
                yield from self._take_chunk(self._decode(data))

    def _decode(self, text: str | bytes) -> Json:
        try:
            found = msgspec.json.decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise self._error("sends what cannot be read.")
        return found

    def _take_chunk(self, chunk: Json) -> Iterator[TextDelta]:
        if chunk.get("error"):
            raise self._error("failed while it answered.")
        self._usage = _read_usage(chunk.get("usage")) or self._usage
        for choice in _dicts(chunk.get("choices"))[:1]:
            reason = choice.get("finish_reason")
            self._reason = reason if isinstance(reason, str) and reason else self._reason
            delta = choice.get("delta")
            if isinstance(delta, dict):
                yield from self._take_delta(delta)

    def _take_delta(self, delta: Json) -> Iterator[TextDelta]:
        self._calls.feed(delta.get("tool_calls"))
        for name in ("reasoning_content", "reasoning"):
            if isinstance(thought := delta.get(name), str):
                self._thinking.dropped += len(thought)
        if isinstance(content := delta.get("content"), str):
            self._written += len(content.encode(errors="replace"))
            yield from self._delta(self._text_calls.feed(self._thinking.feed(content)))

    def _delta(self, text: str) -> Iterator[TextDelta]:
        if text:
            self.has_text = True
            yield TextDelta(text)

    def _finished(self, calls: tuple[CallRequest, ...]) -> Finished:
        reason: FinishReason = "tool_calls" if calls else _REASONS.get(self._reason or "", "stop")
        return Finished(
            reason,
            calls,
            self._usage or self._estimate(calls),
            is_text_call=self._text_calls.is_call,
            thinking=self._thinking.dropped,
        )

    def _estimate(self, calls: tuple[CallRequest, ...]) -> Usage:
        written = self._written + sum(len(call.name) + len(call.text) for call in calls)
        return Usage(math.ceil(self._prompt_bytes / BYTES_A_TOKEN), math.ceil(written / BYTES_A_TOKEN), True)

    def _error(self, what: str) -> ProviderError:
        return ProviderError("provider_error", f"{self._host} {what}")


def _dicts(value: typing.Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _read_usage(value: typing.Any) -> Usage | None:
    """Return the tokens that a chunk counts; None where it counts none."""
    if not isinstance(value, dict):
        return None
    prompt, completion = value.get("prompt_tokens"), value.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int) or prompt <= 0:
        return None
    return Usage(prompt, max(0, completion), False)
