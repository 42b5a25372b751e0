"""Answers that a fault puts in the place of true ones: what the venue, its gateway and its maintenance really say."""

import asyncio

from brokers.loopback.asgi import Answer, Unanswered
from brokers.loopback.faults import Fault
from brokers.loopback.tradier.wording import (
    EXPIRED_TOKEN,
    INVALID_TOKEN,
    JSON_TYPE,
    NOT_FOUND,
    QUOTA,
    as_json,
    fault,
    over_quota,
    plain,
)

_HTML = "text/html"
_MAINTENANCE = b"<html><head><title>503 Service Unavailable</title></head><body>Scheduled maintenance</body></html>"
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_SLOW_S = 5.0
BAD_GATEWAY = Answer(502, _BAD_GATEWAY, _HTML)
ANSWERS: dict[str, Answer | None] = {
    "401": INVALID_TOKEN,
    "expired": EXPIRED_TOKEN,
    "404": NOT_FOUND,
    "429": over_quota("loopback"),
    "quota500": fault(500, "Rate limit quota violation. Quota limit  exceeded. Identifier : loopback", QUOTA),
    "quota403": fault(403, "Rate limit quota violation. Quota limit  exceeded. Identifier : loopback", QUOTA),
    "datastore": fault(500, "Datastore Error", "datastore.ErrorWhileAccessingDataStore"),
    "500": plain(500, "Internal Server Error"),
    "502": BAD_GATEWAY,
    "503": Answer(503, _MAINTENANCE, _HTML),
    "html200": Answer(200, _MAINTENANCE, _HTML),
    "errors": as_json({"errors": {"error": "Unexpected error"}}),
    "empty": Answer(200, b"", JSON_TYPE),
    "garbage": Answer(200, b"<<< not json >>>", JSON_TYPE),
    "slow": None,
    "timeout": None,
    "cut": None,
}
"""By mode; `slow` delays the true answer."""


async def spoil(found: Fault) -> Answer | Unanswered | None:
    """Do what a fault of a request does. Returns what it puts in place of the true answer, if it does."""
    if found.mode == "slow":
        await asyncio.sleep(found.delay or _SLOW_S)
        return None
    if found.mode in ("timeout", "cut"):
        return Unanswered(0.0 if found.mode == "cut" else found.delay or None)
    return ANSWERS[found.mode]
