"""Asks a model server one question, and tells its answer as it comes."""

import asyncio
import contextlib
import typing
from collections.abc import AsyncGenerator, Sequence

import httpx2
import msgspec
from django.conf import settings

from assistant.chat.provider import connection
from assistant.chat.provider.completion import CompletionReader
from assistant.chat.provider.connection import BrokenOffError
from assistant.chat.provider.context_watch import watch_of
from assistant.chat.provider.events import Finished, TextDelta
from assistant.chat.server import ModelServer

PATH = "/chat/completions"
Json = dict[str, typing.Any]


async def stream_completion(
    server: ModelServer,
    messages: Sequence[Json],
    tools: Sequence[Json],
    *,
    max_tokens: int,
    temperature: float | None = None,
) -> AsyncGenerator[TextDelta | Finished]:
    """Yield the pieces of an answer, then `Finished`. `messages` and `tools` have the form of OpenAI's API.

    Raises ProviderError. Closing the generator ends the request at once, and so does cancelling its reader: read it
    within `contextlib.aclosing`.
    """
    body = msgspec.json.encode(_body(server, messages, tools, max_tokens, temperature))
    reader = CompletionReader(server.host, len(body), _turn_round(messages))
    deadline = asyncio.get_running_loop().time() + settings.CHAT_REQUEST_TIMEOUT_SEC
    try:
        async with (
            connection.post(server, PATH, body, deadline) as response,
            contextlib.aclosing(_deltas(server, response, reader, deadline)) as deltas,
        ):
            async for delta in deltas:
                yield delta
    except BrokenOffError:
        if not reader.has_text:
            raise
        yield reader.cut()
        return
    for event in reader.end():
        if isinstance(event, Finished):
            watch_of(server).observe(len(body), event.usage)
        yield event


async def _deltas(
    server: ModelServer, response: httpx2.Response, reader: CompletionReader, deadline: float
) -> AsyncGenerator[TextDelta]:
    is_whole = response.headers.get("content-type", "").startswith("application/json")
    parts: list[bytes] = []
    async with contextlib.aclosing(connection.read_chunks(server, response, deadline)) as chunks:
        async for chunk in chunks:
            if is_whole:
                parts.append(chunk)
                continue
            for delta in reader.feed(chunk):
                yield delta
            if reader.is_done:
                return
    if is_whole:
        for delta in reader.read_whole(b"".join(parts)):
            yield delta


def _body(
    server: ModelServer, messages: Sequence[Json], tools: Sequence[Json], max_tokens: int, temperature: float | None
) -> Json:
    """Return a request. It always asks for a stream: a server that writes none notices late that its client left."""
    limit = "max_completion_tokens" if server.provider == "openai" else "max_tokens"
    body: Json = {
        "model": server.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        limit: max_tokens,
    }
    if tools:
        body["tools"] = tools
    if temperature is not None:
        body["temperature"] = temperature
    return body


def _turn_round(messages: Sequence[Json]) -> int:
    """Return which question of its turn this is: one more than the answers with calls so far."""
    return 1 + sum(1 for message in messages if message.get("tool_calls"))
