"""Answers that a fault puts in the place of true ones, whoever they are asked of."""

import asyncio
import typing

from simulator.asgi import Answer, Unanswered
from simulator.faults.faults import Fault

HTML = "text/html"
_MAINTENANCE = b"<html><head><title>503 Service Unavailable</title></head><body>Scheduled maintenance</body></html>"
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_SLOW_S = 5.0
BAD_GATEWAY, MAINTENANCE = Answer(502, _BAD_GATEWAY, HTML), Answer(503, _MAINTENANCE, HTML)
OUTAGES: dict[str, Answer | None] = {
    "502": BAD_GATEWAY,
    "503": MAINTENANCE,
    "html200": Answer(200, _MAINTENANCE, HTML),
}
"""What stands before any venue says, by mode."""
SILENCES: dict[str, Answer | None] = {"slow": None, "timeout": None, "cut": None}
"""`slow` delays the true answer, the others give none."""


async def spoil(found: Fault, answers: typing.Mapping[str, Answer | None]) -> Answer | Unanswered | None:
    """Do what a fault of a request does. Returns what it puts in place of the true answer, if it does."""
    if found.mode == "slow":
        await asyncio.sleep(found.delay or _SLOW_S)
        return None
    if found.mode in ("timeout", "cut"):
        return Unanswered(0.0 if found.mode == "cut" else found.delay or None)
    return answers[found.mode]
