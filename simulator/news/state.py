"""What the simulated sources know, as records: what they told, and what they are still to tell."""

import typing

from simulator.archive.archive import ArchiveRow, ArchiveTable, Records
from simulator.news.story import NewsItem
from simulator.news.venue import PlannedErrand, SimNews


class NewsState:
    """The records of the sources. A move of a price that was under way is no part of them."""

    def __init__(self, venue: SimNews) -> None:
        self.venue = venue
        self._items = ArchiveTable("news item", NewsItem)
        self._errands = ArchiveTable("news errands", list[PlannedErrand])
        self._written = -1

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed."""
        shelf = self.venue.shelf
        for number in sorted(shelf.changed):
            item = shelf.item(number)
            if item is not None:
                yield from self._items.put(str(number), item)
        for number in sorted(shelf.gone):
            yield self._items.remove(str(number))
        shelf.changed.clear()
        shelf.gone.clear()
        if self._written != self.venue.planned_changes:
            self._written = self.venue.planned_changes
            yield from self._errands.put("", self.venue.errands)

    def restore(self, records: Records) -> None:
        """Let the sources know all this again, and go on telling. Raises Unreadable.

        What was to be told meanwhile is told now, as of then. New stories are others than the seed alone decides.
        """
        venue = self.venue
        for item in self._items.read(records).values():
            venue.shelf.put(item)
            venue.item_ids.go_beyond(item.id)
            venue.story_ids.go_beyond(item.story)
        venue.shelf.changed.clear()
        venue.stir(venue.market.begun_at)
        for planned in self._errands.read(records).get("", []):
            venue.story_ids.go_beyond(planned.errand.item.story)
            self._resume(planned)

    def _resume(self, planned: PlannedErrand) -> None:
        venue, at = self.venue, self.venue.wall_ms()
        if planned.at <= at:
            venue.carry_out(planned.errand, planned.at)
        else:
            venue.plan(planned.errand, venue.market.seconds + (planned.at - at) / 1000, planned.at)
