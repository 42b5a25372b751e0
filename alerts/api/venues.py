"""`GET /api/alerts/venues`: the alerts that a person keeps at their venues. Nobody here checks them."""

import typing

from django.http import HttpRequest, HttpResponse

from accounts.auth import authentication
from accounts.auth.authentication import Caller
from alerts.api.lookback import unanswered
from alerts.api.views import answer, by_method, refusing
from alerts.watch.venue_alerts import QUESTION, WITHIN_S, LinkAlerts, read
from brokers.contract.broker import VenueAlert
from streaming.rpc.client import RpcError
from streaming.runtime import runtime

MARGIN_S = 3.0
TITLES = {"last": "last price", "bid": "bid", "ask": "ask", "iv": "IV"}


def _alert_json(link: LinkAlerts, one: VenueAlert) -> dict[str, typing.Any]:
    return {
        "link": link.link,
        "label": link.label,
        "id": one.id,
        "symbol": one.symbol,
        "text": f"{one.symbol} {TITLES[one.field]} is {one.compared} {one.threshold:f}",
        "state": "fired" if one.triggered is not None else "expired" if one.is_over else "at_venue",
        "created": one.created,
        "expires": one.expires,
        "fired_at": one.triggered,
    }


@authentication.reads
@refusing
async def _venues(request: HttpRequest, caller: Caller) -> HttpResponse:
    try:
        text = await runtime().hub.enquiries.request(caller.person.pk, QUESTION, [], WITHIN_S + MARGIN_S)
    except RpcError as error:
        return unanswered(error)
    told = read(text)
    return answer(
        {
            "at": told.at,
            "venues": [link.label for link in told.links],
            "alerts": [_alert_json(link, one) for link in told.links for one in link.alerts],
            "refusals": [link.refusal for link in told.links if link.refusal],
        }
    )


venues = by_method(GET=_venues)
