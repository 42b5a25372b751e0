"""Answers that a fault puts in the place of true ones: what the venue, its gateway and its maintenance really say."""

from simulator.asgi import Answer, Unanswered
from simulator.faults import corrupted_answers
from simulator.faults.corrupted_answers import OUTAGES, SILENCES
from simulator.faults.faults import Fault
from simulator.tradier.format import (
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

ANSWERS: dict[str, Answer | None] = {
    "401": INVALID_TOKEN,
    "expired": EXPIRED_TOKEN,
    "404": NOT_FOUND,
    "429": over_quota("loopback"),
    "quota500": fault(500, "Rate limit quota violation. Quota limit  exceeded. Identifier : loopback", QUOTA),
    "quota403": fault(403, "Rate limit quota violation. Quota limit  exceeded. Identifier : loopback", QUOTA),
    "datastore": fault(500, "Datastore Error", "datastore.ErrorWhileAccessingDataStore"),
    "500": plain(500, "Internal Server Error"),
    **OUTAGES,
    "errors": as_json({"errors": {"error": "Unexpected error"}}),
    "empty": Answer(200, b"", JSON_TYPE),
    "garbage": Answer(200, b"<<< not json >>>", JSON_TYPE),
    **SILENCES,
}
"""By mode."""


async def spoil(found: Fault) -> Answer | Unanswered | None:
    """Do what a fault of a request does. Returns what it puts in place of the true answer, if it does."""
    return await corrupted_answers.spoil(found, ANSWERS)
