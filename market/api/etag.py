"""Lets a client ask whether an answer is still the one that it has: ETag, If-None-Match, and 304."""

import hashlib
import typing

from streaming.transports.responses import Scope, Send, header


def with_etag(scope: Scope, send: Send, until: bytes = b"") -> Send:
    """Return `send`, which answers 304 where the client has what would be sent.

    What stands behind the first `until` does not count, as the time of an answer at its end.
    """
    started: dict[str, typing.Any] = {}

    async def sent(message: typing.Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            started.update(message)
        elif started and not message.get("more_body"):
            body = message.get("body", b"")
            told = body.partition(until)[0] if until else body
            tag = f'"{hashlib.blake2s(told, digest_size=12).hexdigest()}"'
            known = _is_known(header(scope, b"if-none-match") or "", tag)
            headers = [*started["headers"], (b"etag", tag.encode())]
            if known:
                headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
            await send({**started, "status": 304 if known else 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if known else body})
        else:
            await send(message)

    return sent


def _is_known(asked: str, tag: str) -> bool:
    """Whether `If-None-Match` names a tag, which a proxy that packs answers makes a weak one (RFC 9110, 13.1.2)."""
    return asked.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in asked.split(","))
