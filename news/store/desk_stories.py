"""The desk's stories, as the owners of people's lists know them, and people's items that tell the same. Synchronous.

A person's item points to a story of the desk; the desk's rows never point to a person's, so that nobody else's view
depends on what a key brought.
"""

import collections
import typing
from collections.abc import Collection, Iterator

from lib.clock import now_ms
from news.models import NewsItem, NewsList
from news.text.stories import MOST, WITHIN_MS, StoryIndex

DESK_OWNER = 0
"""The owner of the desk's list."""


class Told(typing.NamedTuple):
    """A headline of the desk: the change that brought it, its story, and what that is known by."""

    version: int
    story: int
    headline: str
    url: str | None
    symbols: list[str]
    received_at: int


class DeskStories:
    """Those of two days. There is one for each ledger, and only the ledger's writer thread uses it."""

    def __init__(self) -> None:
        self.version = 0
        """The change of the desk's list up to which it is known here."""
        self._index = StoryIndex()
        self._told: collections.deque[Told] = collections.deque(maxlen=MOST)

    def __repr__(self) -> str:
        return f"<DeskStories up to {self.version}>"

    def catch_up(self) -> None:
        """Read what the desk's list brought since."""
        version = desk_version()
        if version <= self.version:
            return
        rows = NewsItem.objects.filter(list=DESK_OWNER, version__gt=self.version, received_at__gte=now_ms() - WITHIN_MS)
        wanted = ("number", *Told._fields)
        for number, *about in rows.order_by("version").values_list(*wanted):
            told = Told(*about)
            self._index.put(number, told.story, *told[2:])
            self._told.append(told)
        self.version = version

    def find(self, headline: str, url: str | None, symbols: Collection[str], at: int) -> int | None:
        """Return the desk's story that a headline tells, if there is one."""
        story = self._index.find(headline, url, symbols, at)
        if story is None or story in still_told([story]):
            return story
        self._forget()
        self.catch_up()
        return self._index.find(headline, url, symbols, at)

    def _forget(self) -> None:
        """Forget all: a source of the desk is gone, and its items went with it."""
        self.version, self._index = 0, StoryIndex()
        self._told.clear()

    def since(self, version: int) -> Iterator[Told]:
        """Yield what came after a change, in the order of changes."""
        return (told for told in self._told if told.version > version)


def desk_version() -> int:
    """Return the number of the newest change of the desk's list."""
    return NewsList.objects.filter(owner=DESK_OWNER).values_list("version", flat=True).first() or 0


def still_told(stories: Collection[int]) -> set[int]:
    """Return which of the desk's stories have an item still: what a source brought goes with it."""
    if not stories:
        return set()
    rows = NewsItem.objects.filter(list=DESK_OWNER, number__gte=min(stories), story__in=stories)
    return set(rows.values_list("story", flat=True))


def desk_story_of(found: NewsList, story: int) -> int | None:
    """Return the desk's story that a story of a person's list is known to be."""
    row: NewsItem | None = _items_of(found, story).exclude(desk_story=None).first()
    return row.desk_story if row else None


def join_story(found: NewsList, story: int, desk_story: int) -> list[NewsItem]:
    """Make a story of a person's list the desk's, where it is none yet. Returns the items that changed."""
    rows = list(_items_of(found, story).filter(desk_story=None).order_by("number"))
    for row in rows:
        found.version += 1
        row.version, row.desk_story = found.version, desk_story
        row.save(update_fields=["version", "desk_story"])
    return rows


def _items_of(found: NewsList, story: int) -> typing.Any:
    """Return the items of a story as a query; its first item has its number."""
    return NewsItem.objects.filter(list=found, number__gte=story, story=story)
