"""What every source has told, newest last, and what of it is new or changed. Pure."""

import typing

import msgspec

from simulator.news.story import NewsItem, Source

KEPT = 400
"""So many items a source remembers."""


class Shelf:
    """The items of all sources by their numbers. `changed` and `gone` are for whoever keeps them."""

    def __init__(self) -> None:
        self._items: dict[Source, dict[int, NewsItem]] = {}
        self.changed: set[int] = set()
        self.gone: set[int] = set()

    def __iter__(self) -> typing.Iterator[NewsItem]:
        return (item for items in self._items.values() for item in items.values())

    def of(self, source: Source) -> list[NewsItem]:
        """Return what a source has told, oldest first."""
        return [*self._items.get(source, {}).values()]

    def put(self, item: NewsItem) -> None:
        """Add an item, or put a revision in its place."""
        items = self._items.setdefault(item.source, {})
        items[item.id] = item
        self.changed.add(item.id)
        while len(items) > KEPT:
            oldest = next(iter(items))
            del items[oldest]
            self.changed.discard(oldest)
            self.gone.add(oldest)

    def find(self, source: Source, story: int) -> NewsItem | None:
        """Return what a source told of a story, its newest item of it."""
        return next((item for item in reversed(self.of(source)) if item.story == story), None)

    def newest(self, source: Source, count: int) -> list[NewsItem]:
        """Return the newest items of a source, newest first; a revision keeps the place of its first issue."""
        return self.of(source)[::-1][:count]

    def by_update(self, source: Source) -> list[NewsItem]:
        """Return the items of a source by their last update, oldest first."""
        return sorted(self.of(source), key=lambda item: (item.updated_at, item.id))

    def item(self, number: int) -> NewsItem | None:
        """Return an item by its number."""
        return next((items[number] for items in self._items.values() if number in items), None)

    def revise(self, item: NewsItem, at: int, **changes: typing.Any) -> NewsItem:
        """Put a later revision of an item in its place. Returns it."""
        revised = msgspec.structs.replace(item, **changes, updated_at=max(at, item.updated_at + 1))
        self.put(revised)
        return revised
