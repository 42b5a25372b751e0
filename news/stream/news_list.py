"""The topic `news`: see `streaming.lists.stream_list`."""

from collections.abc import Sequence

from news.store import reader
from news.store.wire import sources_note
from streaming.ledger.ledger import Ledger
from streaming.lists.stream_list import ListPage
from streaming.wire.list_position import ListPosition


class NewsList:
    """The desk's items and a person's own, as one list."""

    topic = "news"
    items = "articles"

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def read(self, person: int, after: ListPosition | None) -> ListPage:
        """Return what changed after a position; for None the newest 20."""
        if after is None:
            return await self._ledger.read(reader.newest, person)
        return await self._ledger.read(reader.changes, person, after)

    async def notes(self, person: int) -> Sequence[str]:
        """Return how the sources are that the person's news come from."""
        found = await self._ledger.read(reader.statuses, person)
        by_owner = {owner: [one for one in found if one.get("owner") == owner] for owner in ("desk", "me")}
        return [sources_note(owner, statuses) for owner, statuses in by_owner.items() if statuses]

    def adapt(self, person: int, items: Sequence[str]) -> Sequence[str]:
        """Return the items themselves: what is a reader's own comes as changes of their own list."""
        return items
