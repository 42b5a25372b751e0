"""A request to the MCP endpoint, as far as the gate looks at it before the SDK does."""

import base64
import json
import typing

import msgspec

from streaming.transports.responses import Message, Receive, Scope, header
from streaming.wire import frames

HANDSHAKE_REVISIONS = frozenset({"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
"""Those in which a client introduces itself first. A request that names no revision is of one of them."""
MOST_BYTES = 65_536
STREAMING_TOOL = "stream_market_news"
"""The tool whose contract has the id of the request stand for a token of progress."""
ENCODED = "=?base64?", "?="
"""What stands around the name of a tool that is no plain ASCII."""
PARSE_ERROR, INVALID_REQUEST, SESSION_NOT_FOUND = -32700, -32600, -32001


class BadRequestError(Exception):
    """A message that is none: `code` is JSON-RPC's."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class TooLargeError(Exception):
    """A body of more than MOST_BYTES."""


class LeftError(Exception):
    """The client left before its request was whole."""


def named_tool(scope: Scope) -> str:
    """Return the tool that the head of a request calls; empty where it names none, or one that cannot be read."""
    name = header(scope, b"mcp-name") if header(scope, b"mcp-method") == "tools/call" else None
    if name is None or not (name.startswith(ENCODED[0]) and name.endswith(ENCODED[1])):
        return name or ""
    try:
        return base64.b64decode(name[len(ENCODED[0]) : -len(ENCODED[1])], validate=True).decode()
    except ValueError:
        return ""


class McpRequest:
    """One message, with its body as it was sent."""

    def __init__(self, scope: Scope, body: bytes) -> None:
        """Raises BadRequestError where the body is no JSON, or its id none of the handshake revisions."""
        revision = header(scope, b"mcp-protocol-version")
        self.has_handshake = revision is None or revision in HANDSHAKE_REVISIONS
        self.body = body
        self._message = _decode(body)
        if self.has_handshake:
            self._check_id()

    @property
    def method(self) -> str:
        """What is asked for; empty where that is not said."""
        method = self._message.get("method")
        return method if isinstance(method, str) else ""

    @property
    def tool(self) -> str:
        """The tool that is called; empty where none is."""
        name = self._params.get("name") if self.method == "tools/call" else None
        return name if isinstance(name, str) else ""

    @property
    def arguments(self) -> dict[str, typing.Any]:
        """What the tool is called with; empty where that is nothing that a tool takes."""
        found = self._params.get("arguments")
        return found if isinstance(found, dict) else {}

    def with_progress_token(self) -> bytes:
        """Return the body, in which the request's id asks for progress where the contract of a tool has that."""
        arguments, meta = self._params.get("arguments"), self._params.get("_meta") or {}
        if not (self.has_handshake and self.tool == STREAMING_TOOL and isinstance(arguments, dict)):
            return self.body
        has_token = not isinstance(meta, dict) or "progressToken" in meta
        if arguments.get("stream") is not True or has_token or "id" not in self._message:
            return self.body
        params = {**self._params, "_meta": {**meta, "progressToken": self._message["id"]}}
        return json.dumps({**self._message, "params": params}).encode()

    @property
    def _params(self) -> dict[str, typing.Any]:
        params = self._message.get("params")
        return params if isinstance(params, dict) else {}

    def _check_id(self) -> None:
        """Refuse an id that is neither text nor a whole number: the SDK would take it for a notification."""
        if "id" in self._message and type(self._message["id"]) not in (str, int):
            raise BadRequestError(INVALID_REQUEST, "The id of a request is a text or a whole number.")


def _decode(body: bytes) -> dict[str, typing.Any]:
    """Return the message; empty for JSON that is no object, which the SDK refuses. Raises BadRequestError."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequestError(PARSE_ERROR, "Parse error") from error
    return found if isinstance(found, dict) else {}


def error_body(code: int, detail: str) -> str:
    """Write an error of JSON-RPC that answers no request in particular."""
    return frames.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": detail}})


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """Return the body of a request. Raises TooLargeError and LeftError."""
    told = header(scope, b"content-length") or ""
    if told.isdecimal() and int(told) > MOST_BYTES:
        raise TooLargeError
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LeftError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise TooLargeError
        if not message.get("more_body", False):
            return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that brings `body` first."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
