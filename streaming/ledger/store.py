"""The ledger's tables: facts with their numbers, and pages of them. Synchronous.

A fact gets its number (streaming/ledger/numbers.py) in the transaction that inserts it.
"""

import typing
from collections.abc import Collection, Sequence

import msgspec
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F

from lib.clock import now_ms
from streaming import facts
from streaming.facts import Entry, Fact
from streaming.ledger import numbers
from streaming.ledger.errors import AwayError, LedgerError, SinkError
from streaming.ledger.sinks import Sink, sinks
from streaming.models import Ownership, StoredCursor, StoredFact

RECENT = 50


class Job(typing.NamedTuple):
    """What is to be stored of one person. `epoch` is that of their owner; None is somebody who owns nobody."""

    person: int
    epoch: int | None
    entries: Sequence[Entry]


Outcome = list[Fact] | LedgerError


def head(person: int) -> int:
    """Return the number of the newest fact of `person`; 0 when there is none."""
    return Ownership.objects.filter(person=person).values_list("fact", flat=True).first() or 0


def page(person: int, after: int, limit: int, kinds: Collection[str] = ()) -> list[Fact]:
    """Return the facts of `person` with a number above `after`, the oldest first, at most `limit`, of some `kinds`."""
    rows = StoredFact.objects.filter(person=person, number__gt=after).order_by("number")
    return [fact_of(row) for row in (rows.filter(kind__in=kinds) if kinds else rows)[:limit]]


def newest(person: int | None, limit: int) -> list[Fact]:
    """Return the newest facts of `person`, or of everybody (None), the newest first, at most `limit`."""
    rows = StoredFact.objects.order_by("-id") if person is None else StoredFact.objects.filter(person=person).reverse()
    return [fact_of(row) for row in rows[:limit]]


def recent(people: Collection[int]) -> dict[int, list[Fact]]:
    """Return the newest facts of each of `people`, at most RECENT of each, the newest first."""
    found: dict[int, list[Fact]] = {person: [] for person in people}
    rows = StoredFact.objects.filter(person__in=people, number__gt=F("person__ownership__fact") - RECENT)
    for row in rows.order_by("-number"):
        found[row.person_id].append(fact_of(row))
    return found


def store(jobs: Sequence[Job], shown: Sequence[Sink]) -> list[Outcome]:
    """Store what `jobs` ask for in one transaction, with what the sinks `shown` it add, and say what became of each.

    One that fails leaves nothing behind and the others alone. Raises django.db.Error when none could be stored.
    """
    try:
        with transaction.atomic():
            outcomes = [_attempt(job, shown) for job in jobs]
            _raise_if_over(outcomes)
        return outcomes
    except IntegrityError as error:  # foreign keys are looked at in the end, where nobody knows whose it was
        if len(jobs) == 1:
            return [_refused("what its sinks wrote cannot be", error)]
        return [outcome for job in jobs for outcome in store([job], shown)]


def _attempt(job: Job, shown: Sequence[Sink]) -> Outcome:
    try:
        with transaction.atomic():
            return _store(job, shown)
    except LedgerError as error:
        return error
    except IntegrityError as error:
        return _refused("the same was stored at the same moment; it is known next time", error)


def _raise_if_over(outcomes: Sequence[Outcome]) -> None:
    """Raise OperationalError if the transaction is over already, with all that seemed to be stored in it.

    Its connection died, or SQLite rolled it back by itself, and somebody caught what was raised of that.
    """
    if transaction.get_rollback():
        failed = "; ".join(str(outcome) for outcome in outcomes if isinstance(outcome, LedgerError))
        raise OperationalError(f"the transaction ended too early: {failed}")


def _refused(reason: str, error: IntegrityError) -> AwayError:
    away = AwayError(f"{reason}: {error}")
    away.__cause__ = error
    return away


def record(person: int, entries: Sequence[Entry]) -> list[Fact]:
    """Store what happened to `person` in the caller's transaction: a page or a command that is not their owner.

    Their owner announces it once it is told to look. Raises SinkError.
    """
    with transaction.atomic():
        return _store(Job(person, None, entries), sinks())


def _store(job: Job, shown: Sequence[Sink]) -> list[Fact]:
    entries = _news(job)
    number = numbers.raised(job.person, job.epoch, len(entries)) - len(entries)
    recorded = now_ms()
    rows = [
        StoredFact(
            person_id=job.person,
            number=number + count,
            kind=entry.kind,
            link=entry.link or "",
            venue_id=entry.venue_id or "",
            at=entry.at,
            recorded=recorded,
            recovered=entry.recovered,
            late_ms=entry.late_ms,
            epoch=job.epoch or 0,
            payload=facts.write(entry.payload),
        )
        for count, entry in enumerate(entries, 1)
    ]
    StoredFact.objects.bulk_create(rows)
    stored = [
        msgspec.structs.replace(fact_of(row), beside=entry.beside) for row, entry in zip(rows, entries, strict=True)
    ]
    for sink in shown if stored else ():
        _show(sink, stored)
    _move(job)
    return stored


def cursors(person: int) -> dict[str, dict[str, str]]:
    """Return the cursors of each link of `person`."""
    found: dict[str, dict[str, str]] = {}
    for link, name, value in StoredCursor.objects.filter(person=person).values_list("link", "name", "value"):
        found.setdefault(link, {})[name] = value
    return found


def _move(job: Job) -> None:
    """Write the cursors that `job` moves, the newest of each."""
    moved = {(entry.link or "", name): value for entry in job.entries for name, value in entry.cursors.items()}
    kept = [
        StoredCursor(person_id=job.person, link=key[0], name=key[1], value=value)
        for key, value in moved.items()
        if value
    ]
    StoredCursor.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["person", "link", "name"], update_fields=["value"]
    )
    for (link, name), value in moved.items():
        if not value:
            StoredCursor.objects.filter(person=job.person, link=link, name=name).delete()


def _news(job: Job) -> list[Entry]:
    """Return the entries of `job` that are not stored yet, each once."""
    named = [(entry.link or "", entry.venue_id) for entry in job.entries if entry.venue_id is not None]
    links, ids = {link for link, _ in named}, {id_ for _, id_ in named}
    # By no order: for that of the model SQLite would go through all facts of the person. So in trading.
    rows = StoredFact.objects.filter(person=job.person, link__in=links, venue_id__in=ids).order_by()
    known = set(rows.values_list("link", "kind", "venue_id")) if named else set()
    news = []
    for entry in job.entries:
        key = (entry.link or "", entry.kind, entry.venue_id or "")
        if entry.venue_id is None or key not in known:
            news.append(entry)
            known.add(key)
    return news


def _show(sink: Sink, stored: Sequence[Fact]) -> None:
    try:
        with transaction.atomic():
            sink(stored)
    except Exception as error:  # whatever it is, its facts may not be stored without it
        raise SinkError(sink) from error


def fact_of(row: StoredFact) -> Fact:
    """Return a stored fact as others know it."""
    return Fact(
        person=row.person_id,
        number=row.number,
        kind=row.kind,
        link=row.link or None,
        venue_id=row.venue_id or None,
        at=row.at,
        recorded=row.recorded,
        recovered=row.recovered,
        late_ms=row.late_ms,
        payload=facts.read(row.payload),
    )
