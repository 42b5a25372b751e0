"""The HTTP side of the simulated Tradier: who may ask, how often, in which language, and faults on the way."""

import gzip

import msgspec

from simulator.asgi import Answer, Json, SimRequest, Unanswered
from simulator.tradier.corrupted_answers import spoil
from simulator.tradier.customers import Token
from simulator.tradier.format import (
    EXPIRED_TOKEN,
    INVALID_TOKEN,
    NO_LENGTH,
    NOT_FOUND,
    OTHER_PRODUCT,
    SimTradierRefusal,
    as_json,
    as_xml,
    over_quota,
)
from simulator.tradier.rate_limit import Environment, group_of
from simulator.tradier.request import SimTradierCall, parameters
from simulator.tradier.rest import routes
from simulator.tradier.venue import SimTradier, now

VERSION, SANDBOX = "/v1", "/sandbox/v1"
_LEAST_ZIPPED = 512
_ZIP_LEVEL = 1


def serves(path: str) -> bool:
    """Whether a path is this venue's."""
    return path.startswith((VERSION + "/", SANDBOX + "/"))


def locate(path: str) -> tuple[Environment, str]:
    """Return which environment a path is in, and what is behind the version."""
    if path.startswith(SANDBOX):
        return "sandbox", path.removeprefix(SANDBOX)
    return "live", path.removeprefix(VERSION)


def bearer(venue: SimTradier, request: SimRequest, environment: Environment) -> Token:
    """Return the token a request shows. Raises SimTradierRefusal."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = venue.tokens.get(text.strip()) if scheme == "Bearer" else None
    if token is None or token.is_revoked:
        raise SimTradierRefusal(INVALID_TOKEN)
    if token.is_expired:
        raise SimTradierRefusal(EXPIRED_TOKEN)
    if token.environment != environment:
        raise SimTradierRefusal(OTHER_PRODUCT)
    return token


async def answer(venue: SimTradier, request: SimRequest) -> Answer | Unanswered:
    """Answer one request, if it is answered."""
    found = await _answer(venue, request)
    venue.stats.requests[f"{request.method} {request.path}"] += 1
    venue.stats.statuses[found.status if isinstance(found, Answer) else 0] += 1
    return found


async def _answer(venue: SimTradier, request: SimRequest) -> Answer | Unanswered:
    environment, path = locate(request.path)
    try:
        token = bearer(venue, request, environment)
    except SimTradierRefusal as refusal:
        venue.stats.unauthorised += 1
        return refusal.answer
    fault = venue.faults.find("rest", token.person.numbers, now(), path=path)
    if fault is not None and (spoilt := await spoil(fault)) is not None:
        return spoilt
    if request.method in ("POST", "PUT") and not {"content-length", "transfer-encoding"} & request.headers.keys():
        return NO_LENGTH
    bucket = token.buckets[group_of(request.method, path)]
    if not bucket.try_acquire(venue.wall_ms()):
        return _with(over_quota(token.text[-4:]), bucket.headers)
    return _with(_within(venue, request, token, path), bucket.headers)


def _within(venue: SimTradier, request: SimRequest, token: Token, path: str) -> Answer:
    """Answer a request that may ask."""
    route = routes.find(request.method, path)
    if route is None:
        return NOT_FOUND
    handler, names = route
    try:
        body = handler(venue, SimTradierCall(request, token, parameters(request), names))
    except SimTradierRefusal as refusal:
        return refusal.answer
    return _zipped(_written(body, request), request)


def _written(body: Json, request: SimRequest) -> Answer:
    """Write a body as it was asked for: XML unless JSON is."""
    return as_json(body) if "json" in request.headers.get("accept", "") else as_xml(body)


def _zipped(answer: Answer, request: SimRequest) -> Answer:
    if "gzip" not in request.headers.get("accept-encoding", "") or len(answer.body) < _LEAST_ZIPPED:
        return answer
    body = gzip.compress(answer.body, _ZIP_LEVEL, mtime=0)
    return _with(msgspec.structs.replace(answer, body=body), (("content-encoding", "gzip"),))


def _with(answer: Answer, headers: tuple[tuple[str, str], ...]) -> Answer:
    return msgspec.structs.replace(answer, headers=(*answer.headers, *headers))
