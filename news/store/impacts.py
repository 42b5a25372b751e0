"""Stores what items moved for one reader, as changes of that reader's own list, and reads what is under way.

Synchronous. The rows of a person are written by the person's owner alone, in their epoch.
"""

from collections.abc import Iterable, Sequence

import msgspec
from django.db import transaction
from django.db.models import Q

from news.impact.measurement import HeardItem, Measurement, MoveWindow
from news.impact.rules import METHOD, Expectation, expect
from news.models import NewsImpact, NewsItem, NewsList, NewsMove
from news.store.reader import described, visible
from news.store.wire import DESK, encode, item_id
from news.store.writer import Growth, Term, lock_list

MOST_MOVES = 1_000
"""The newest moves of a category that an expectation is made of."""
MOST_FRESH = 50
"""Items that are measured although nobody heard of them as they came, at most."""


class StoredImpacts:
    """What storing came to: how the list grew, None where nothing changed; and the items that are gone."""

    __slots__ = ("gone", "growth")

    def __init__(self, growth: Growth | None, gone: Sequence[str]) -> None:
        self.growth = growth
        self.gone = gone

    def __repr__(self) -> str:
        return f"<StoredImpacts {self.growth and len(self.growth.items)} stored, {len(self.gone)} gone>"


def store_impacts(term: Term, measurements: Sequence[Measurement]) -> StoredImpacts:
    """Store measurements as they are now. Raises FencedError, or what the database raises."""
    with transaction.atomic():
        found = lock_list(term)
        rows = _items(term.owner, [one.item for one in measurements])
        here = [one for one in measurements if one.item in rows]
        prev = found.version
        for one in here:
            _write(found, rows[one.item], one)
        gone = [one.item for one in measurements if one.item not in rows]
        return StoredImpacts(_grown(found, prev, [rows[one.item] for one in here]), gone)


def announce_again(term: Term, items: Sequence[str]) -> StoredImpacts:
    """Have items told again with their impact: others were just told of a revision without it."""
    with transaction.atomic():
        found = lock_list(term)
        rows = _items(term.owner, items)
        prev, told = found.version, []
        for impact in NewsImpact.objects.filter(list=found, item__in=rows.values()).select_related("item"):
            found.version += 1
            impact.version = found.version
            impact.save(update_fields=["version"])
            told.append(impact.item)
        return StoredImpacts(_grown(found, prev, told), [])


def _grown(found: NewsList, prev: int, rows: Sequence[NewsItem]) -> Growth | None:
    if not rows:
        return None
    found.save(update_fields=["version"])
    return Growth(prev, found.version, [encode(fields) for fields in described(found.owner, rows)])


def _items(person: int, ids: Iterable[str]) -> dict[str, NewsItem]:
    """Return items that the person may see, by the ids that clients know them by."""
    numbers: dict[int, list[int]] = {0: [], person: []}
    for id_ in ids:
        numbers[0 if id_.startswith(DESK) else person].append(int(id_[1:]))
    query = Q(list=0, number__in=numbers[0]) | Q(list=person, number__in=numbers[person])
    return {item_id(row): row for row in NewsItem.objects.filter(query)}


def _write(found: NewsList, item: NewsItem, one: Measurement) -> None:
    found.version += 1
    values = {
        "version": found.version, "symbol": one.symbol, "category": one.category, "since": one.since, "mid": one.mid,
        "market_mid": one.market_mid, "beta": one.beta, "before": one.before, "method": METHOD,
    }  # fmt: skip
    impact, is_new = NewsImpact.objects.update_or_create(list=found, item=item, defaults=values)
    for window in one.windows:
        _write_window(found, impact, window, is_new=is_new)
    if impact.version != found.version:
        impact.version = found.version
        impact.save(update_fields=["version"])


def _write_window(found: NewsList, impact: NewsImpact, window: MoveWindow, *, is_new: bool) -> None:
    """Write a window. One that has ended is a change of the list by itself."""
    next_version = found.version + 1
    values = {
        "ends_at": window.ends_at, "move": window.move, "is_done": window.is_done, "void": window.void,
        "is_confounded": window.is_confounded, "by": window.by, "version": next_version if window.is_done else 0,
    }  # fmt: skip
    if not is_new:
        is_written = impact.moves.filter(minutes=window.minutes, is_done=False).update(**values) > 0
        found.version = next_version if window.is_done and is_written else found.version
        return
    found.version = next_version if window.is_done else found.version
    expected = expectation(found.owner, impact.category, window.minutes)
    NewsMove.objects.create(
        impact=impact, minutes=window.minutes, **values, expected_low=expected.low, expected_mid=expected.mid,
        expected_high=expected.high, expected_n=expected.n,
    )  # fmt: skip


def expectation(person: int, category: str, minutes: int) -> Expectation:
    """Return what the newest moves of a category that the person measured let expect of the next one."""
    moves = NewsMove.objects.filter(
        impact__list=person, impact__category=category, minutes=minutes, is_done=True, void="", is_confounded=False,
        by="quotes",
    ).order_by("-id")  # fmt: skip
    return expect([move for move in moves.values_list("move", flat=True)[:MOST_MOVES] if move is not None])


def unfinished(person: int) -> list[Measurement]:
    """Return the measurements of a person that have windows to come, or that ended while nobody looked."""
    rows = NewsImpact.objects.filter(list=person, moves__is_done=False).distinct()
    return [_measurement(row) for row in rows.select_related("item").prefetch_related("moves")]


def _measurement(row: NewsImpact) -> Measurement:
    windows = [
        MoveWindow(
            minutes=one.minutes, ends_at=one.ends_at, move=one.move, is_done=one.is_done, void=one.void,
            is_confounded=one.is_confounded, by=one.by, is_counted=one.is_done,
        )
        for one in row.moves.all()
    ]  # fmt: skip
    return Measurement(
        item=item_id(row.item), symbol=row.symbol, category=row.category, received_at=row.item.received_at,
        since=row.since, mid=row.mid, market_mid=row.market_mid, beta=row.beta, before=row.before, windows=windows,
    )  # fmt: skip


def fresh(person: int, received_after: int) -> list[HeardItem]:
    """Return items that came after a time (ms) and of which the person has no impact, the oldest first."""
    rows = visible(person).filter(received_at__gt=received_after).exclude(impacts__list=person)
    newest = list(rows.order_by("-received_at", "-id")[:MOST_FRESH])
    return [msgspec.convert(fields, HeardItem) for fields in described(person, newest[::-1])]
