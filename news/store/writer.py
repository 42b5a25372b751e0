"""Stores items in their list, numbers them, and keeps what they said before. Synchronous; one writer per list.

The epoch of the list, or of its person, is compared in the transaction: a former owner stores nothing.
"""

import datetime
import itertools
import typing
import uuid
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import F

from news.models import NewsItem, NewsLink, NewsList, NewsRevision, NewsSourceState, NewsSymbol
from news.sources.contract import KeyRejected, SourceItem
from news.store.desk_stories import DESK_OWNER, DeskStories, desk_story_of, join_story, still_told
from news.store.wire import encode, item_fields
from news.text.analysis import Analysis
from news.text.stories import WITHIN_MS, StoryIndex
from streaming.ledger.errors import FencedError
from streaming.models import Ownership

DESK = DESK_OWNER
"""The owner of the desk's list."""
KEPT = datetime.timedelta(days=90)
FOLDED_AT_ONCE = 500
"""Headlines of the desk that are compared with a person's in one step."""


class Term(typing.NamedTuple):
    """Who writes a list: the host, and the epoch it owns the list, or the list's person, in."""

    owner: int
    host: str
    epoch: int


class Origin(typing.NamedTuple):
    """The source that items come from: its id, its name for people, and whether a simulator stands in for it."""

    source: str
    name: str
    is_simulated: bool = False


class Analysed(typing.NamedTuple):
    """An item and what was found in it."""

    item: SourceItem
    found: Analysis


class Growth(typing.NamedTuple):
    """How a list grew: from change `prev` to change `version`, with what changed as JSON, in the order of changes."""

    prev: int
    version: int
    items: list[str]


def lock_list(term: Term) -> NewsList:
    """Lock a list for its writer and return it. Raises FencedError where somebody else is its writer by now."""
    if term.owner == DESK:
        is_mine = NewsList.objects.filter(owner=DESK, host=uuid.UUID(term.host), epoch=term.epoch)
        if not is_mine.update(version=F("version")):
            raise FencedError(f"epoch {term.epoch} of the desk's news is over")
    else:
        held = Ownership.objects.filter(person=term.owner, epoch=term.epoch, host=uuid.UUID(term.host))
        if not held.update(epoch=F("epoch")):
            raise FencedError(f"epoch {term.epoch} of person {term.owner} is over")
        NewsList.objects.get_or_create(owner=term.owner, defaults={"person_id": term.owner})
    return NewsList.objects.get(owner=term.owner)


def recent_stories(owner: int, now_ms: int) -> StoryIndex:
    """Return the index of the stories of a list, from its items of the last two days."""
    index = StoryIndex()
    rows = NewsItem.objects.filter(list=owner, received_at__gte=now_ms - WITHIN_MS).order_by("number")
    for row in rows:
        index.put(row.number, row.story, row.headline, row.url, row.symbols, row.received_at)
    return index


def store(
    term: Term,
    origin: Origin,
    items: Sequence[Analysed],
    cursor: Mapping[str, str],
    stories: StoryIndex,
    desk: DeskStories | None = None,
) -> Growth:
    """Store what a source delivered and where it is then, in one transaction. Known items that read the same are left.

    An item that tells one of `stories`, those of the list, is folded into it; one of a person that tells a story of the
    `desk` points to that.

    Raises FencedError, or what the database raises.
    """
    with transaction.atomic():
        _lock_link(origin.source)
        found = lock_list(term)
        ids = [one.item.id for one in items]
        known = {one.source_id: one for one in found.items.filter(source=origin.source, source_id__in=ids)}
        prev, changed = found.version, list[NewsItem]()
        if desk is not None:
            desk.catch_up()
        for one in items:
            row = known.get(one.item.id)
            if row is None:
                row = known[one.item.id] = _create(found, origin, one, stories, desk)
                changed += _join_siblings(found, row, known)
            elif not _revise(found, row, one):
                continue
            changed.append(row)
        found.save(update_fields=["number", "version"])
        NewsSourceState.objects.update_or_create(list=found, source=origin.source, defaults={"cursor": dict(cursor)})
        return Growth(prev, found.version, _encoded(changed))


def _join_siblings(found: NewsList, row: NewsItem, known: dict[str, NewsItem]) -> list[NewsItem]:
    """Make the whole story of a new item the desk's, where the item tells that. Returns the others that changed."""
    if row.desk_story is None or row.story == row.number:
        return []
    changed = join_story(found, row.story, row.desk_story)
    known |= {other.source_id: other for other in changed if other.source == row.source}
    return changed


def fold_desk(term: Term, stories: StoryIndex, desk: DeskStories, after: int) -> tuple[Growth | None, int]:
    """Fold what the desk told after a change of its list into a person's `stories`, at most FOLDED_AT_ONCE headlines.

    Returns how the person's list grew by it, None where it did not, and the change of the desk's up to which this is
    done. Raises FencedError, or what the database raises.
    """
    desk.catch_up()
    told = list(itertools.islice(desk.since(after), FOLDED_AT_ONCE))
    done = told[-1].version if len(told) == FOLDED_AT_ONCE else desk.version
    alike: dict[int, int] = {}
    for one in told if len(stories) else ():
        story = stories.find(one.headline, one.url, one.symbols, one.received_at)
        if story is not None:
            alike.setdefault(story, one.story)
    told_still = still_told(alike.values())
    alike = {story: desk_story for story, desk_story in alike.items() if desk_story in told_still}
    if not alike:
        return None, done
    with transaction.atomic():
        found = lock_list(term)
        prev = found.version
        changed = [row for story, desk_story in alike.items() for row in join_story(found, story, desk_story)]
        found.save(update_fields=["version"])
        return Growth(prev, found.version, _encoded(changed)) if changed else None, done


LINKED = "link-"
"""What the ids of linked sources begin with; the id of their row follows."""


def _lock_link(source: str) -> None:
    """Have a linked source stay until this is stored. Raises KeyRejected where it was removed meanwhile.

    Whoever removes one locks its row before the list, so this does too.
    """
    if not source.startswith(LINKED):
        return
    rows = NewsLink.objects.select_for_update().filter(pk=uuid.UUID(source.removeprefix(LINKED)))
    if rows.values_list("pk").first() is None:
        raise KeyRejected("it was removed")


def _encoded(rows: Sequence[NewsItem]) -> list[str]:
    """Return rows as JSON, each once, in the order of receipt."""
    newest = {row.pk: row for row in rows}
    earlier: dict[int, list[NewsRevision]] = {}
    for one in NewsRevision.objects.filter(item__in=[row.pk for row in rows if row.revision > 1]):
        earlier.setdefault(one.item_id, []).append(one)
    ordered = sorted(newest.values(), key=lambda row: row.number)
    return [encode(item_fields(row, earlier.get(row.pk, ()))) for row in ordered]


def _create(found: NewsList, origin: Origin, one: Analysed, stories: StoryIndex, desk: DeskStories | None) -> NewsItem:
    found.number += 1
    found.version += 1
    about = one.item.headline, one.item.url, one.found.symbols, _ms(one.item.received_at)
    story = stories.add(found.number, *about)
    desk_story = None if desk is None else desk_story_of(found, story) or desk.find(*about)
    row = NewsItem(
        list=found,
        number=found.number,
        version=found.version,
        story=story,
        desk_story=desk_story,
        source=origin.source,
        source_id=one.item.id,
        source_name=origin.name,
        is_simulated=origin.is_simulated,
        received_at=_ms(one.item.received_at),
        is_recovered=one.item.recovered,
    )
    _fill(row, one)
    row.save()
    _index(row)
    return row


def _revise(found: NewsList, row: NewsItem, one: Analysed) -> bool:
    """Write a later revision over an item, and keep the former one. Returns whether there was anything new in it."""
    if not _is_news(row, one):
        return False
    NewsRevision.objects.create(
        item=row, revision=row.revision, headline=row.headline, summary=row.summary, symbols=row.symbols,
        received_at=row.received_at if row.revision == 1 else row.updated_at or row.received_at,
    )  # fmt: skip
    found.version += 1
    row.version = found.version
    row.revision += 1
    _fill(row, one)
    row.save()
    row.found_symbols.all().delete()
    _index(row)
    return True


def _is_news(row: NewsItem, one: Analysed) -> bool:
    """Whether an item that is known reads otherwise than it does here, and is not an older revision that comes late."""
    updated = None if one.item.updated_at is None else _ms(one.item.updated_at)
    if updated is not None and row.updated_at is not None and updated < row.updated_at:
        return False
    return (row.headline, row.summary, row.url) != (one.item.headline, one.item.summary, one.item.url) or set(
        row.symbols
    ) != set(one.found.symbols)


def _fill(row: NewsItem, one: Analysed) -> None:
    """Write what may change with a revision."""
    item, found = one.item, one.found
    row.publisher = item.publisher
    row.headline, row.summary, row.url = item.headline, item.summary, item.url
    row.authors = list(item.authors)
    row.symbols, row.symbols_by, row.category = list(found.symbols), found.symbols_by, found.category
    row.sentiment, row.sentiment_by, row.sentiment_version = (
        found.sentiment, found.sentiment_by, found.sentiment_version,
    )  # fmt: skip
    if row.pk is None or item.published_by != "arrival":
        row.published_at, row.published_by = _ms(item.published_at), item.published_by
    row.updated_at = None if item.updated_at is None else _ms(item.updated_at)


def _index(row: NewsItem) -> None:
    NewsSymbol.objects.bulk_create(
        NewsSymbol(item=row, symbol=symbol, received_at=row.received_at) for symbol in row.symbols
    )


def _ms(moment: datetime.datetime) -> int:
    return round(moment.timestamp() * 1000)


def cursor(owner: int, source: str) -> dict[str, str]:
    """Return the cursor of a source of a list; empty where it was never asked."""
    found = NewsSourceState.objects.filter(list=owner, source=source).values_list("cursor", flat=True).first()
    return dict(found or {})


def forget_source(owner: int, source: str) -> int:
    """Delete everything that a source brought: its key is gone. Returns how many items went."""
    with transaction.atomic():
        NewsSourceState.objects.filter(list=owner, source=source).delete()
        return NewsItem.objects.filter(list=owner, source=source).delete()[1].get("news.NewsItem", 0)


def store_statuses(owner: int, statuses: Sequence[Mapping[str, typing.Any]]) -> None:
    """Keep how the sources of a list are, and forget those that are not among them and brought nothing."""
    names = [status["source"] for status in statuses]
    with transaction.atomic():
        NewsList.objects.get_or_create(owner=owner, defaults={"person_id": owner or None})
        for status in statuses:
            NewsSourceState.objects.update_or_create(
                list_id=owner, source=status["source"], defaults={"status": dict(status)}
            )
        NewsSourceState.objects.filter(list=owner).exclude(source__in=names).update(status={})


def drop_old(now_ms: int) -> int:
    """Delete items that came more than 90 days ago. Returns how many."""
    before = now_ms - int(KEPT.total_seconds() * 1000)
    return NewsItem.objects.filter(received_at__lt=before).delete()[1].get("news.NewsItem", 0)
