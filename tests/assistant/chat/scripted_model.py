"""A model server that says what a test wrote for it, in place of the provider's client."""

import asyncio
import json
import typing
from collections.abc import AsyncGenerator, Sequence

from assistant.chat.provider import client
from assistant.chat.provider.errors import ProviderError
from assistant.chat.provider.events import CallRequest, Finished, TextDelta, Usage
from assistant.chat.server import ModelServer

SERVER = ModelServer("local", "http://model.example:1234/v1", "scripted", "", 32_768)
Step = str | Finished | ProviderError | asyncio.Event
"""A text, the end, a failure, or something to wait for."""


def request(name: str, number: int = 1, **arguments: typing.Any) -> CallRequest:
    """A call that a model requests."""
    return CallRequest(f"call_{number}", name, arguments, json.dumps(arguments))


def calls(*requests: CallRequest, prompt: int = 100) -> Finished:
    """An end with calls."""
    return Finished("tool_calls", requests, Usage(prompt, 10, False))


def end(reason: typing.Any = "stop", **fields: typing.Any) -> Finished:
    """An end without calls."""
    return Finished(reason, (), Usage(100, 10, False), **fields)


class ScriptedModel:
    """Says one list of steps each time it is asked, the last one again and again."""

    def __init__(self, *rounds: Sequence[Step]) -> None:
        self.rounds = list(rounds)
        self.asked: list[list[dict]] = []
        self.tools: list[list[dict]] = []
        self.open = 0

    async def stream(
        self, server: ModelServer, messages: typing.Any, tools: typing.Any, **limits: typing.Any
    ) -> AsyncGenerator[TextDelta | Finished]:
        """As `stream_completion`."""
        self.asked.append(list(messages))
        self.tools.append(list(tools))
        steps = self.rounds.pop(0) if len(self.rounds) > 1 else self.rounds[0]
        self.open += 1
        try:
            for step in steps:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, ProviderError):
                    raise step
                else:
                    yield TextDelta(step) if isinstance(step, str) else step
        finally:
            self.open -= 1

    def install(self, monkeypatch: typing.Any) -> typing.Self:
        """Stand in for the client."""
        monkeypatch.setattr(client, "stream_completion", self.stream)
        return self
