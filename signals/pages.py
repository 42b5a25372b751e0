"""The scoreboard: what every model said and what came of it, the page of one model, and the check of the chain."""

import typing
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from brokers.instruments.symbols import is_symbol, normalise
from lib.clock import now_ms
from signals import owner_store, panels, store
from signals.chain_check import check_chain
from signals.display.board_rows import read_row, read_rows
from signals.display.coverage_picture import draw_coverage
from signals.display.evidence_picture import draw_evidence
from signals.display.figures import format_session
from signals.display.gate_rows import read_gate_rows
from signals.display.model_rows import read_figures, read_history, read_registration
from signals.display.reliability_picture import draw_reliability
from signals.display.statement_rows import read_planted
from signals.learner.run import ModelRun
from signals.record.export import export_lines
from signals.watch.universe import read_universe
from streaming.pages import initial_state
from streaming.pages.initial_state import Rendered
from streaming.wire.subscription import LATER_TOPICS, Subscription

EXPORT_PAGE = 200
"""Facts that an export reads at once."""
PARTS = {"signals": "signals/panel.html", "chosen": "signals/chosen.html"}
"""The templates of parts of the page by their names."""


@login_required
@require_safe
@never_cache
async def scoreboard(request: HttpRequest) -> HttpResponse:
    """Every model of the person, in the order of registration. `?model=` is the place of the one that is shown whole.

    With `?part=` it is a part of the page alone, which the page's script asks for.
    """
    person = typing.cast(User, await request.auser()).pk
    symbol = normalise(request.GET.get("symbol", ""))
    focus = symbol if is_symbol(symbol) else initial_state.SYMBOL
    view = Subscription(
        quotes=frozenset({initial_state.SYMBOL}), topics=initial_state.HEADER, insights=frozenset({focus})
    )
    board = await initial_state.shown(person, view)
    # The shell and the models ask the database, which must not be asked on the event loop.
    return await sync_to_async(_rendered)(request, person, focus, board)


def _rendered(request: HttpRequest, person: int, focus: str, board: Rendered | None) -> HttpResponse:
    runs = store.read_runs(person)
    template = PARTS.get(request.GET.get("part", ""), "signals/page.html")
    shown = {"board": board, **panels.shown(person, focus, board, runs)}
    if template != PARTS["signals"]:
        shown |= read_board(person, runs, _read_place(request))
    return render(request, template, shown)


def _read_place(request: HttpRequest) -> int:
    told = request.GET.get("model", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 6 else 1


def read_board(person: int, runs: list[ModelRun], place: int) -> dict[str, typing.Any]:
    """Return what the scoreboard shows, with the model in a place of the order of registration shown whole."""
    chosen = runs[place - 1] if 0 < place <= len(runs) else runs[0] if runs else None
    sessions = [run.score.sessions[-1].session for run in runs if run.score.sessions]
    year = max((run.registration.year for run in runs), default=0)
    gates = chosen.registration.gates if chosen else None
    learner = store.read_learner_status(person)
    return {
        "rows": read_rows(runs),
        "has_symbols": bool(read_universe(person, [])),
        "planted": {at: text for at, run in enumerate(runs, 1) if (text := read_planted(run))},
        "silent": owner_store.read_silent(person),
        "learner": learner,
        "is_silent": learner.is_silent(now_ms()),
        "scored_up_to": format_session(max(sessions), with_weekday=True) if sessions else "",
        "year": year,
        "taken": sum(run.registration.year == year for run in runs),
        "evidence": draw_evidence(runs, gates.evidence) if gates else None,
        "follows_topic": "signals" not in LATER_TOPICS,
        **(_read_chosen(chosen, runs.index(chosen) + 1) if chosen else {}),
    }


def _read_chosen(run: ModelRun, place: int) -> dict[str, typing.Any]:
    """Return what is shown of one model: its gates and its pictures."""
    return {
        "chosen": read_row(place, run),
        "gates": run.registration.gates,
        "gate_rows": read_gate_rows(run),
        "reliability": draw_reliability(run),
        "coverage": draw_coverage(run),
        "sessions": len(run.score.sessions),
    }


@login_required
@require_POST
@never_cache
def follow(request: HttpRequest) -> HttpResponse:
    """Have the person follow signals (`on=1`), or no longer (`on=0`)."""
    is_on = request.POST.get("on") == "1"
    owner_store.follow(typing.cast(User, request.user).pk, is_on=is_on)
    said = (
        "You follow signals. Models are registered now and speak at each bar of regular hours, page open or not."
        if is_on
        else "You no longer follow signals. What was said keeps its outcomes, and the record stays."
    )
    messages.success(request, said)
    return redirect("signals:scoreboard")


@login_required
@require_safe
@never_cache
def model(request: HttpRequest, place: int) -> HttpResponse:
    """One model: what was registered, every figure with its count and how it is reckoned, and its states."""
    person = typing.cast(User, request.user).pk
    runs = store.read_runs(person)
    if not 0 < place <= len(runs):
        raise Http404(f"no model is registered in place {place}")
    run = runs[place - 1]
    shown = {
        **_read_chosen(run, place), "figures": read_figures(run), "registration": read_registration(run),
        "history": read_history(run), "planted": read_planted(run), "evidence": draw_evidence(
            [run], run.registration.gates.evidence
        ),
    }  # fmt: skip
    return render(request, "signals/model.html", shown)


@login_required
@require_safe
@never_cache
def chain(request: HttpRequest) -> HttpResponse:
    """Whether the newest facts of the person's chain are as they were recorded."""
    return render(request, "signals/chain.html", {"check": check_chain(typing.cast(User, request.user).pk)})


@login_required
@require_safe
@never_cache
async def export(request: HttpRequest) -> StreamingHttpResponse:
    """Every fact of the person's chain with its batch or outcome, a line of JSON each."""
    person = typing.cast(User, await request.auser()).pk
    answer = StreamingHttpResponse(_export(person), content_type="application/x-ndjson")
    answer["Content-Disposition"] = 'attachment; filename="signals.jsonl"'
    return answer


async def _export(person: int) -> AsyncIterator[bytes]:
    """Yield the lines of a person's chain, read in pages off the event loop."""
    since, lines = 0, [b""]
    while lines:
        since, lines = await sync_to_async(_read_lines)(person, since)
        yield b"".join(lines)


def _read_lines(person: int, since: int) -> tuple[int, list[bytes]]:
    """Return the number of the last fact of the next page, and the lines of that page."""
    facts = list(store.read_chain(person, since, EXPORT_PAGE))
    return (facts[-1][0].number if facts else since), [line + b"\n" for line in export_lines(facts)]
