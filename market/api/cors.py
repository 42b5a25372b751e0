"""Lets pages of other sites read answers, if their origins are listed: nobody else's."""

import typing

from streaming.transports.origins import is_listed
from streaming.transports.responses import App, Message, Receive, Scope, Send, header, start_response

ALLOWED = {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "Authorization, X-API-Key, Last-Event-ID, Cache-Control, If-None-Match",
    "Access-Control-Max-Age": "600",
}
READABLE = {"Access-Control-Expose-Headers": "ETag, Retry-After"}
"""What such a page needs of an answer's head to ask again as it should."""


def for_listed(
    app: App, allowed: typing.Mapping[str, str] = ALLOWED, readable: typing.Mapping[str, str] = READABLE
) -> App:
    """Return `app`, whose answers pages of the origins in `ALLOWED_ORIGINS` may read.

    `allowed` is what a preflight is answered, `readable` what names the headers that such pages see.
    """

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin")
        headers = {"Vary": "Origin"}
        if origin is not None and is_listed(origin):
            headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", **readable}
            if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None:
                await start_response(send, 204, headers | dict(allowed))
                await send({"type": "http.response.body", "body": b""})
                return
        await app(scope, receive, _with(headers, send))

    return served


def _with(headers: typing.Mapping[str, str], send: Send) -> Send:
    raw = [(name.lower().encode(), value.encode("latin1")) for name, value in headers.items()]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *raw]}
        await send(message)

    return sent
