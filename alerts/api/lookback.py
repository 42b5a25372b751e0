"""`POST /api/alerts/lookback`: when a rule would have fired in the last month. Nothing is kept of it."""

import math

import msgspec
from django.http import HttpRequest, HttpResponse

from accounts.auth import authentication
from accounts.auth.authentication import Caller
from alerts.api.views import answer, by_method, read_rule, refusing
from alerts.hindsight.finding import Hindsight
from alerts.hindsight.hindsight import QUESTION, WITHIN_S
from alerts.hindsight.reach import refusal
from alerts.rules.reader import write_rule
from market.api.requests import STATUS
from streaming.rpc.client import RpcError
from streaming.runtime import runtime


def unanswered(error: RpcError) -> HttpResponse:
    """Answer what a person's venues could not be asked."""
    found = authentication.RefusedError(STATUS.get(error.code, 503), error.code, error.detail).response()
    if error.retry_s is not None:
        found["Retry-After"] = str(max(1, math.ceil(error.retry_s)))
    return found


@authentication.reads
@refusing
async def _look(request: HttpRequest, caller: Caller) -> HttpResponse:
    spec = read_rule(request)
    if why := refusal(spec):
        return answer({"can": False, "text": why})
    try:
        told = await runtime().hub.enquiries.request(caller.person.pk, QUESTION, [write_rule(spec)], WITHIN_S)
    except RpcError as error:
        return unanswered(error)
    return answer({"can": True} | msgspec.to_builtins(msgspec.json.decode(told, type=Hindsight)))


lookback = by_method(POST=_look)
