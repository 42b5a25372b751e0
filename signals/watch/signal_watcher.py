"""Has a person's models speak at each scheduled bar, and finds what came of it; both are facts before they are told.

What waits for its outcome is read from the rows, so whoever takes over goes on with it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

from django.conf import settings

from brokers.contract.broker import Demand
from brokers.contract.events import Event
from lib.clock import now_ms
from news.impact.rules import MARKET
from signals import owner_store
from signals.counts import counts
from signals.learner.bar import MarketBar
from signals.learner.run import ModelRun, open_run
from signals.learner.schedule import ScheduledBar, next_bar
from signals.learner.statement import Statement, compose_statements
from signals.owner_store import RegisteredModel
from signals.predictors.baseline import BaseRate
from signals.predictors.catalogue import ModelKey, built_in, by_key, find_plugins
from signals.predictors.contract import SignalModel
from signals.record.chain import LATE_MS
from signals.record.outcome import VoidRule
from signals.watch.insight_watcher import InsightWatcher
from signals.watch.market_bars import read_market_bar
from signals.watch.outcome_finder import OutcomeFinder
from signals.watch.plugin_asker import PluginAsker
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
        self._models: dict[ModelKey, SignalModel] = {}
        """Those that speak, as they were before they learned anything."""
        self._plugins: frozenset[ModelKey] = frozenset()
        self._asker = PluginAsker()
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
            self._runs, self._models, self._symbols = [], {}, []
            return
        found = await asyncio.to_thread(find_plugins, settings.SIGNALS)  # it imports anybody's code
        self._plugins = frozenset(by_key(found.models))
        models, now = [*built_in(), *found.models], now_ms()
        known, refused = await self._register(models, now)
        silent = found.problems | {f"{name} {version}": reason for (name, version), reason in refused.items()}
        for name, reason in silent.items():
            logger.warning("%s does not speak for person %d: %s", name, person, reason)
        if isinstance(self._desk.guard, OwnershipTerm):
            await ledger.write(owner_store.write_silent, person, silent)
        self._models = {key: model for key, model in by_key(models).items() if key not in refused}
        self._runs = [_resume(self._models, one) for one in known if _key_of(one) in self._models]
        self._look_at, self._bar = 0, next_bar(now - LATE_MS)  # it may have come meanwhile
        self._refresh_shown()

    async def _register(
        self, models: Sequence[SignalModel], now: int
    ) -> tuple[list[RegisteredModel], dict[ModelKey, str]]:
        """Register what is not; return what is, and why others are not. Raises LedgerError."""
        ledger, person = self._desk.ledger, self._desk.person
        known = await ledger.read(owner_store.read_registered, person)
        added, refused = register_models(models, [one.registration for one in known], now)
        if added and isinstance(self._desk.guard, OwnershipTerm):
            self._desk.publish(model_entry(added, now))
            await self._desk.stored()
            known = await ledger.read(owner_store.read_registered, person)
        return known, refused

    async def _follow_until_changed(self) -> None:
        """Do what is due by the clock until the person begins to follow, or ceases."""
        while not await self._has_changed():
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

    async def _has_changed(self) -> bool:
        """Whether the person began to follow, or ceased. What else is announced, as a session's results, is shown."""
        if not self._changed.is_set():
            return False
        self._changed.clear()
        try:
            is_on = await self._desk.ledger.read(owner_store.is_followed, self._desk.person)
        except LedgerError:
            return True  # it is read again until it can be
        self._refresh_shown()
        return is_on != self._is_on

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
        self._desk.want_for(self, Demand(quotes=spoken_of | self._finder.symbols | ({MARKET} if spoken_of else set())))
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
        try:
            published = await self._desk.ledger.read(owner_store.read_published, self._desk.person, self._models)
        except LedgerError as error:
            logger.info("nothing is said for person %d at %d: %s", self._desk.person, bar.at, error)
            return
        for run in self._runs:
            run.model = published.models.get((run.model.name, run.model.version), run.model)
        statements = await self._compose(market, published.baselines)
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

    async def _compose(self, market: MarketBar, baselines: Mapping[int, BaseRate]) -> list[Statement]:
        """Return what all models say. Plug-ins are asked beside the loop: what they do there holds up nobody."""
        plugins = [
            run for run in self._runs if _key_of(run) in self._plugins and run.speaks_at(market)
        ]  # fmt: skip
        told = await self._asker.ask(plugins, market, baselines)
        own = [run.model for run in plugins]
        for run in plugins:
            run.model = told[_key_of(run)]
        try:
            return compose_statements(self._runs, market, baselines, VoidRule())
        finally:
            for run, model in zip(plugins, own, strict=True):
                run.model = model


def _key_of(one: RegisteredModel | ModelRun) -> ModelKey:
    return one.registration.name, one.registration.version


def _resume(kept: Mapping[ModelKey, SignalModel], one: RegisteredModel) -> ModelRun:
    """Return the run of a registered model, behind the newest bar that it spoke of."""
    run = open_run(kept[_key_of(one)], one.registration)
    run.newest, run.place = one.newest, one.place
    return run
