"""The desk's page: every panel rendered from one board, which the page's script goes on from."""

import asyncio
import typing

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from assistant.drafts import shown_drafts
from brokers.instruments.symbols import is_symbol, normalise
from desk.layout import OF_VENUES, Place, Screen
from desk.panels import BY_NAME, PANELS
from desk.views import layouts_of
from lib.clock import now_ms
from streaming.pages import initial_state
from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked, Page, Panel
from streaming.wire.subscription import Subscription

FIRST = "QQQ"
"""The symbol that all panels are about until another one is chosen."""
ASKING_S = 1.5
"""How long a panel may take to say what it needs. Of one that takes longer it is said that it is not loaded."""
LATE = "desk/panels/late.html"


class PanelCell(typing.NamedTuple):
    """One panel on the page: where it stands on each class of screen, and its inside."""

    panel: Panel
    places: list[tuple[Screen, int, Place]]
    """Its number and place on each class of screen."""
    inside: SafeString


@login_required
@require_safe
@never_cache
async def desk(request: HttpRequest) -> HttpResponse:
    """All panels. `?symbol=` is the one they are about."""
    person = typing.cast(User, await request.auser())
    symbol = normalise(request.GET.get("symbol", ""))
    focus = symbol if is_symbol(symbol) else FIRST
    linked = await person.links.aexists()
    first = await initial_state.sought(person.pk, initial_state.HEADER, quotes=[focus]) if linked else None
    page = Page(person.pk, focus, request.GET.dict(), request.COOKIES, first)
    panels = [panel for panel in PANELS if linked or panel.name not in OF_VENUES]
    found = await asyncio.gather(*(_asked(panel, page) for panel in panels))
    asked = {panel.name: one for panel, one in zip(panels, found, strict=True)}
    header = Subscription(quotes=frozenset({initial_state.SYMBOL}), topics=initial_state.HEADER)
    view = initial_state.together([header, *(one[1] for one in found if one is not None)])
    board = await initial_state.shown(person.pk, view) if linked else None
    # The shell and some panels ask the database, which must not be asked on the event loop.
    return await sync_to_async(_rendered)(request, person.pk, focus, linked, asked, board)


async def _asked(panel: Panel, page: Page) -> Asked | None:
    """Ask a panel what it needs; None where it does not answer in time."""
    try:
        async with asyncio.timeout(ASKING_S):
            return await panel.view(page)
    except TimeoutError:
        return None


def _rendered(
    request: HttpRequest, person: int, focus: str, linked: bool, asked: dict[str, Asked | None], board: Rendered | None
) -> HttpResponse:
    layouts = layouts_of(person, linked)
    places: dict[str, list[tuple[Screen, int, Place]]] = {name: [] for name in BY_NAME}
    for screen, found in layouts.items():
        for number, place in enumerate(found, 1):
            places[place.name].append((screen, number, place))
    around = {"board": board, "linked": linked, "on_desk": True}
    insides = {name: _inside(request, BY_NAME[name], one, around) for name, one in asked.items()}
    cells = [
        PanelCell(BY_NAME[place.name], places[place.name], insides[place.name])
        for place in layouts["wide"]
        if place.name in insides
    ]
    shown = {"board": board, "cells": cells, "focus": focus, "linked": linked, "drafts": shown_drafts(person, now_ms())}
    return render(request, "desk/desk.html", shown)


def _inside(request: HttpRequest, panel: Panel, asked: Asked | None, around: dict[str, typing.Any]) -> SafeString:
    """Return a panel, or that it is not loaded: of what is not known it is not said that it is empty."""
    if asked is None:
        return render_to_string(LATE, {"panel": panel}, request)
    context, _ = asked
    return render_to_string(panel.template, {**context(around["board"]), **around}, request)
