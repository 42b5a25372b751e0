"""The HTTP side of the simulated Alpaca: who may ask, how often, and faults on the way."""

import base64

import msgspec

from simulator.alpaca.customers import SimAlpacaKey
from simulator.alpaca.format import FORBIDDEN, NOWHERE, TOO_MANY, UNAUTHORIZED, SimAlpacaRefusal
from simulator.alpaca.rest import routes
from simulator.alpaca.rest.request import SimAlpacaCall
from simulator.alpaca.venue import PREFIX, SimAlpaca, now
from simulator.asgi import Answer, SimRequest, Unanswered, json_answer
from simulator.faults.actions import NO_JSON
from simulator.faults.corrupted_answers import HTML, OUTAGES, SILENCES, spoil
from simulator.rate_limit import SimBucket

ANSWERS: dict[str, Answer | None] = {
    "401": UNAUTHORIZED,
    "403": FORBIDDEN,
    "404": NOWHERE,
    "429": TOO_MANY,
    "500": json_answer(500, {"code": 50010000, "message": "internal server error occurred"}),
    **OUTAGES,
    "504": Answer(504, b"", HTML),
    "empty": Answer(200, b""),
    "garbage": Answer(200, NO_JSON.encode()),
    **SILENCES,
}
"""What a fault puts in the place of true answers, by its mode."""
_MULTIPLE, _NO_CONTENT = 207, 204


def serves(path: str) -> bool:
    """Whether a path is this venue's."""
    return path.startswith(PREFIX + "/")


def keys_of(request: SimRequest) -> tuple[str, str] | None:
    """Return the pair of keys a request shows, if it shows one."""
    id, secret = (request.headers.get(f"apca-api-{name}") for name in ("key-id", "secret-key"))
    return None if id is None or secret is None else (id, secret)


def owner(venue: SimAlpaca, request: SimRequest) -> SimAlpacaKey | Answer:
    """Return whose keys a request shows, or how it is refused."""
    keys = keys_of(request)
    if keys is None:
        return UNAUTHORIZED
    found = venue.find_key(*keys)
    if found is None:
        return FORBIDDEN
    venue.gate.know(request.address, found.id)
    return found


def broker(venue: SimAlpaca, request: SimRequest) -> Answer | None:
    """Let a request pass that shows the broker's own keys, as HTTP Basic; else return how it is refused."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    keys = base64.b64encode(":".join(venue.broker).encode()).decode()
    if scheme != "Basic":
        return UNAUTHORIZED
    return None if told.strip() == keys else FORBIDDEN


async def answer(venue: SimAlpaca, request: SimRequest) -> Answer | Unanswered:
    """Answer one request, if it is answered."""
    found = await _answer(venue, request)
    venue.stats.requests[f"{request.method} {request.path}"] += 1
    venue.stats.statuses[found.status if isinstance(found, Answer) else 0] += 1
    return found


async def _answer(venue: SimAlpaca, request: SimRequest) -> Answer | Unanswered:
    key = owner(venue, request)
    if isinstance(key, Answer):
        venue.stats.unauthorised += 1
        return key
    path = request.path.removeprefix(PREFIX)
    fault = venue.faults.find("rest", key.numbers, now(), path=path)
    if fault is not None and (spoilt := await spoil(fault, ANSWERS)) is not None:
        return spoilt
    if not key.bucket.try_acquire(venue.wall_ms()):
        return limited(TOO_MANY, key.bucket)
    return limited(_within(venue, request, key), key.bucket)


def _within(venue: SimAlpaca, request: SimRequest, key: SimAlpacaKey) -> Answer:
    """Answer a request that may ask."""
    found = routes.find(request.method, request.path.removeprefix(PREFIX))
    if found is None:
        return NOWHERE
    route, handler, names = found
    try:
        said = handler(venue, SimAlpacaCall(request, key, names))
    except SimAlpacaRefusal as refusal:
        return refusal.answer
    if said is None:
        return Answer(_NO_CONTENT, b"")
    return json_answer(_MULTIPLE if route in routes.MULTIPLE else 200, said)


def limited(answer: Answer, bucket: SimBucket) -> Answer:
    """Say how often more may be asked, as every answer does. The next minute begins at a second."""
    headers = (
        ("x-ratelimit-limit", str(bucket.allowed)),
        ("x-ratelimit-remaining", str(bucket.left)),
        ("x-ratelimit-reset", str(-(-bucket.expires // 1000))),
    )
    return msgspec.structs.replace(answer, headers=(*answer.headers, *headers))
