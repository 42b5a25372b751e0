"""Evaluates a person's alerts beside their streams, page open or not; what fires is a fact before anybody is told."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping

from alerts import store
from alerts.counts import counts
from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing, entry_of
from alerts.evaluation.hours import MarketHours
from alerts.evaluation.study_walk import is_walked
from alerts.rules.sentence import sentence
from alerts.rules.spec import RuleSpec
from alerts.rules.state import RuleState, decode_rule_state, decode_state
from alerts.store import StoredRule, StoredRules
from alerts.watch.alert_states import alert_state
from alerts.watch.board_reader import BoardReader
from alerts.watch.checkpoints import CheckpointWriter
from alerts.watch.fact_reader import FactReader
from alerts.watch.gaps import RuleGaps
from alerts.watch.needs import demand_of, events_of, insighted_by, looks_at, moved_by
from alerts.watch.news_reader import TOPIC, NewsReader
from alerts.watch.study_reader import StudyReader
from alerts.watch.unchecked import TOO_DEEP
from brokers.contract.broker import Demand
from brokers.contract.events import AlertState, Event, Link, Quote
from brokers.contract.reports import Report
from lib.clock import now_ms
from market.history.candle_reader import CandleReader
from streaming.bus.messages import ListAdvance
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.ownership.lease import OwnershipTerm

logger = logging.getLogger(__name__)

STATUS_S = 1.0
"""How often it is looked how alerts stand, for pages."""
RETRY_S = 2.0
"""How soon rules that could not be read are asked for again."""


class AlertWatcher(Extension):
    """Evaluates the rules of one person. Somebody who has none costs one query when their streams begin."""

    sees: frozenset[type[Event]] = frozenset()
    finders: Mapping[str, RpcHandler] = {}

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        candles = CandleReader(desk)
        self._changed = asyncio.Event()
        self._engine: Engine | None = None
        self._rules: dict[str, StoredRule] = {}
        self._texts: dict[str, str] = {}
        self._states: dict[str, AlertState] = {}
        """What the board says of each alert."""
        self._hours = MarketHours()
        self._gaps = RuleGaps(desk, candles, self, self._hours)
        self._facts = FactReader(desk, self, self.publish)
        self._news = NewsReader(desk, self, self.publish)
        self._board = BoardReader(desk, self._hours)
        self._studies = StudyReader(
            candles,
            self.publish,
            lambda rule, since, until: self._gaps.tell_missed(rule, since, until, TOO_DEEP),
            self._hours,
            self._take_studies,
            self._lose_studies,
        )
        self._checkpoints = CheckpointWriter(desk, self._gaps, self._studies, self._hours)

    def __repr__(self) -> str:
        return f"<AlertWatcher person={self._desk.person} {len(self._rules)} alerts>"

    @property
    def engine(self) -> Engine | None:
        """The engine as it is now; None while no rule is armed."""
        return self._engine

    @property
    def rules(self) -> Mapping[str, StoredRule]:
        """All rules that are stored, by id."""
        return self._rules

    @property
    def armed(self) -> int:
        """How many rules are evaluated."""
        return sum(one.is_armed for one in self._rules.values())

    def on_settings_changed(self) -> None:
        """Look at the rules again."""
        self._changed.set()

    def on_list_advanced(self, message: ListAdvance) -> None:
        """Look what came: it is a list that rules wait for."""
        self._news.note_advance()

    def on_event(self, event: Event, origin: str) -> None:
        """Evaluate the rules that look at what came."""
        if self._engine is not None:
            now = now_ms()
            if isinstance(event, Report):
                self._facts.note_advance()
            if isinstance(event, Link):
                self._board.note_link(event, now)
                if isinstance(event.state, str) and event.state != "live":
                    self._gaps.hold_of_link(event.link, now)
            if isinstance(event, Quote):
                self._gaps.keep_tick(event, origin, now)
            self.publish(self._engine.take(event, origin, now))

    async def run(self) -> None:
        """Run until cancelled."""
        counts.watchers.add(self)
        try:
            async with asyncio.TaskGroup() as together:  # if one of them fails, all begin again
                together.create_task(self._gaps.recovery.run())
                together.create_task(self._facts.run())
                together.create_task(self._news.run())
                together.create_task(self._studies.run())
                while True:
                    self._changed.clear()
                    await self._read_rules()
                    await self._watch_until_changed()
        finally:
            counts.watchers.discard(self)
            engine, self._engine = self._engine, None  # what comes from now on is its successor's
            if engine is not None:
                await self._checkpoints.keep_last(engine, self._rules)
            self._desk.show_to(self, frozenset())
            self._desk.hear_list(self, TOPIC, is_heard=False)

    # Rules

    async def _read_rules(self) -> None:
        """Evaluate what is stored by now."""
        while True:
            try:
                if isinstance(self._desk.guard, OwnershipTerm):
                    # What a former manager here fired and could not store counts: its keys are taken.
                    await self._desk.stored()
                    return self._follow(await self._desk.ledger.read(store.stored_rules, self._desk.person))
            except LedgerError as error:
                logger.info("the alerts of person %d cannot be read now: %s", self._desk.person, error)
            await asyncio.sleep(RETRY_S)

    def _follow(self, stored: StoredRules) -> None:
        now = now_ms()
        before, self._rules = self._rules, {one.rule.id: one for one in stored.rules}
        self._texts = {one.rule.id: sentence(one.rule.spec) for one in stored.rules}
        every = {id_: one for id_, one in self._rules.items() if one.is_armed}
        armed = {id_: one for id_, one in every.items() if not is_walked(one.rule.spec)}
        if self._engine is None and every:
            self._engine = self._begin(armed, stored, now)
        elif self._engine is not None:
            for id_ in before.keys() - armed.keys():
                self._engine.remove_rule(id_)
                self._gaps.recovery.forget(id_)
            for id_, one in armed.items():
                if id_ not in before or not before[id_].is_armed or before[id_].rule.version != one.rule.version:
                    self._gaps.recovery.forget(id_)
                    self.publish(self._engine.set_rule(one.rule, now))
        for id_, one in armed.items() if self._engine is not None else ():
            assert self._engine is not None  # noqa: S101 (there is one as soon as any is armed)
            self._engine.snooze(one.snoozed_until, rule=id_)
        self._follow_studies({id_: one for id_, one in every.items() if id_ not in armed}, stored)
        for id_ in self._states.keys() - self._rules.keys():
            self._desk.put(AlertState(rule=id_, gone=True))
            del self._states[id_]
        self._gaps.unchecked.forget(self._rules)
        specs = [one.rule.spec for one in armed.values()]
        self._facts.follow(is_wanted=looks_at("fact", specs))
        self._follow_news({id_: one.rule.spec for id_, one in armed.items() if looks_at("news", [one.rule.spec])}, now)
        self._desk.want_for(self, demand_of(specs) if specs else Demand())
        self._desk.want_insights(self, insighted_by(specs))
        self._desk.show_to(self, events_of(specs))
        if not every:
            self._engine = None
        self._checkpoints.hasten(now)
        self._tell(now)

    def _follow_news(self, armed: Mapping[str, RuleSpec], now: int) -> None:
        self._desk.hear_list(self, TOPIC, is_heard=bool(armed))
        moved = {id_: symbols for id_, spec in armed.items() if (symbols := moved_by(spec)) is not None}
        self._news.follow_rules(frozenset(armed), moved, now)

    def _follow_studies(self, armed: Mapping[str, StoredRule], stored: StoredRules) -> None:
        """Walk rules of studies on, from what was stored of them, and work out what others look at beside prices."""
        kept = decode_state(stored.checkpoint).series if armed and stored.checkpoint else {}
        beside = self._engine.study_inputs if self._engine is not None else []
        self._studies.follow({id_: one.rule for id_, one in armed.items()}, kept, beside)
        for id_, walk in self._studies.walks.items():
            walk.snooze(armed[id_].snoozed_until)

    def _take_studies(self, values: Mapping[str, float | None], at: int) -> None:
        if self._engine is not None:
            self.publish(self._engine.take_studies(values, at, now_ms()))

    def _lose_studies(self, keys: Iterable[str], reason: str) -> None:
        if self._engine is not None:
            self.publish(self._engine.lose_studies(keys, reason, now_ms()))

    def _begin(self, armed: Mapping[str, StoredRule], stored: StoredRules, now: int) -> Engine:
        """Go on from the last checkpoint, and from what was stored with firings since."""
        kept = decode_state(stored.checkpoint) if stored.checkpoint else None
        states: dict[str, RuleState] = {}
        for id_, one in armed.items():
            if one.state is not None and one.state_at is not None and (kept is None or one.state_at >= kept.at):
                states[id_] = decode_rule_state(one.state)
        blind = {
            id_: found
            for id_, one in armed.items()
            if (found := self._gaps.find_missed(one, kept, states.get(id_), now))
        }
        live = (one.rule for id_, one in armed.items() if id_ not in self._gaps.recovery.held)
        engine = Engine(live, now, state=kept, states=states)
        engine.interrupt(now)
        self._gaps.unchecked.tell(blind, now)
        return engine

    # Firings

    def publish(self, firings: Iterable[Firing]) -> None:
        """Store firings, and tell them."""
        for firing in firings:
            rule = self._rules[firing.rule].rule
            self._desk.publish(entry_of(firing, rule, self._texts[rule.id]))
            counts.firings += 1
            self._states.pop(firing.rule, None)

    # The clock

    async def _watch_until_changed(self) -> None:
        """Do what is due by the clock until the rules change."""
        while not self._changed.is_set():
            if self._engine is None:
                await self._changed.wait()
                return
            now = now_ms()
            if now >= self._engine.due:
                self.publish(self._engine.advance(now))
            if looked_at := self._engine.board_inputs:
                self.publish(self._engine.take_board(self._board.read(looked_at, now), now))
            self._tell(now)
            try:
                await self._checkpoints.keep(self._engine, self._rules, now)
            except LedgerError as error:
                logger.info("how far alerts of person %d are cannot be stored now: %s", self._desk.person, error)
            pause_s = min(STATUS_S, max(0.01, (self._engine.due - now_ms()) / 1000))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()

    # What pages see

    def _tell(self, now: int) -> None:
        """Put on the board how each alert stands, where that changed."""
        statuses = {one.rule: one for one in self._engine.statuses(now)} if self._engine is not None else {}
        self._gaps.unchecked.judge(statuses, now, is_live=self._gaps.is_live())
        statuses |= self._studies.statuses(now)  # bars that are late are not lost
        statuses |= self._news.statuses(statuses, now)
        for id_, one in self._rules.items():
            held = self._gaps.recovery.held.get(id_)
            told = alert_state(
                one, self._texts[id_], statuses.get(id_), now, held_since=held.since if held is not None else None,
                unchecked=self._gaps.unchecked.newest(id_),
            )  # fmt: skip
            if self._states.get(id_) != told:
                self._states[id_] = told
                self._desk.put(told)
