"""`/api/watchlists/venues/` and `/api/watchlists/import/`: what a person keeps at their venues, and copies of it."""

import math

import msgspec
from asgiref.sync import sync_to_async
from django.http import HttpRequest, JsonResponse

from accounts.auth import authentication
from accounts.auth.authentication import Caller
from market import watchlist_rules
from market.api import requests
from market.models import Watchlist
from market.watchlist_rules import WatchlistError
from market.watchlists import store, venue_lists
from market.watchlists.venue_lists import VenueList, VenueLists
from market.watchlists.views import answer, by_method, read, refusing, watchlist_json
from streaming.rpc.client import RpcError
from streaming.runtime import runtime


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list at a venue, by its link and its name there."""

    link: str
    name: str


async def _lists(person: int) -> VenueLists:
    """Return the lists of a person's venues. Raises RpcError."""
    return venue_lists.read(await runtime().hub.enquiries.request(person, "watchlists", []))


def _unanswered(error: RpcError) -> JsonResponse:
    found = authentication.RefusedError(requests.STATUS[error.code], error.code, error.detail).response()
    if error.retry_s is not None:
        found["Retry-After"] = str(max(1, math.ceil(error.retry_s)))
    return found


@authentication.reads
@refusing
async def _venues(request: HttpRequest, caller: Caller) -> JsonResponse:
    try:
        return answer(msgspec.to_builtins(await _lists(caller.person.pk)))
    except RpcError as error:
        return _unanswered(error)


@authentication.trades
@refusing
async def _copy(request: HttpRequest, caller: Caller) -> JsonResponse:
    asked = read(request, Which)
    try:
        found = (await _lists(caller.person.pk)).find(asked.link, asked.name)
    except RpcError as error:
        return _unanswered(error)
    if found is None:
        raise WatchlistError("unknown_watchlist", f"That link has no list named {asked.name[:60]} now.", "name")
    row = await sync_to_async(_copied)(caller.person.pk, found)
    return answer({**watchlist_json(row), "left_out": venue_lists.cut(found)[1]}, 201)


def _copied(person: int, found: VenueList) -> Watchlist:
    """Make a list of a person out of one at a venue, under a name of its own."""
    taken = [row.name for row in store.of(person)]
    name = watchlist_rules.free_name(" ".join(found.name.split()) or "Imported", taken)
    return store.create(person, name, venue_lists.cut(found)[0])


venues = by_method(GET=_venues)
copy = by_method(POST=_copy)
