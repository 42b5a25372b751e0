"""What a source of news is: one coroutine that delivers items.

SourceError
├── SourceLost       retry with back-off
├── KeyRejected      stop, ask for another key; never retried in a loop
└── SourceUnusable   stop until its address or its settings change
"""

import datetime
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

PublishedBy = typing.Literal["source", "zone_assumed", "date_only", "arrival"]
"""How `published_at` is known: by the source itself; by the source, in the zone that its settings name; a date without
a time, at its beginning in that zone; not at all: the time of arrival stands in for it."""

HEADLINE = 500
SUMMARY = 500
"""Characters that are kept of a headline and of a summary."""
SYMBOLS = 20
"""Symbols that are kept of one item."""


class SourceItem(msgspec.Struct, frozen=True, kw_only=True):
    """One news item, or a later revision of one, as its source delivers it.

    Texts hold no markup. `symbols` are those that the source itself names, in the desk's spelling (`BRK.B`), and
    `categories` its own labels (`8-K`, `5.02`, `halt`, `merger`). Times are aware, UTC.
    """

    id: str
    """The source's own id, equal for all revisions: a guid, an accession number, a number."""
    headline: str
    received_at: datetime.datetime
    """When its bytes were here, by our clock."""
    published_at: datetime.datetime
    published_by: PublishedBy
    summary: str | None = None
    url: str | None = None
    """http or https; None for anything else."""
    publisher: str | None = None
    """Who published it, where the source carries several (`Benzinga`, `CNBC`)."""
    authors: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    updated_at: datetime.datetime | None = None
    """When the source says that it was revised last."""
    recovered: bool = False
    """Whether it was asked for after a gap, instead of delivered when it happened."""


Cursor = Mapping[str, str]
"""What a source must be given when it begins anew, by name: an ETag, the newest number. Opaque to everybody else."""

Emit = Callable[[Sequence[SourceItem], Cursor], Awaitable[None]]
"""Stores items and the cursor they lead to together, oldest first; returns once they are stored. Known items and equal
revisions may come again: they are recognised by `id`. No item is fine: then the cursor is stored."""


class Report(typing.Protocol):
    """Where a source says how it is."""

    def alive(self) -> None:
        """The source answered, whether it had anything new or not; a socket's heartbeat counts."""

    def keep_pace(self, pace_s: float) -> None:
        """The source is asked every `pace_s` seconds from now on: it may wish for more patience than we have."""

    def count(self, anomaly: str, number: int = 1) -> None:
        """Count what was odd about what came: `undated`, `future`, `redated`, `unreadable`, `oversized`, ..."""


class SourceError(Exception):
    """Base of everything a source raises. Its text is safe to log and to show: no key, no token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SourceLost(SourceError):
    """The source cannot be reached, broke off, or answers nonsense; trying again later may help.

    `retry_after` is the source's own wish in seconds, where it gave one.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class KeyRejected(SourceError):
    """The source refuses its key."""


class SourceUnusable(SourceError):
    """The source can never work as it is set: its address is not allowed, or is no feed of any known form."""


class NewsSource(typing.Protocol):
    """One source, made for one address or key."""

    async def run(self, cursor: Cursor, emit: Emit, report: Report) -> None:
        """Deliver items until cancelled, or raise SourceError. Never returns by itself.

        Begins where `cursor` says; an empty one is a source that was never asked. Calling it again after it raised
        starts over: it keeps no state but what it emitted.
        """

    async def verify(self) -> None:
        """Ask the source once whether its key or address is good. Raises SourceError."""

    async def close(self) -> None:
        """Give back sockets and pools. Safe to call twice."""
