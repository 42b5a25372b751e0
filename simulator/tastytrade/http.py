"""The HTTP side of the simulated tastytrade: who may ask, the token endpoint, and faults on the way."""

import asyncio

from simulator.asgi import Answer, SimRequest, Unanswered, json_answer
from simulator.exchange.accounts import Customer
from simulator.faults.faults import Fault
from simulator.tastytrade.format import HTML_401, HTML_502, NO_CUSTOMER, SimTastytradeRefusal
from simulator.tastytrade.oauth import authorize_page, tokens
from simulator.tastytrade.oauth.grants import Code, SimTastytradeGrant
from simulator.tastytrade.rest.market import PUBLIC
from simulator.tastytrade.venue import SimTastytrade, now

UNAUTHORISED = json_answer(401, {"error": {"code": "token_invalid", "message": "This token is invalid or has expired"}})
FAULT_ANSWERS: dict[str, Answer | None] = {
    "502": HTML_502,
    "html401": HTML_401,
    "401": UNAUTHORISED,
    "403": json_answer(403, {"error": {"code": "not_permitted", "message": "User not permitted access"}}),
    "429": json_answer(429, {"error": {"code": "too_many_requests", "message": "Too many requests"}}),
    "500": json_answer(500, {"error": {"code": "internal_error", "message": "Support identifier 5eedf00d"}}),
    "not_customer": SimTastytradeRefusal(404, *NO_CUSTOMER).answer,
    "invalid_request": tokens.refused(400, "invalid_request", "User is not a TastyTrade customer"),
    "empty": json_answer(200, {"data": {}}),
    "garbage": Answer(200, b"<<< not json >>>"),
    "slow": None,
    "timeout": None,
    "cut": None,
}
"""Answers a fault of the token endpoint or the REST API may ask for by name; `slow` delays the true one."""
_SLOW_S = 5.0


async def answer(venue: SimTastytrade, request: SimRequest) -> Answer | Unanswered:
    """Answer one request, if it is answered."""
    found = await _answer(venue, request)
    venue.stats.requests[f"{request.method} {request.path}"] += 1
    venue.stats.statuses[found.status if isinstance(found, Answer) else 0] += 1
    return found


async def _answer(venue: SimTastytrade, request: SimRequest) -> Answer | Unanswered:
    if not request.headers.get("user-agent", "").strip():
        return HTML_401
    if request.path == "/oauth/token" and request.method == "POST":
        return await _token(venue, request)
    if request.method == "GET" and request.path in PUBLIC:
        return await _public(venue, request)
    if (page := authorize_page.answer(venue.grants, venue.codes, venue.customers, request, now())) is not None:
        return page
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    grant = venue.bearer(token) if scheme == "Bearer" else None
    if grant is None:
        venue.stats.unauthorised += 1
        return UNAUTHORISED
    fault = venue.faults.find("rest", grant.customer.numbers, now(), path=request.path)
    if fault is not None and (spoiled := await spoil(fault)) is not None:
        return spoiled
    try:
        found = venue.api.answer(request, grant)
    except SimTastytradeRefusal as refusal:
        return refusal.answer
    if request.method != "GET":
        await venue.answer_first_or_last()
    return found


async def _public(venue: SimTastytrade, request: SimRequest) -> Answer | Unanswered:
    fault = venue.faults.find("rest", (), now(), path=request.path)
    spoiled = await spoil(fault) if fault is not None else None
    return spoiled or PUBLIC[request.path](request)


async def _token(venue: SimTastytrade, request: SimRequest) -> Answer | Unanswered:
    form = tokens.read_form(request)
    customer = _concerned(venue, form or {})
    fault = venue.faults.find("oauth", customer.numbers if customer else (), now())
    spoiled = await spoil(fault) if fault is not None else None
    judged = spoiled or tokens.judge(form, venue.grants, venue.codes, now())
    answer = _give(venue, judged) if isinstance(judged, SimTastytradeGrant | Code) else judged
    is_good = answer is not spoiled and isinstance(answer, Answer) and answer.status == 200
    venue.stats.token(customer.accounts[0].number if customer else "unknown", ok=is_good, at=venue.wall_ms())
    if spoiled is None and not is_good:
        venue.gate.refuse(request.address, now())
    return answer


def _concerned(venue: SimTastytrade, form: dict[str, str]) -> Customer | None:
    """Return whose grant or code a token request shows, right or wrong as the rest of it may be."""
    shown = venue.grants.find(form.get("refresh_token", "")) or venue.codes.find(form.get("code", ""))
    return shown.customer if shown else None


def _give(venue: SimTastytrade, judged: SimTastytradeGrant | Code) -> Answer:
    """Give what a right request asks for. A code that was used before ends what it gave instead."""
    if isinstance(judged, SimTastytradeGrant):
        token, rotated = venue.access.issue(judged, now()), {}
        if fault := venue.faults.find("rotate", judged.customer.numbers, now()):
            venue.grants.rotate(judged, is_old_good=fault.mode == "keep")
            rotated["refresh_token"] = judged.refresh_token
        return tokens.granted(token, venue.access.lifetime, **rotated)
    if judged.grant is not None:
        venue.revoke([judged.grant])
        return tokens.refused(400, "invalid_grant", "Authorization code was used already")
    grant = judged.grant = venue.grants.grant(judged.application, judged.customer, judged.scopes)
    more = {"refresh_token": grant.refresh_token, "scope": " ".join(grant.scopes)}
    if "openid" in grant.scopes:
        more["id_token"] = tokens.identity_token(grant)
    return tokens.granted(venue.access.issue(grant, now()), venue.access.lifetime, **more)


async def spoil(fault: Fault) -> Answer | Unanswered | None:
    """Do what a fault of a request does. Returns what it puts in place of the true answer, if it does."""
    if fault.mode == "slow":
        await asyncio.sleep(fault.delay or _SLOW_S)
        return None
    if fault.mode in ("timeout", "cut"):
        return Unanswered(0.0 if fault.mode == "cut" else fault.delay or None)
    return FAULT_ANSWERS[fault.mode]
