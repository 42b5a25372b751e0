"""Who may ask the chat's endpoints, and how: by session with a CSRF token, or by an API token."""

import io
import typing

import msgspec
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from accounts.auth.access import Access
from assistant.chat.endpoints.errors import ChatError, refusing, wrong_body
from assistant.chat.switch import when_chat_on
from assistant.mcp.request import MOST_BYTES, TooLargeError, read_body
from market.api.cors import for_listed
from streaming.runtime import runtime
from streaming.transports import admission
from streaming.transports.auth_middleware import let_in
from streaming.transports.responses import App, Receive, Scope, Send, header

JSON = "application/json"
ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, X-API-Key, X-CSRFToken, Content-Type, Accept, Cache-Control",
    "Access-Control-Max-Age": "600",
}
READABLE = {"Access-Control-Expose-Headers": "Retry-After"}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
Body = typing.TypeVar("Body", bound=msgspec.Struct)
Handler = typing.Callable[[Scope, Receive, Send, Access], typing.Awaitable[None]]
"""Serves a request of a person. Raises what `refusing` answers."""


class Csrf(CsrfViewMiddleware):
    """Django's check, whose refusal is a reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> typing.Any:
        return reason


def behind_door(**handlers: Handler) -> App:
    """Return an app that serves people who may ask, by the handler of the method."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        async with refusing(send):
            handler = handlers.get(scope["method"])
            if handler is None:
                allow = ", ".join(sorted(handlers))
                raise ChatError("method_not_allowed", f"Ask with {allow}.", allow=allow)
            access = admission.known(scope, runtime().hub)
            if not access.token and scope["method"] not in SAFE:
                _check_csrf(scope)
            await handler(scope, receive, send, access)

    return when_chat_on(for_listed(let_in(served), ALLOWED, READABLE))


def _check_csrf(scope: Scope) -> None:
    """Refuse what comes by a session without the token of a page. Raises ChatError."""
    request = ASGIRequest(scope, io.BytesIO())
    check = Csrf(_unused)
    check.process_request(request)
    if reason := check.process_view(request, _unused, (), {}):
        raise ChatError("forbidden", f"CSRF: {reason}")


def _unused(request: HttpRequest) -> HttpResponseBase:
    raise AssertionError("only its attributes are looked at")


async def read_json(scope: Scope, receive: Receive, form: type[Body]) -> Body:
    """Return the body of a request. Raises ChatError and LeftError."""
    if (header(scope, b"content-type") or "").partition(";")[0].strip().lower() != JSON:
        raise ChatError("unsupported_media_type", f"Send {JSON}.")
    try:
        body = await read_body(scope, receive)
    except TooLargeError as error:
        raise ChatError("too_large", f"This takes {MOST_BYTES} bytes at most.") from error
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise wrong_body(error) from error
    except RecursionError as error:
        raise ChatError("invalid_request_error", "The body nests too deep.") from error
