"""Messages of the Model Context Protocol, as programs write and read them. It knows nothing of a desk."""

import json
import typing

import httpx

REVISION = "2026-07-28"
BOTH = "application/json, text/event-stream"
META = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
"""What each request of the newest revision says of its client."""
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


def message(method: str, params: typing.Any = None, number: typing.Any = 1) -> dict[str, typing.Any]:
    """Return a request of JSON-RPC."""
    return {"jsonrpc": "2.0", "id": number, "method": method, **({} if params is None else {"params": params})}


def answer_of(response: httpx.Response) -> dict[str, typing.Any]:
    """Return the last message of an answer, whether it came as JSON or as events."""
    if response.headers["content-type"].startswith("application/json"):
        return typing.cast(dict, response.json())
    return typing.cast(dict, events_of(response.text)[-1])


def events_of(text: str) -> list[typing.Any]:
    """Return the messages of a stream of events."""
    return [json.loads(line.removeprefix("data:")) for line in text.splitlines() if line.startswith("data:")]
