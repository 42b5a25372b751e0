"""The portfolio's page, rendered from the board of who looks and from the book; its script goes on from there."""

import typing

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from lib.clock import now_ms
from streaming.board.board import Item
from streaming.ledger.store import fact_of
from streaming.models import StoredFact
from streaming.pages import initial_state
from trading.api import queries
from trading.api.endpoints import DAY_MS, HOUR_MS
from trading.display import positions, tape
from trading.portfolio.board_view import BoardView, is_valued

WITHIN_S = 0.8
"""How long a page waits for what is held to be valued; its script brings what is missing."""
TOPICS = initial_state.HEADER | {"portfolio", "orders"}
LINES = 60
"""How many lines of the tape a page begins with."""
HISTORY_DAYS = 30


@login_required
@require_safe
@never_cache
async def portfolio(request: HttpRequest) -> HttpResponse:
    """Totals, holdings by underlying, accounts, and the tape of orders and fills."""
    person = typing.cast(User, await request.auser()).pk
    board = await initial_state.sought(person, TOPICS, whole=is_valued, within_s=WITHIN_S)
    look = BoardView.of(board.frame["state"] if board else ())
    shown: dict[str, object] = {
        "board": board,
        "totals": totals(look),
        "groups": positions.groups(look),
        "accounts": positions.accounts(look),
        "blank": positions.blank(),
        "blank_account": positions.ShownAccount("", "", "", positions.money_of({}), "", ""),
    }
    # The shell and the book ask the database, which must not be asked on the event loop.
    return await sync_to_async(_rendered)(request, person, shown, _links_of_first(look))


def totals(look: BoardView) -> list[tuple[Item, dict[str, str]]]:
    """Return what is worth in each environment, as sums and in words; of one that is not known where there is none."""
    return [(one, positions.money_of(one)) for one in look.totals] or [({}, positions.money_of({}))]


def _links_of_first(look: BoardView) -> set[str]:
    """Return the links of the environment that is shown first: what is worth in others is never added to it."""
    first = look.totals[0]["environment"] if look.totals else None
    return {link["link"] for link in look.links if link.get("environment") == first}


def _rendered(request: HttpRequest, person: int, shown: dict[str, object], links: set[str]) -> HttpResponse:
    lines = tape.lines(newest(person))
    samples = queries.net_liqs(person, now_ms() - HISTORY_DAYS * DAY_MS, HOUR_MS)
    history = positions.line([one for one in samples if one["link"] in links])
    linked = request.user.links.exists() if isinstance(request.user, User) else False
    book = {"tape": lines, "history": history, "history_days": HISTORY_DAYS, "linked": linked}
    return render(request, "trading/portfolio.html", shown | book)


def newest(person: int) -> list[Item]:
    """Return the newest facts of the tape, the newest first."""
    rows = StoredFact.objects.filter(person=person, kind__in=tape.KINDS).order_by("-number")
    return [fact_of(row).item for row in rows[:LINES]]
