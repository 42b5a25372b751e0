"""Has a person's models speak at each scheduled bar, and finds what came of it; both are facts before they are told.

What waits for its outcome is read from the rows, so whoever takes over goes on with it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from django.conf import settings

from brokers.contract.broker import Demand
from brokers.contract.events import Event
from lib.clock import now_ms
from signals import owner_store
from signals.counts import counts
from signals.learner.run import ModelRun, open_run
from signals.learner.schedule import ScheduledBar, next_bar
from signals.learner.statement import compose_statements
from signals.predictors.catalogue import ModelKey, all_models, by_key
from signals.record.chain import LATE_MS
from signals.record.outcome import VoidRule
from signals.watch.insight_watcher import InsightWatcher
from signals.watch.market_bars import read_market_bar
from signals.watch.outcome_finder import OutcomeFinder
from signals.watch.registrar import register_models
from signals.watch.shown_signals import ShownSignals
from signals.watch.signal_facts import model_entry, signal_entry
from signals.watch.universe import read_universe
from streaming.bus.messages import ListAdvance
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.ownership.lease import OwnershipTerm

logger = logging.getLogger(__name__)

RETRY_S = 2.0
"""How soon what could not be read is asked for again."""
LOOK_MS = 30_000
"""How often it is looked of which symbols models speak."""
MOST_REST_S = 5.0
"""How long is waited at most: the clock may be set."""


class SignalWatcher(Extension):
    """The signals of one person. Who follows none, and has none to come, costs two queries when their streams begin."""

    sees: frozenset[type[Event]] = frozenset()
    finders: Mapping[str, RpcHandler] = {}

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self._changed = asyncio.Event()
        self._is_on = False
        self._runs: list[ModelRun] = []
        self._refused: dict[ModelKey, str] = {}
        self._symbols: list[str] = []
        self._look_at = 0
        self._bar = next_bar(now_ms())
        self._finder = OutcomeFinder(desk)

    def __repr__(self) -> str:
        return f"<SignalWatcher person={self._desk.person} {len(self._runs)} models>"

    @property
    def speaking(self) -> int:
        """How many models speak."""
        return len(self._runs) if self._is_on else 0

    @property
    def refused(self) -> Mapping[ModelKey, str]:
        """Models that were not registered, and why."""
        return self._refused

    def on_event(self, event: Event, origin: str) -> None:
        """See nothing: the board is read when it is time."""

    def on_settings_changed(self) -> None:
        """Look whether the person follows signals."""
        self._changed.set()

    def on_list_advanced(self, message: ListAdvance) -> None:
        """Hear of no list."""

    async def run(self) -> None:
        """Run until cancelled."""
        counts.watchers.add(self)
        try:
            while True:
                self._changed.clear()
                try:
                    await self._begin()
                except LedgerError as error:
                    logger.info("the signals of person %d cannot be read now: %s", self._desk.person, error)
                    await asyncio.sleep(RETRY_S)
                    continue
                await self._follow_until_changed()
        finally:
            counts.watchers.discard(self)

    async def _begin(self) -> None:
        """Read whether the person follows signals, what waits, and register what is not. Raises LedgerError."""
        await self._desk.stored()  # what a former manager here said counts
        ledger, person = self._desk.ledger, self._desk.person
        self._is_on = await ledger.read(owner_store.is_followed, person)
        await self._finder.begin()
        if not self._is_on:
            self._runs, self._symbols = [], []
            return
        known = await ledger.read(owner_store.read_registered, person)
        models = all_models(settings.SIGNALS)
        now = now_ms()
        added, self._refused = register_models(models, [one.registration for one in known], now)
        for key, reason in self._refused.items():
            logger.warning("%s %s of person %d is not registered: %s", *key, person, reason)
        if added and isinstance(self._desk.guard, OwnershipTerm):
            self._desk.publish(model_entry(added, now))
            await self._desk.stored()
            known = await ledger.read(owner_store.read_registered, person)
        kept = by_key(models)
        self._runs = []
        for one in known:
            key = one.registration.name, one.registration.version
            if key in kept and key not in self._refused:
                run = open_run(kept[key], one.registration)
                run.newest, run.place = one.newest, one.place
                self._runs.append(run)
        self._look_at, self._bar = 0, next_bar(now)
        self._refresh_shown()

    async def _follow_until_changed(self) -> None:
        """Do what is due by the clock until the settings change."""
        while not self._changed.is_set():
            now = now_ms()
            if self._is_on and now >= self._bar.at:
                await self._speak(self._bar, now)
                self._bar = next_bar(max(now, self._bar.at))
            elif self._is_on and self._bar.at > now + LOOK_MS and next_bar(now) != self._bar:
                self._bar = next_bar(now)  # the clock was set back
            await self._finder.settle()
            if self._is_on and now >= self._look_at:
                await self._look(now)
            self._want()
            await self._rest()

    async def _rest(self) -> None:
        """Wait until something is due, or changed."""
        due = [self._finder.due, self._bar.at if self._is_on else None, self._look_at if self._is_on else None]
        times = [at for at in due if at is not None]
        wait_s = min(MOST_REST_S, max(0.0, (min(times) - now_ms()) / 1000)) if times else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._changed.wait()

    async def _look(self, now: int) -> None:
        """Look of which symbols models speak now."""
        held = [slot[3] for slot in self._desk.board.slots("position")]
        try:
            self._symbols = await self._desk.ledger.read(read_universe, self._desk.person, held)
        except LedgerError as error:
            logger.info("the watchlists of person %d cannot be read now: %s", self._desk.person, error)
        self._look_at = now + LOOK_MS

    def _want(self) -> None:
        """Have streamed, and worked out, what models speak of and what waits for its end."""
        spoken_of = frozenset(self._symbols)
        self._desk.want_for(self, Demand(quotes=spoken_of | self._finder.symbols))
        if (insights := self._desk.companion(InsightWatcher)) is not None:
            insights.want(spoken_of)

    def _refresh_shown(self) -> None:
        """Have the board say what is shown with a confidence now."""
        if (shown := self._desk.companion(ShownSignals)) is not None:
            shown.refresh()

    async def _speak(self, bar: ScheduledBar, now: int) -> None:
        """Have all models speak of a bar, of which what the board says now is known. Late, nothing is said."""
        if now > bar.at + LATE_MS or not self._symbols:
            counts.late += now > bar.at + LATE_MS
            return
        market = read_market_bar(
            self._desk.board, self._desk.companion(InsightWatcher), bar, self._symbols, now
        )  # fmt: skip
        kept = by_key([run.model for run in self._runs])
        try:
            published = await self._desk.ledger.read(owner_store.read_published, self._desk.person, kept)
        except LedgerError as error:
            logger.info("nothing is said for person %d at %d: %s", self._desk.person, bar.at, error)
            return
        for run in self._runs:
            run.model = published.models.get((run.model.name, run.model.version), run.model)
        statements = compose_statements(self._runs, market, published.baselines, VoidRule())
        if not statements or not isinstance(self._desk.guard, OwnershipTerm):
            return
        self._desk.publish(signal_entry(statements, published.learned, published.number))
        counts.batches += len(statements)
        self._refresh_shown()
        for one in statements:
            self._finder.wait_for(one.batch)
            if one.error:
                counts.failures[one.run.model.name] += 1
                logger.warning("%s of person %d failed: %s", one.run.model.name, self._desk.person, one.error)
