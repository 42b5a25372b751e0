"""`/api/watchlists/`: a person's lists as JSON, for pages and scripts. Who may only read changes none."""

import functools
import typing

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.auth import authentication
from accounts.auth.authentication import Caller
from brokers.instruments.symbols import normalise
from market import watchlist_rules
from market.models import Watchlist
from market.watchlist_rules import MOST_LISTS, MOST_SYMBOLS, WatchlistError
from market.watchlists import store

BODY_BYTES = 65_536
STATUS = {
    "unknown_watchlist": 404, "name_taken": 409, "last_watchlist": 409, "too_many_watchlists": 409,
    "too_many_symbols": 409,
}  # fmt: skip
"""HTTP's word for what cannot be had; everything else is 400."""

Told = dict[str, typing.Any]
Handler = typing.Callable[typing.Concatenate[HttpRequest, Caller, ...], typing.Awaitable[JsonResponse]]
Asked = typing.TypeVar("Asked", bound=msgspec.Struct)
Place = typing.Annotated[int, msgspec.Meta(ge=0, le=MOST_SYMBOLS)]


class New(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list to be made, at a place among the others, else behind them."""

    name: str
    symbols: list[str] = []
    at: Place | None = None


class Altered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another name of a list, or another place among the others."""

    name: str | None = None
    at: Place | None = None


class Added(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Symbols to be added at a place, else at the end."""

    symbols: list[str]
    at: Place | None = None


class Moved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A symbol to be moved to a place."""

    symbol: str
    at: Place


def watchlist_json(row: Watchlist) -> Told:
    """Return what is told of a list."""
    return {"id": row.pk, "name": row.name, "symbols": row.symbols}


def read(request: HttpRequest, asked: type[Asked]) -> Asked:
    """Read the body of a request. Raises WatchlistError naming what is wrong with it, and RefusedError."""
    body = authentication.body(request, BODY_BYTES)
    try:
        return msgspec.json.decode(body, type=asked)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        wrong = next(
            (name for name in asked.__struct_fields__ if f"`{name}`" in str(error) or f"$.{name}" in str(error)), ""
        )
        raise WatchlistError("bad_message", str(error)[:200], wrong) from error


def answer(told: object, status: int = 200) -> JsonResponse:
    """Answer with JSON that nobody keeps."""
    found = JsonResponse(told, status=status)
    found["Cache-Control"] = "no-store"
    return found


def refusing(handler: Handler) -> Handler:
    """Answer what is refused with the reason, and everybody with 503 while the database is away."""

    @functools.wraps(handler)
    async def guarded(request: HttpRequest, caller: Caller, **path: typing.Any) -> JsonResponse:
        try:
            return await handler(request, caller, **path)
        except authentication.RefusedError as error:
            return error.response()
        except WatchlistError as error:
            said = {"type": "error", "code": error.code, "detail": error.detail, "field": error.field}
            return answer(said, STATUS.get(error.code, 400))
        except DatabaseError:
            return authentication.away().response()

    return guarded


def by_method(**handlers: authentication.Guarded) -> authentication.Guarded:
    """Return a view that leads each HTTP method to its own, and says which there are."""

    @csrf_exempt  # each of them asks for what it needs
    async def view(request: HttpRequest, **path: typing.Any) -> HttpResponseBase:
        if (handler := handlers.get(str(request.method))) is not None:
            return await handler(request, **path)
        found = authentication.RefusedError(405, "bad_message", f"Ask with {' or '.join(handlers)}.").response()
        found["Allow"] = ", ".join(handlers)
        return found

    return view


@authentication.reads
@refusing
async def _every(request: HttpRequest, caller: Caller) -> JsonResponse:
    rows = await sync_to_async(store.of)(caller.person.pk)
    limits = {"watchlists": MOST_LISTS, "symbols": MOST_SYMBOLS}
    return answer({"watchlists": [watchlist_json(row) for row in rows], "limits": limits})


@authentication.trades
@refusing
async def _create(request: HttpRequest, caller: Caller) -> JsonResponse:
    asked = read(request, New)
    return answer(
        watchlist_json(await sync_to_async(store.create)(caller.person.pk, asked.name, asked.symbols, asked.at)), 201
    )


@authentication.reads
@refusing
async def _one(request: HttpRequest, caller: Caller, id: str) -> JsonResponse:
    return answer(watchlist_json(await sync_to_async(store.find)(caller.person.pk, int(id))))


@authentication.trades
@refusing
async def _alter(request: HttpRequest, caller: Caller, id: str) -> JsonResponse:
    asked = read(request, Altered)
    if asked == Altered():
        raise WatchlistError("bad_message", "Say which name it is to have, or at which place it is to be.", "name")
    return answer(watchlist_json(await sync_to_async(store.alter)(caller.person.pk, int(id), asked.name, asked.at)))


@authentication.trades
@refusing
async def _delete(request: HttpRequest, caller: Caller, id: str) -> JsonResponse:
    await sync_to_async(store.delete)(caller.person.pk, int(id))
    return answer({"id": int(id), "deleted": True})


@authentication.trades
@refusing
async def _add(request: HttpRequest, caller: Caller, id: str) -> JsonResponse:
    asked = read(request, Added)
    new = watchlist_rules.read_symbols(asked.symbols)
    return await _changed(caller, id, lambda symbols: watchlist_rules.added(symbols, new, asked.at))


@authentication.trades
@refusing
async def _move(request: HttpRequest, caller: Caller, id: str) -> JsonResponse:
    asked = read(request, Moved)
    return await _changed(caller, id, lambda symbols: watchlist_rules.moved(symbols, normalise(asked.symbol), asked.at))


@authentication.trades
@refusing
async def _remove(request: HttpRequest, caller: Caller, id: str) -> JsonResponse:
    gone = {normalise(text) for text in request.GET.getlist("symbol")}
    if not gone:
        raise WatchlistError("bad_message", "Say which: ?symbol=QQQ.", "symbol")
    return await _changed(caller, id, lambda symbols: watchlist_rules.without(symbols, gone))


async def _changed(
    caller: Caller, id: str, how: typing.Callable[[watchlist_rules.Symbols], watchlist_rules.Symbols]
) -> JsonResponse:
    return answer(watchlist_json(await sync_to_async(store.change)(caller.person.pk, int(id), how)))


every = by_method(GET=_every, POST=_create)
one = by_method(GET=_one, PATCH=_alter, DELETE=_delete)
symbols = by_method(POST=_add, PATCH=_move, DELETE=_remove)
