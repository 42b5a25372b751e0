"""What is told of learning: how far it is, of what data, the newest results, and the gates. It asks the database."""

import math
import typing
from collections.abc import Mapping

import msgspec
from django.db.models import Count, Max, Min

from signals import store
from signals.journal import KEPT_DAYS
from signals.learner.run import ModelRun
from signals.models import SignalFact, SignalRecord
from signals.owner_store import is_followed, read_silent
from signals.record.chain import START
from signals.scoreboard.board import BoardLine, read_line
from signals.statements import gates_of

Told = dict[str, typing.Any]
NEEDED = ("G0", "G1", "G3")
"""The gates that have to be open for a confidence, beside what the state says."""


def tell_status(person: int) -> Told:
    """Return how far the learner is, and what runs."""
    return {
        "is_following": is_followed(person),
        **msgspec.to_builtins(store.read_learner_status(person)),
        "models": [_model(run) for run in store.read_runs(person)],
        "silent": [{"model": name, "reason": reason} for name, reason in read_silent(person).items()],
    }


def _model(run: ModelRun) -> Told:
    told = run.registration
    return {
        **_name(run), "horizon_s": told.horizon_s, "schedule": told.schedule, "universe": told.universe,
        "features": told.features, "is_naive": run.is_naive, "outcomes": run.score.bars,
    }  # fmt: skip


def _name(run: ModelRun) -> Told:
    told, standing = run.registration, run.standing
    return {
        "model": told.name, "version": told.version, "slot": told.slot, "year": told.year,
        "state": standing.state, "since": standing.since or None,
    }  # fmt: skip


def tell_data(person: int) -> Told:
    """Return what the record holds: counts of facts, bars and signals, since when, and the head of its chain."""
    facts = SignalFact.objects.filter(person=person)
    counted = dict(facts.order_by().values_list("about").annotate(Count("pk")))
    spans = facts.filter(about="signal").aggregate(
        first=Min("bar"), newest=Max("bar"), bars=Count("bar", distinct=True)
    )
    head = facts.order_by("-number").first()
    scores = [run.score for run in store.read_runs(person)]
    return {
        "facts": {about: counted.get(about, 0) for about in ("model", "signal", "outcome", "results")},
        "bars": spans["bars"],
        "first_at": spans["first"],
        "newest_at": spans["newest"],
        "sessions": len({line.session for score in scores for line in score.sessions}),
        "signals": {
            "scheduled_bars": sum(score.scheduled for score in scores),
            "recorded": sum(score.signals for score in scores),
            "void": sum(score.voids for score in scores),
            "lost": sum(score.lost for score in scores),
            "scored": sum(score.skill.count for score in scores),
        },
        "records": {"kept": SignalRecord.objects.filter(person=person).count(), "days": KEPT_DAYS},
        "chain": {"number": head.number if head else 0, "head": head.link if head else START},
    }


def tell_results(person: int) -> Told:
    """Return the facts of the newest session that was decided, and the board as it stands."""
    facts = SignalFact.objects.filter(person=person, about="results")
    newest = facts.order_by("-bar", "-number").values_list("bar", flat=True).first()
    found = [store.read_fact(row) for row in facts.filter(bar=newest).order_by("number")] if newest else []
    return {
        "session": found[0].detail.get("session") if found else None,
        "decided_at": max((fact.at for fact in found), default=None),
        "results": [
            {"fact": fact.number, "model": fact.model, "version": fact.version, **_detail(fact.detail)}
            for fact in found
        ],
        "models": [{**_name(run), **_line(read_line_of(run))} for run in store.read_runs(person)],
    }


def _detail(detail: Mapping[str, typing.Any]) -> Told:
    return {name: value for name, value in detail.items() if name != "session"}


def read_line_of(run: ModelRun) -> BoardLine:
    """Return a run's line of the board."""
    return read_line(run.registration, run.score, run.standing, run.fault)


def _line(line: BoardLine) -> Told:
    return {
        "best_naive": line.best_naive or None,
        "figures": {
            name: {"value": figure.value, "count": figure.count, "is_grey": figure.is_grey}
            for name, figure in line.figures.items()
        },
    }


def _challenge(run: ModelRun) -> Told | None:
    """Return how the challenge of the version before stands; None where there is none."""
    if run.challenge is None:
        return None
    gates, evidence = run.registration.gates, run.challenge.evidence
    return {
        "champion": run.challenge.champion, "number": evidence.log, "threshold": math.log(gates.retire),
        "is_won": run.challenge.is_won(gates),
    }  # fmt: skip


def tell_gates(person: int) -> Told:
    """Return each model's gates with number, threshold and what is missing, and whether its confidence is shown."""
    models = []
    for run in store.read_runs(person):
        gates = gates_of(run)
        is_shown = run.standing.state in ("knows", "pays") and all(one.is_open for one in gates if one.gate in NEEDED)
        needed = read_line_of(run).figures["still_needed"]
        models.append(
            {
                **_name(run),
                "is_confidence_shown": is_shown,
                "sessions_still_needed": needed.value,
                "challenge": _challenge(run),
                "gates": [msgspec.to_builtins(gate) for gate in gates],
            }
        )
    return {"models": models}
