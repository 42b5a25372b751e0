"""The page of a person's watchlists, and the panels of a desk that show one of them, and one quote in detail."""

import functools
import typing
from collections.abc import Mapping

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from brokers.instruments.symbols import is_symbol, normalise
from market.models import Watchlist
from market.watchlists import quote_detail, rows, store
from streaming.board.board import Item
from streaming.pages import initial_state
from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked
from streaming.wire.subscription import Subscription

TOPICS = frozenset({"links", "market"})


@login_required
@require_safe
@never_cache
async def watchlists(request: HttpRequest) -> HttpResponse:
    """One list of the person, `?list=` or the one shown last, beside the quote of `?symbol=`."""
    person = typing.cast(User, await request.auser()).pk
    shown, view = await list_of(person, choice(request.GET, request.COOKIES))
    symbol = normalise(request.GET.get("symbol", ""))
    first = typing.cast(Watchlist, shown(None)["list"]).symbols[:1] or [initial_state.SYMBOL]
    focus = symbol if is_symbol(symbol) else first[0]
    detailed, about = detail_of(focus)
    header = Subscription(quotes=frozenset({initial_state.SYMBOL}), topics=initial_state.HEADER)
    board = await initial_state.shown(person, initial_state.together([header, view, about]))
    # The shell asks the database, which must not be asked on the event loop.
    return await sync_to_async(_rendered)(request, focus, board, shown, detailed)


def _rendered(request: HttpRequest, focus: str, board: Rendered | None, *parts: typing.Any) -> HttpResponse:
    found: dict[str, object] = {"board": board, "focus": focus}
    for context in parts:
        found |= context(board)
    return render(request, "market/watchlists.html", found)


def cookie_name() -> str:
    """Return the name of the cookie that says which list was shown last; the page's script sets it."""
    return f"{settings.COOKIE_PREFIX}watchlist"


def choice(query: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    """Return the id of the list that is asked for, else of the one that this browser showed last."""
    return query.get("list") or cookies.get(cookie_name(), "")


async def list_of(person: int, choice: str) -> Asked:
    """Return the list of a person whose id was chosen, else their first, and what it watches."""
    lists = await sync_to_async(store.of)(person)
    chosen = next((one for one in lists if str(one.pk) == choice), lists[0])
    symbols = frozenset(chosen.symbols)
    view = Subscription(quotes=symbols, underlyings=symbols, topics=TOPICS)
    return functools.partial(_list_context, lists, chosen), view


def _list_context(lists: list[Watchlist], chosen: Watchlist, board: Rendered | None) -> Mapping[str, object]:
    return {
        "lists": lists,
        "list": chosen,
        "cookie": cookie_name(),
        "columns": rows.COLUMNS,
        "rows": rows.rows(chosen.symbols, functools.partial(_slot, board)),
        "blank": rows.BLANK,
    }


def detail_of(symbol: str) -> Asked:
    """Return the details of one symbol's quote, and what they watch."""
    view = Subscription(quotes=frozenset({symbol}), underlyings=frozenset({symbol}), topics=TOPICS)
    return lambda board: quote_detail.context(symbol, functools.partial(_slot, board)), view


def _slot(board: Rendered | None, kind: str, symbol: str) -> Item:
    return board.slot(kind, symbol) if board else {}
