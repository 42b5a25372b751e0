"""Tells what trade events say, and remembers how far it told: what every carrier of them ends in."""

import collections
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from brokers.alpaca.account.executions import SeenExecutions
from brokers.alpaca.account.state import AlpacaAccountState
from brokers.alpaca.decoding import Raw, text
from brokers.alpaca.timestamps import ulid_ms
from brokers.contract.events import Emit
from brokers.contract.reports import ENDED, FillReport, Found, OrderReport, Report

CURSOR = "trades"
"""The name of the cursor: the ULID of the newest trade event that was told."""
SEEN = 20_000
"""How many ids are remembered, so that what is asked for again and again is told once; and how many orders."""
AHEAD_MS = 60_000
"""An event that is so far ahead of the venue's own clock moves no cursor: nothing would come after it."""
_UNREADABLE = (ValueError, TypeError, KeyError, ArithmeticError)


class Memory:
    """What is known of one link between its runs: which orders are not over yet, and what was told lately."""

    def __init__(self) -> None:
        self.working: set[str] = set()
        """The ids of orders that were told and had not ended."""
        self.began_ms: int | None = None
        """When events flowed first, by the venue's clock."""
        self._seen: collections.OrderedDict[str, None] = collections.OrderedDict()
        self._versions: collections.OrderedDict[str, int] = collections.OrderedDict()
        """The newest word on each order, of those that ended too: an older one may come later."""

    def knows(self, happening: Report) -> bool:
        """Whether it was told lately."""
        return _key(happening) in self._seen

    def note(self, happening: Report) -> None:
        """It is told."""
        self._seen[_key(happening)] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        if isinstance(happening, OrderReport):
            self.apply(happening)

    def apply(self, order: OrderReport) -> None:
        """Take an order's newest word: one that has ended stays so."""
        if order.version < self._versions.get(order.order, 0):
            return
        self._versions[order.order] = order.version
        self._versions.move_to_end(order.order)
        if len(self._versions) > SEEN:
            self._versions.popitem(last=False)
        if order.status in ENDED:
            self.working.discard(order.order)
        else:
            self.working.add(order.order)


def _key(happening: Report) -> str:
    return f"{happening.slot[0]} {happening.id}"


class ReportEmitter:
    """Tells what happens in the account of one run. `filled` is called after each fill, `clock` is the venue's (ms)."""

    def __init__(
        self,
        told: SeenExecutions,
        account_id: str | None,
        book: AlpacaAccountState,
        memory: Memory,
        emit: Emit,
        cursors: Mapping[str, str],
        filled: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        self.bad = 0
        """How many events could not be read."""
        self.told = told
        self.memory = memory
        self._account_id = account_id
        self._book = book
        self._emit = emit
        self._clock = clock
        self._newest = newest if self._is_cursor(newest := cursors.get(CURSOR, "")) else ""
        self._filled = filled

    def start(self, venue_ms: int) -> None:
        """Events flow from here on (ms): what happens is to be told, even if the first one is lost."""
        if self.memory.began_ms is None:
            self.memory.began_ms = venue_ms

    def since_ms(self, overlap_s: float) -> int | None:
        """From when on what happened may not have been told; None where nobody was meant to watch before.

        Some of what was told before is asked for again: events of one ms sort either way.
        """
        newest = ulid_ms(self._newest)
        return self.memory.began_ms if newest is None else newest - int(overlap_s * 1000)

    def event(self, raw: Raw, found: Found = "stream") -> None:
        """Tell what a trade event says: its executions, and how its order stands now."""
        if self._account_id is not None and raw.get("account_id") not in (None, self._account_id):
            return
        happenings: list[Report] = []
        is_whole = True
        for read in (self.told.fills, self._orders):
            try:
                happenings += read(raw, found)
            except _UNREADABLE:
                is_whole = False
        self.bad += not is_whole
        happenings = [each for each in happenings if not self.memory.knows(each)]
        ulid = text(raw.get("event_ulid")) or text(raw.get("event_id"))
        if is_whole and happenings and ulid is not None and self._is_cursor(ulid) and ulid > self._newest:
            self._newest = ulid
            happenings[-1] = msgspec.structs.replace(happenings[-1], cursors={CURSOR: ulid})
        self._report(happenings)

    def _is_cursor(self, ulid: str) -> bool:
        at = ulid_ms(ulid)
        return at is not None and at <= self._clock() + AHEAD_MS

    def _orders(self, raw: Raw, found: Found) -> list[OrderReport]:
        if not isinstance(raw["order"], dict):
            raise TypeError("an event whose order is none")
        return self.told.orders(raw["order"], found)

    def again(self, happenings: Iterable[Report]) -> None:
        """Tell what was asked for, and may have been told before."""
        self._report([happening for happening in happenings if not self.memory.knows(happening)])

    def _report(self, happenings: list[Report]) -> None:
        for happening in happenings:
            self.memory.note(happening)
            self._emit(happening)
        for fill in happenings:
            if isinstance(fill, FillReport):
                position = self._book.filled(fill, time.monotonic()) if fill.found == "stream" else None
                if position is not None:
                    self._emit(position)
                self._filled()
