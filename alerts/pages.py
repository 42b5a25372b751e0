"""The page of alerts."""

import functools
import pathlib
import typing

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from alerts.panels import shown
from brokers.instruments.symbols import is_symbol, normalise
from streaming.pages import initial_state


@login_required
@require_safe
@never_cache
async def alerts(request: HttpRequest) -> HttpResponse:
    """Every alert of the person, and the form for a new one. `?symbol=` is the one in focus."""
    person = typing.cast(User, await request.auser()).pk
    symbol = normalise(request.GET.get("symbol", ""))
    focus = symbol if is_symbol(symbol) else initial_state.SYMBOL
    board = await initial_state.sought(person, initial_state.HEADER)
    # The shell and the alerts ask the database, which must not be asked on the event loop.
    return await sync_to_async(_rendered)(request, person, focus, board)


def _rendered(request: HttpRequest, person: int, focus: str, board: initial_state.Rendered | None) -> HttpResponse:
    return render(request, "alerts/page.html", {"board": board, **shown(person, focus)})


@functools.cache
def _worker() -> bytes:
    return (pathlib.Path(settings.BASE_DIR) / "static" / "js" / "push-worker.js").read_bytes()


@require_safe
async def push_worker(request: HttpRequest) -> HttpResponse:
    """The worker that shows what is pushed. It stands at the root, so that it may speak for every page."""
    answer = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer
