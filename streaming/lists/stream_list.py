"""What a list that grows is: the `STREAM_LISTS` setting names them. Packages to the right of `streaming` provide them.

A list has a part that everybody sees and one for each person; changes of each are numbered without gaps, by the one
process that owns it, and stored before they are announced.
"""

import typing
from collections.abc import Sequence

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

from lib.clock import now_ms
from streaming.ledger.ledger import Ledger
from streaming.wire.list_position import ListPosition

PAGE = 200
"""Items that are read at a time."""


class ListPage(typing.NamedTuple):
    """What comes after a position, the oldest first, each item as JSON, and where its reader stands then.

    `is_first`: nothing was known before. `more`: there is more than fits a page.
    """

    items: Sequence[str]
    position: ListPosition
    is_first: bool = False
    more: bool = False


class StreamList(typing.Protocol):
    """One list. It is asked by the hub of a process, on its event loop."""

    topic: str
    """The topic that brings it, the type of its messages, and the type of its items in the plain dialect."""
    items: str
    """What its items are called in a message."""

    async def read(self, person: int, after: ListPosition | None) -> ListPage:
        """Return at most PAGE items after a position, the oldest first; for None the newest few.

        Raises LedgerError while the database is away.
        """

    async def notes(self, person: int) -> Sequence[str]:
        """Return whole messages that a reader gets before the first item. Raises LedgerError."""

    def adapt(self, person: int, items: Sequence[str]) -> Sequence[str]:
        """Return `items`, just announced, as `person` sees them: the same object where that makes no difference."""


def encode_page(topic: str, name: str, page: ListPage) -> str:
    """Return the message of the frames dialect that carries a page."""
    message: dict[str, typing.Any] = {"type": topic, "list": str(page.position), "at": now_ms()}
    if page.is_first:
        message["snapshot"] = True
    message[name] = [msgspec.Raw(item.encode()) for item in page.items]
    return msgspec.json.encode(message).decode()


def encode_item(topic: str, item: str) -> str:
    """Return one item as the plain dialect says it."""
    return f'{{"type":"{topic}",{item[1:]}'


def stream_lists(ledger: Ledger) -> list[StreamList]:
    """Return the lists of this desk, which read by `ledger`. Raises ImportError naming one that is not there."""
    return [import_string(path)(ledger) for path in getattr(settings, "STREAM_LISTS", [])]
