"""The HTTP side of the simulated tastytrade: who may ask, the token endpoint, and faults on the way."""

import asyncio

from brokers.loopback.asgi import Answer, Request, json_answer
from brokers.loopback.faults import Fault
from brokers.loopback.tastytrade import oauth
from brokers.loopback.tastytrade.grants import Grant
from brokers.loopback.tastytrade.routes.market import PUBLIC
from brokers.loopback.tastytrade.venue import Tastytrade, now, wall_ms
from brokers.loopback.tastytrade.wording import HTML_401, HTML_502, Refusal

UNAUTHORISED = json_answer(401, {"error": {"code": "token_invalid", "message": "This token is invalid or has expired"}})
FAULT_ANSWERS = {
    "502": HTML_502,
    "html401": HTML_401,
    "401": UNAUTHORISED,
    "403": json_answer(403, {"error": {"code": "not_permitted", "message": "User not permitted access"}}),
    "429": json_answer(429, {"error": {"code": "too_many_requests", "message": "Too many requests"}}),
    "500": json_answer(500, {"error": {"code": "internal_error", "message": "Support identifier 5eedf00d"}}),
    "invalid_request": oauth.refused(400, "invalid_request", "User is not a TastyTrade customer"),
    "garbage": Answer(200, b"<<< not json >>>"),
}
"""Answers a fault of the token endpoint or the REST API may ask for by name; `slow` delays the true one."""
_SLOW_S = 5.0


async def answer(venue: Tastytrade, request: Request) -> Answer:
    """Answer one request."""
    found = await _answer(venue, request)
    venue.stats.requests[f"{request.method} {request.path}"] += 1
    venue.stats.statuses[found.status] += 1
    return found


async def _answer(venue: Tastytrade, request: Request) -> Answer:
    if not request.headers.get("user-agent", "").strip():
        return HTML_401
    if request.path == "/oauth/token" and request.method == "POST":
        return await _token(venue, request)
    if request.method == "GET" and request.path in PUBLIC:
        return await _public(venue, request)
    grant = venue.bearer(request.headers.get("authorization", "").removeprefix("Bearer "))
    if grant is None:
        venue.stats.unauthorised += 1
        return UNAUTHORISED
    fault = venue.faults.find("rest", grant.customer.numbers, now(), path=request.path)
    if fault is not None and (spoiled := await spoil(fault)) is not None:
        return spoiled
    try:
        return venue.api.answer(request, grant)
    except Refusal as refusal:
        return refusal.answer


async def _public(venue: Tastytrade, request: Request) -> Answer:
    fault = venue.faults.find("rest", (), now(), path=request.path)
    spoiled = await spoil(fault) if fault is not None else None
    return spoiled or PUBLIC[request.path](request)


async def _token(venue: Tastytrade, request: Request) -> Answer:
    form = oauth.read_form(request)
    known = venue.grants.find((form or {}).get("refresh_token", ""))
    fault = venue.faults.find("oauth", known.customer.numbers if known else (), now())
    spoiled = await spoil(fault) if fault is not None else None
    judged = spoiled or oauth.judge(form, venue.grants)
    name = known.customer.accounts[0].number if known else "unknown"
    venue.stats.token(name, ok=isinstance(judged, Grant), at=wall_ms())
    if isinstance(judged, Answer):
        return judged
    return oauth.granted(venue.access.issue(judged, now()), venue.access.lifetime)


async def spoil(fault: Fault) -> Answer | None:
    """Do what a fault of a request does. Returns the answer it puts in place of the true one, if it does."""
    if fault.mode == "slow":
        await asyncio.sleep(fault.delay or _SLOW_S)
        return None
    return FAULT_ANSWERS[fault.mode]
