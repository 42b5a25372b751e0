"""What stands before the SDK: who may ask what, in a fixed order, each refusal with its own status.

The site and the page come first, then the method, the token, and the request itself: nothing is said of tokens or
sessions to what has no business here.
"""

import contextlib
import math
import typing
from collections.abc import AsyncIterator

import msgspec
from channels.db import database_sync_to_async
from django.db import DatabaseError

from accounts.auth import authentication, tokens
from assistant import rate_limits
from assistant.catalogue import tool_named
from assistant.contract.caller import ToolCaller
from assistant.counts import counts
from assistant.mcp import cors, request, sessions
from assistant.mcp.credentials import CredentialError, read_caller
from assistant.mcp.owner import NotReadyError, ServerOwner
from assistant.mcp.request import BadRequestError, LeftError, McpRequest, TooLargeError
from assistant.open_streams import BUSY_S, enter_stream
from assistant.switch import when_on
from market.api.cors import for_listed
from streaming.rpc.client import RpcError
from streaming.runtime import runtime
from streaming.transports import origins
from streaming.transports.responses import App, Message, Receive, Scope, Send, answer, header, start_response
from streaming.wire import frames
from streaming.wire.subscription import SubscriptionError

REQUESTS = 120, 60_000
BURST = 40, 10_000
"""How many requests one token makes, at most, in how many ms."""
RESTARTED_S = 5
SESSION = b"mcp-session-id"
JSON, EVENTS = "application/json", "text/event-stream"
_in_url = database_sync_to_async(tokens.in_url, thread_sensitive=False)


class RefusalError(Exception):
    """A request that does not reach the SDK: its status, its JSON, and what stands in its head."""

    def __init__(self, status: int, text: str, headers: typing.Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers or {}


def _refusal(status: int, code: str, detail: str, *, retry_s: float | None = None, challenge: str = "") -> RefusalError:
    headers = {} if retry_s is None else {"Retry-After": str(max(1, math.ceil(retry_s)))}
    headers |= {"WWW-Authenticate": challenge} if challenge else {}
    return RefusalError(status, frames.error(code, detail), headers)


class McpGate:
    """The MCP endpoint: requests that may pass are served by an owner's server."""

    def __init__(self, owner: ServerOwner) -> None:
        self._owner = owner
        self.app: App = when_on(self._check_site)
        self._known_site = for_listed(self._check_method, cors.ALLOWED, cors.READABLE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        await self.app(scope, receive, send)

    async def _check_site(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is for a name of this desk and from a page that may ask, if it is from a page."""
        if not origins.serves_host(scope):
            await _refuse(send, _refusal(421, "forbidden", "This desk does not serve that host."))
        elif header(scope, b"origin") is not None and not origins.is_own(scope):
            await _refuse(send, _refusal(403, "forbidden", "This comes from a page that is not this desk's."))
        else:
            await self._known_site(scope, receive, send)

    async def _check_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await _check_url(scope)
            if scope["method"] == "DELETE" and header(scope, SESSION) is not None:
                await _end_session(scope, send)
            elif scope["method"] == "POST":
                await self._serve(scope, receive, send)
            else:
                raise RefusalError(405, "", {"Allow": "POST"})
        except RefusalError as error:
            await _refuse(send, error)
        except LeftError:
            pass

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = await _read_caller(scope)
        _check_scope(scope, caller)
        if (header(scope, b"content-type") or "").partition(";")[0].strip().lower() != JSON:
            raise _refusal(415, "bad_message", f"Send {JSON}.")
        asked = await _read_request(scope, receive)
        await _count_request(caller)
        await _check_session(scope, asked, caller)
        if runtime().hub.closing:
            raise _refusal(503, "restarting", "This desk is restarting.", retry_s=RESTARTED_S)
        is_first = asked.method == "initialize" and asked.has_handshake
        dressed = _dress(send, sessions.new_session(caller.token_id) if is_first else "")
        async with _placed(asked, caller) as placed:
            passed = {**scope, "headers": _plain_headers(scope), "access": caller.access, "caller": placed}
            try:
                await self._owner.find()(passed, request.replay(asked.with_progress_token(), receive), dressed)
            except NotReadyError as error:
                raise _refusal(503, "unavailable", "The server is not ready yet. Come again.", retry_s=1) from error


async def _check_url(scope: Scope) -> None:
    """Refuse a token in the URL, and revoke it."""
    try:
        if scope["query_string"] and await _in_url(scope["query_string"].decode("latin1")):
            raise _refusal(400, "token_in_url", authentication.IN_URL)
    except DatabaseError as error:
        raise _refusal(503, "unavailable", authentication.AWAY, retry_s=authentication.AWAY_S) from error


async def _read_caller(scope: Scope) -> ToolCaller:
    try:
        return await read_caller(scope)
    except CredentialError as error:
        raise _refusal(
            error.status, error.code, error.detail, retry_s=error.retry_s, challenge=error.challenge
        ) from error


def _check_scope(scope: Scope, caller: ToolCaller) -> None:
    """Refuse a tool that the token may not call, where the head of the request names it."""
    tool = tool_named(request.named_tool(scope))
    if tool is not None and not caller.may(tool.scope):
        challenge = 'Bearer error="insufficient_scope", scope="read trade"'
        raise _refusal(403, "forbidden", f"This API token may not {tool.scope}.", challenge=challenge)


async def _read_request(scope: Scope, receive: Receive) -> McpRequest:
    try:
        return McpRequest(scope, await request.read_body(scope, receive))
    except TooLargeError as error:
        raise _refusal(413, "bad_message", f"This takes {request.MOST_BYTES} bytes at most.") from error
    except BadRequestError as error:
        raise RefusalError(400, request.error_body(error.code, error.detail)) from error


@contextlib.asynccontextmanager
async def _placed(asked: McpRequest, caller: ToolCaller) -> AsyncIterator[ToolCaller]:
    """Count a call that stays open among the streams of its person, until it is over."""
    tool = tool_named(asked.tool)
    async with contextlib.AsyncExitStack() as stack:
        if tool is not None and tool.stays_open(asked.arguments):
            try:
                await stack.enter_async_context(enter_stream(caller.person_id))
            except SubscriptionError as error:
                raise _refusal(429, error.code, error.detail, retry_s=BUSY_S) from error
            except RpcError as error:
                raise _refusal(503, error.code, error.detail, retry_s=error.retry_s) from error
            caller = msgspec.structs.replace(caller, has_place=True)
        yield caller


async def _count_request(caller: ToolCaller) -> None:
    for most, window_ms in (BURST, REQUESTS):
        wait_s = await rate_limits.count_start(f"mcp:{caller.rate_key}", most, window_ms)
        if wait_s is not None:
            detail = f"One token makes {most} requests in {window_ms // 1000} s at most."
            raise _refusal(429, "rate_limited", detail, retry_s=wait_s)


async def _check_session(scope: Scope, asked: McpRequest, caller: ToolCaller) -> None:
    """Refuse a session that is not the token's, or ended. A request without one is served; others know of none."""
    name = header(scope, SESSION)
    if asked.has_handshake and name is not None and not await sessions.use_session(name, caller.token_id):
        raise _no_session()


async def _end_session(scope: Scope, send: Send) -> None:
    caller = await _read_caller(scope)
    await _count_request(caller)
    if not await sessions.end_session(header(scope, SESSION) or "", caller.token_id):
        raise _no_session()
    counts.sessions["ended"] += 1
    await start_response(send, 204, {})
    await send({"type": "http.response.body", "body": b""})


def _no_session() -> RefusalError:
    return RefusalError(404, request.error_body(request.SESSION_NOT_FOUND, "Session not found"))


def _dress(send: Send, session: str) -> Send:
    """Return a `send` for the SDK: its answers say what all answers of the desk do, and name a session that begins.

    That a client is gone is no error: the SDK hears of it when it receives.
    """

    async def sent(message: Message) -> None:
        with contextlib.suppress(OSError):
            if message["type"] != "http.response.start":
                await send(message)
                return
            headers = {name.decode("latin1").title(): value.decode("latin1") for name, value in message["headers"]}
            if session and message["status"] == 200:
                counts.sessions["begun"] += 1
                headers["Mcp-Session-Id"] = session
            await start_response(send, message["status"], headers)

    return sent


def _plain_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request as the SDK takes them: JSON is written its way, and accepted beside events."""
    accepted = header(scope, b"accept") or ""
    kinds = {one.partition(";")[0].strip().lower() for one in accepted.split(",")}
    plain = {b"content-type": JSON, b"accept": f"{JSON}, {EVENTS}" if EVENTS in kinds else accepted}
    rest = [(name, value) for name, value in scope["headers"] if name.lower() not in plain]
    return [*rest, *((name, value.encode("latin1")) for name, value in plain.items())]


async def _refuse(send: Send, error: RefusalError) -> None:
    counts.refused[str(error.status)] += 1
    await answer(send, error.status, error.text, error.headers)
