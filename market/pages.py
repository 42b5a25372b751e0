"""The pages of the market side, rendered from the board of who looks; their script goes on from there."""

import typing

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from market import ring
from market.hub import SYMBOLS
from market.ring import Bar, Wedge
from streaming import pages
from streaming.board import Item

FIRST = "QQQ"
"""The market in the middle of the hub until another one is chosen."""


class Sector(typing.NamedTuple):
    """One wedge of the hub with what is known of it."""

    wedge: Wedge
    quote: Item
    bar: Bar


@login_required
@require_safe
@never_cache
def hub(request: HttpRequest) -> HttpResponse:
    """The radial hub: ten markets around a ring. `?symbol=` is the one in the middle."""
    person = typing.cast(User, request.user)
    asked = request.GET.get("symbol", "").upper()
    focus = asked if asked in SYMBOLS else FIRST
    board = pages.sought(person.pk, pages.HEADER, quotes=SYMBOLS)
    quotes = {symbol: board.slot("quote", symbol) if board else {} for symbol in SYMBOLS}
    sectors = [Sector(wedge, quotes[wedge.symbol], _bar(quotes[wedge.symbol])) for wedge in ring.WEDGES]
    shown = {"board": board, "sectors": sectors, "focus": focus, "quote": quotes[focus]}
    return render(request, "market/hub.html", shown)


def _bar(quote: Item) -> Bar:
    return ring.bar(quote.get("change_percentage"))
