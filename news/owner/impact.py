"""Measures what news move, by a person's own market data, beside their streams.

Who shows no news, and has no rule that waits for what they move, pays nothing: nothing is measured, no symbol is wanted
and no quote is seen.
"""

import asyncio
import contextlib
import copy
import logging
import typing
from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from brokers.contract.broker import Demand
from brokers.contract.events import Event, Quote
from brokers.instruments.symbols import is_symbol, normalise
from lib.clock import now_ms
from market.history.candle_reader import CandleReader
from news.impact.measurement import HeardItem, Measurement
from news.impact.meter import ImpactMeter
from news.impact.rules import PATIENCE_MS
from news.owner.board_prices import BoardPrices
from news.owner.counts import counts
from news.owner.impact_history import ImpactHistory
from news.owner.sources import TOPIC
from news.store.impacts import StoredImpacts, announce_again, fresh, store_impacts, unfinished
from news.store.writer import Term
from streaming.bus.messages import ListAdvance
from streaming.ledger.ledger import FencedError, LedgerError
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.ownership.lease import OwnershipTerm

logger = logging.getLogger(__name__)

RETRY_S = 2.0
"""How soon what could not be read or stored is tried again."""
LONGEST_S = 5.0
"""How long is slept at most while anything is measured: the wall clock may be set meanwhile."""
GATHER_S = 0.05
"""How long changes are gathered, so that one transaction stores them."""
MOST_HEARD = 500
"""Items that wait to be measured, at most; those beyond are not."""

_items = msgspec.json.Decoder(HeardItem)


class NewsImpacts(Extension):
    """Measures for one person. `sees` quotes only while an item waits for its first price."""

    sees: frozenset[type[Event]] = frozenset()
    finders: Mapping[str, RpcHandler] = {}

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self._prices = BoardPrices(desk.board)
        self._meter = ImpactMeter(self._prices)
        self._history = ImpactHistory(CandleReader(desk), self._note)
        self._due = asyncio.Event()
        self._heard: list[HeardItem] = []
        self._revised: set[str] = set()
        self._stood: dict[int, int] = {}
        """The newest change that was heard of each list, by its owner."""
        self._has_missed = True
        """Whether an announcement was lost: whatever came while nothing ran here."""
        self._unstored: dict[str, Measurement] = {}
        self._required: frozenset[str] | None = frozenset()
        """The symbols whose items are measured although nobody reads news; None: all."""

    def __repr__(self) -> str:
        return f"<NewsImpacts person={self._desk.person} {self._meter!r}>"

    @property
    def measured(self) -> int:
        """How many items are measured now."""
        return len(self._meter)

    @property
    def _is_shown(self) -> bool:
        return TOPIC in self._desk.lists

    @property
    def _is_needed(self) -> bool:
        """Whether anything is to be measured."""
        return self._is_shown or self._required is None or bool(self._required)

    def require(self, symbols: frozenset[str] | None) -> None:
        """Measure items of these symbols although nobody reads news; None: items of any."""
        self._required = symbols
        self._due.set()

    @property
    def has_feed(self) -> bool:
        """Whether any link brings the person market data, live or not."""
        return any(self._desk.shows(runner.id) for runner in self._desk.runners.values())

    @property
    def _is_behind(self) -> bool:
        """Whether items that were not heard of are to be measured."""
        return self._has_missed and self._is_needed and self.has_feed

    def on_event(self, event: Event, origin: str) -> None:
        """Begin what waits for a quote."""
        if isinstance(event, Quote) and self._meter.awaits(event.symbol):
            self._meter.take(event.symbol, now_ms())
            if self._meter.has_changes:
                self._due.set()

    def on_settings_changed(self) -> None:
        """Go on: which links there are is looked at when an item comes."""

    def on_list_advanced(self, message: ListAdvance) -> None:
        """Hear of items."""
        if not self._is_needed:
            return
        stood = self._stood.get(message.person, message.prev)
        self._has_missed = self._has_missed or message.prev > stood
        self._stood[message.person] = max(stood, message.number)
        if message.number > stood:
            for text in message.items:
                self._hear(_items.decode(text))
        if self._heard or self._revised or self._has_missed:
            self._due.set()

    def _hear(self, item: HeardItem) -> None:
        if item.impact is not None:  # told by this very extension
            return
        if item.revision > 1:
            self._revised.add(item.id)
        elif len(self._heard) < MOST_HEARD:
            self._heard.append(item)

    def _measure(self, item: HeardItem) -> None:
        """Measure an item by its first symbol. A copy of a story is part of what the story moved."""
        symbol, now = normalise(item.symbols[0]) if item.symbols else "", now_ms()
        is_new = item.received_at > now - PATIENCE_MS
        is_needed = self._is_shown or self._required is None or symbol in self._required
        if item.story == item.id and is_symbol(symbol) and is_new and is_needed and self.has_feed:
            self._meter.add(item, symbol, now)

    # What is due

    async def run(self) -> None:
        """Run until cancelled."""
        self._meter, self._has_missed = ImpactMeter(self._prices), True
        self._desk.hear_list(self, TOPIC, is_heard=True)
        counts.meters.add(self)
        try:
            self._meter.resume(await self._read(unfinished, self._desk.person))
            async with asyncio.TaskGroup() as together:  # if one of them fails, both begin again
                together.create_task(self._history.run())
                await self._measure_all()
        finally:
            counts.meters.discard(self)
            self._desk.hear_list(self, TOPIC, is_heard=False)
            self._desk.want_for(self, Demand())
            self._desk.show_to(self, frozenset())

    async def _measure_all(self) -> typing.NoReturn:
        while True:
            self._due.clear()
            await self._hear_missed()
            heard, self._heard = self._heard, []
            for item in heard:
                self._measure(item)
            self._meter.advance(now_ms(), is_shown=self._is_shown)
            self._follow()
            self._look_back()
            await self._store()
            await self._announce_revised()
            self._follow()
            await self._pause()

    async def _pause(self) -> None:
        """Wait until something is due."""
        due = self._meter.due(now_ms(), is_shown=self._is_shown)
        pause_s = None if due is None else min(LONGEST_S, max(0.0, (due - now_ms()) / 1000))
        if self._unstored or self._revised or self._is_behind:
            pause_s = min(RETRY_S, pause_s or RETRY_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._due.wait()
                await asyncio.sleep(GATHER_S)

    def _follow(self) -> None:
        """Want the symbols that are measured, and see quotes while any is waited for."""
        self._desk.want_for(self, Demand(quotes=self._meter.symbols))
        self._desk.show_to(self, frozenset({Quote}) if self._meter.waiting else frozenset())

    def _look_back(self) -> None:
        """Have candles asked for what no quote told."""
        for one in self._meter.unasked(now_ms()):
            one.is_asked = True
            self._history.ask(one)

    def _note(self, one: Measurement) -> None:
        self._meter.note(one)
        self._due.set()

    async def _hear_missed(self) -> None:
        """Measure what came a moment ago and was not heard of."""
        if not self._is_behind:
            return
        try:
            found = await self._desk.ledger.read(fresh, self._desk.person, now_ms() - PATIENCE_MS)
        except LedgerError as error:
            logger.info("%r: new items cannot be read now: %s", self, error)
            return
        self._has_missed = False
        for item in found:
            self._measure(item)

    # The database

    async def _read(self, work: Callable[..., typing.Any], *values: typing.Any) -> typing.Any:
        while True:
            try:
                if self._term is not None:
                    return await self._desk.ledger.read(work, *values)
            except LedgerError as error:
                logger.info("%r: what is under way cannot be read now: %s", self, error)
            await asyncio.sleep(RETRY_S)

    @property
    def _term(self) -> Term | None:
        guard = self._desk.guard
        return Term(self._desk.person, guard.host, guard.epoch) if isinstance(guard, OwnershipTerm) else None

    async def _store(self) -> None:
        """Store what changed, then announce it."""
        self._unstored |= {one.item: one for one in self._meter.drain()}
        if not self._unstored:
            return
        # Copies: quotes go on changing these while a thread writes.
        stored = await self._write(store_impacts, copy.deepcopy([*self._unstored.values()]))
        if stored is not None:
            counts.impacts.update(self._ended(stored.gone))
            self._meter.forget(stored.gone)
            self._unstored = {}

    def _ended(self, gone: Collection[str]) -> Iterator[str]:
        """Yield how each window ended that is stored as ended now, but those of items that are gone."""
        for one in self._unstored.values():
            for window in one.windows if one.item not in gone else ():
                if window.is_done and not window.is_counted:
                    window.is_counted = True
                    yield window.void or "measured"

    async def _announce_revised(self) -> None:
        revised, self._revised = self._revised, set()
        if revised and await self._write(announce_again, [*revised]) is None:
            self._revised |= revised

    async def _write(self, work: Callable[..., StoredImpacts], values: typing.Any) -> StoredImpacts | None:
        """Write, and announce what grew; None where it has to be tried again."""
        if (term := self._term) is None:
            return None
        try:
            stored = await self._desk.ledger.write(work, term, values)
        except FencedError as error:
            logger.info("%r ends: %s", self, error)
            return StoredImpacts(None, [])
        except LedgerError as error:
            logger.info("%r: impact cannot be stored now: %s", self, error)
            return None
        if (growth := stored.growth) is not None:
            self._desk.announce(
                ListAdvance(
                    topic=TOPIC, person=self._desk.person, prev=growth.prev, number=growth.version,
                    items=growth.items, note="", note_kind="",
                )
            )  # fmt: skip
        return stored
