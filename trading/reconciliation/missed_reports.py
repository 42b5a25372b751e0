"""What a venue knows and the ledger does not: found by asking, and recorded as if its stream had told it."""

import asyncio
import collections

import msgspec

from brokers.contract.broker import Statement
from brokers.contract.reports import ActivityReport, FillReport, OrderReport, Report
from lib.clock import now_ms
from streaming.manager.extensions import ExtensionHost
from trading.reconciliation import book
from trading.reconciliation.book import BookMark, Key

SEEN = 5_000
"""Ids of what happened that are remembered, at most: what was told a moment ago may not be stored yet."""
_ORDER = (FillReport, OrderReport, ActivityReport)
"""Of what happened in the same millisecond, what is told first."""


class MissedReports:
    """Records what the stream of one link did not tell. It is told of everything that happens on the link.

    `others` counts what happened that was not found by this. `grace_s` is how long the stream may be behind.
    """

    def __init__(self, desk: ExtensionHost, link: str, grace_s: float) -> None:
        self.others = 0
        self._desk = desk
        self._link = link
        self._grace_s = grace_s
        self._telling = False
        self._seen: collections.OrderedDict[Key, None] = collections.OrderedDict()
        self._live_at = now_ms()

    def turned_live(self) -> None:
        """The link is live again: what happened before was not told by its stream."""
        self._live_at = now_ms()

    def happened(self, event: Report) -> None:
        """See what happened on this link."""
        self.others += not self._telling
        self._seen[_key(event)] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)

    async def record(self, statement: Statement, marks: dict[str, BookMark]) -> list[Report]:
        """Record what was missed, in order, and return it once all that happened is stored. Raises LedgerError."""
        events: list[Report] = [*statement.fills, *statement.orders, *statement.activities]
        keys = {_key(event) for event in events}
        known = await self._desk.ledger.read(book.known, self._desk.person, self._link, keys)
        news = [event for event in events if _key(event) not in known and _key(event) not in self._seen]
        if any(event.at >= self._live_at and event.account in marks for event in news):
            await asyncio.sleep(self._grace_s)  # its stream may be about to tell it
            news = [event for event in news if _key(event) not in self._seen]
        found = [
            msgspec.structs.replace(event, found="read" if event.account in marks else "history")
            for event in sorted(news, key=_place)
        ]
        self._telling = True
        for event in found:
            self._desk.receive(event, self._link)
        self._telling = False
        await self._desk.stored()
        return found


def _key(event: Report) -> Key:
    return event.slot[0], event.id


def _place(event: Report) -> tuple[int, int, str]:
    return event.at, next(place for place, kind in enumerate(_ORDER) if isinstance(event, kind)), event.id
