"""Reads items as one person may see them: the desk's and their own, with their own impact. Synchronous."""

import heapq
import typing
from collections.abc import Iterable, Sequence

from django.db.models import Q

from news.models import NewsImpact, NewsItem, NewsList, NewsMove, NewsRevision, NewsSourceState
from news.store.search import matching
from news.store.wire import DESK, Fields, encode, impact_fields, item_fields
from streaming.lists.stream_list import PAGE, ListPage
from streaming.wire.list_position import ListPosition

NEWEST = 20
"""Items that a reader without a position begins with."""


def position(person: int) -> ListPosition:
    """Return where both lists of a person stand."""
    rows = dict(NewsList.objects.filter(owner__in=(0, person)).values_list("owner", "version"))
    return ListPosition(rows.get(0, 0), rows.get(person, 0))


def newest(person: int, limit: int = NEWEST) -> ListPage:
    """Return the newest items, the oldest first, and the position they lead to."""
    at = position(person)
    rows = list(visible(person).order_by("-received_at", "-id")[:limit])
    return ListPage([encode(fields) for fields in described(person, reversed(rows))], at, is_first=True)


def changes(person: int, after: ListPosition) -> ListPage:
    """Return what changed after a position, in the order of receipt, at most PAGE items.

    A position beyond both lists (a restored database) begins anew.
    """
    at = position(person)
    if after.shared > at.shared or after.own > at.own:
        return newest(person)
    shared = list(NewsItem.objects.filter(list=0, version__gt=after.shared).order_by("version")[: PAGE + 1])
    own = _own_changes(person, after.own)
    shared_to = shared[PAGE - 1].version if len(shared) > PAGE else at.shared
    own_to = own[PAGE - 1][0] if len(own) > PAGE else at.own
    rows = {row.pk: row for row in shared[:PAGE]} | {row.pk: row for _, row in own[:PAGE]}
    ordered = sorted(rows.values(), key=lambda row: (row.received_at, row.pk))
    more = len(shared) > PAGE or len(own) > PAGE
    return ListPage(
        [encode(fields) for fields in described(person, ordered)], ListPosition(shared_to, own_to), more=more
    )


def _own_changes(person: int, after: int) -> list[tuple[int, NewsItem]]:
    """Return the changes of a person's own list: of their items, and of the impact of any."""
    rows = NewsItem.objects.filter(list=person, version__gt=after).order_by("version")[: PAGE + 1]
    items = [(row.version, row) for row in rows]
    impacts = NewsImpact.objects.filter(list=person, version__gt=after).select_related("item")
    items += [(one.version, one.item) for one in impacts.order_by("version")[: PAGE + 1]]
    return sorted(items, key=lambda pair: pair[0])


def arrivals(person: int, after: ListPosition, limit: int) -> list[NewsItem]:
    """Return items that a person may see by their place in their list (`number`) after a position.

    At most `limit` of either list, each in its order: an item comes once, as it reads now, revised or not.
    """
    shared = NewsItem.objects.filter(list=0, number__gt=after.shared).order_by("number")[:limit]
    own = NewsItem.objects.filter(list=person, number__gt=after.own).order_by("number")[:limit]
    return list(heapq.merge(shared, own, key=lambda row: row.received_at))


def arrived_before(person: int, at: int) -> ListPosition:
    """Return the numbers after which everything is that came at `at` (ms) or later, in both lists of a person."""
    numbers = []
    for owner in (0, person):
        mine = NewsItem.objects.filter(list=owner)
        first = mine.filter(received_at__gte=at).order_by("number").values_list("number", flat=True).first()
        newest = NewsList.objects.filter(owner=owner).values_list("number", flat=True).first() or 0
        numbers.append(newest if first is None else first - 1)
    return ListPosition(*numbers)


def ended_moves(person: int, after: int, limit: int) -> list[NewsMove]:
    """Return at most `limit` moves that a person's own prices measured, by the change (`version`) that ended them.

    They come in its order, each once, with impact and item; those that are void or have no end are not among them.
    """
    rows = NewsMove.objects.filter(impact__list=person, impact__version__gt=after, version__gt=after)
    ended = rows.filter(move__isnull=False, ends_at__isnull=False)
    return list(ended.select_related("impact__item").order_by("version")[:limit])


def moves_before(person: int, at: int) -> int:
    """Return the change after which all moves of a person ended that ended at `at` (ms) or later."""
    rows = NewsMove.objects.filter(impact__list=person, version__gt=0, ends_at__gte=at)
    first = rows.order_by("version").values_list("version", flat=True).first()
    return position(person).own if first is None else first - 1


def visible(person: int) -> typing.Any:
    """Return every item that a person may see, as a query."""
    return NewsItem.objects.filter(Q(list=0) | Q(list=person))


def statuses(person: int) -> list[dict[str, typing.Any]]:
    """Return how the desk's sources and the person's own are, as they were when that changed last."""
    rows = NewsSourceState.objects.filter(list__in=(0, person)).exclude(status={}).order_by("list_id", "pk")
    return [row.status for row in rows]


class Search(typing.NamedTuple):
    """What items are looked for; what is empty does not count. `before` is the `received_at` and row of another one."""

    symbols: tuple[str, ...] = ()
    category: str = ""
    text: str = ""
    before: tuple[int, int] | None = None
    after: tuple[int, int] | None = None
    sources: tuple[str, ...] = ()


class Found(typing.NamedTuple):
    """Items, the newest first, and where the next page begins; None at the end."""

    items: list[Fields]
    next: tuple[int, int] | None


def search(person: int, wanted: Search, limit: int) -> Found:
    """Return the newest items that match."""
    query = visible(person)
    if wanted.symbols:
        query = query.filter(found_symbols__symbol__in=wanted.symbols).distinct()
    if wanted.category:
        query = query.filter(category=wanted.category)
    if wanted.sources:
        query = query.filter(source__in=wanted.sources)
    if wanted.text:
        query = matching(query, wanted.text)
    if wanted.before is not None:
        query = query.filter(_earlier(*wanted.before))
    if wanted.after is not None:
        query = query.filter(~_earlier(*wanted.after)).exclude(pk=wanted.after[1])
    rows = list(query.order_by("-received_at", "-id")[: limit + 1])
    last = rows[limit - 1] if len(rows) > limit else None
    return Found(described(person, rows[:limit]), last and (last.received_at, last.pk))


def locate(person: int, item: str, received_at: int | None = None) -> tuple[int, int] | None:
    """Return the place of an item by its id, as `Search` takes it; of one that is gone, by when it came.

    None where that is not known either.
    """
    rows = NewsItem.objects.filter(list=0 if item.startswith(DESK) else person, number=int(item[1:]))
    found: tuple[int, int] | None = rows.values_list("received_at", "pk").first()
    return found or (None if received_at is None else (received_at, 0))


def _earlier(received_at: int, row: int) -> Q:
    return Q(received_at__lt=received_at) | Q(received_at=received_at, pk__lt=row)


def described(person: int, rows: Iterable[NewsItem]) -> list[Fields]:
    """Return items as `person` sees them, in their order."""
    found = list(rows)
    keys = [row.pk for row in found]
    mine = NewsImpact.objects.filter(list=person, item__in=keys).prefetch_related("moves")
    impacts = {one.item_id: one for one in mine}
    revisions: dict[int, list[NewsRevision]] = {}
    for one in NewsRevision.objects.filter(item__in=[row.pk for row in found if row.revision > 1]):
        revisions.setdefault(one.item_id, []).append(one)
    return [_described(row, revisions.get(row.pk, ()), impacts.get(row.pk)) for row in found]


def _described(row: NewsItem, revisions: Sequence[NewsRevision], impact: NewsImpact | None) -> Fields:
    """Return one item; its version grows with its own changes and with those of its impact."""
    fields = item_fields(row, revisions, impact_fields(impact) if impact else None)
    if impact is not None:
        fields["version"] = row.version + impact.version
    return fields
