"""Evaluates a person's alerts beside their streams, page open or not; what fires is a fact before anybody is told."""

import asyncio
import collections
import contextlib
import datetime
import logging
from collections.abc import Iterable, Mapping

import msgspec

from alerts import store
from alerts.counts import counts
from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.hours import MarketHours
from alerts.evaluation.lookback import Found, catch_up, symbol_of
from alerts.evaluation.study_walk import has_studies
from alerts.rules.sentence import condition, sentence
from alerts.rules.spec import Rule
from alerts.rules.state import EngineState, RuleState, decode_rule_state, decode_state, encode_state
from alerts.store import WATCH_S, StoredRule, StoredRules
from alerts.watch.alert_states import alert_state
from alerts.watch.board_reader import BoardReader
from alerts.watch.fact_reader import FactReader
from alerts.watch.needs import EXACT, demand_of, events_of, looks_at
from alerts.watch.news_reader import TOPIC, NewsReader
from alerts.watch.recovery import DEPTH_MS, GapRecovery, Held, missed_from
from alerts.watch.study_reader import StudyReader
from alerts.watch.unchecked import ABSENT, TOO_DEEP, TOO_OLD, TORN, UNNOTICED_MS, Blind, Unchecked
from brokers.contract.broker import Demand
from brokers.contract.events import AlertState, Event, Link, Quote
from brokers.contract.reports import Report
from lib.clock import now_ms
from market.history.candle_reader import CandleReader
from streaming.bus.messages import ListAdvance
from streaming.facts import Entry
from streaming.ledger.ledger import LedgerError
from streaming.links.state import LinkState
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.ownership.lease import OwnershipTerm

logger = logging.getLogger(__name__)

CHECKPOINT_S = 15.0
"""How often it is stored how far rules were evaluated, while any is armed."""
STATUS_S = 1.0
"""How often it is looked how alerts stand, for pages."""
RETRY_S = 2.0
"""How soon rules that could not be read are asked for again."""
MOST_TICKS = 5_000
"""Prices of a symbol that are kept while its rules look back: only those after the answer are needed, which come within
a second or so."""
EARLY_S = 60.0
"""How long before the session of a rule its person is watched again."""


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
        self._recovery = GapRecovery(candles, self._is_live, self._give_back, self._hours)
        self._ticks: dict[str, collections.deque[tuple[Quote, str, int]]] = {}
        """The prices that came while rules of a symbol were held, with their link and when."""
        self._unchecked = Unchecked(desk.publish)
        self._facts = FactReader(desk, self, self._publish)
        self._news = NewsReader(desk, self, self._publish)
        self._board = BoardReader(desk, self._hours)
        self._studies = StudyReader(
            candles,
            self._publish,
            lambda rule, since, until: self._tell_missed(rule, since, until, TOO_DEEP),
            self._hours,
        )
        self._checkpoint_due = 0
        self._watch_due = 0

    def __repr__(self) -> str:
        return f"<AlertWatcher person={self._desk.person} {len(self._rules)} alerts>"

    @property
    def engine(self) -> Engine | None:
        """The engine as it is now; None while no rule is armed."""
        return self._engine

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
                self._facts.note_report()
            if isinstance(event, Link):
                self._board.note_link(event, now)
                if isinstance(event.state, str) and event.state != "live":
                    self._hold_of_link(event.link, now)
            if self._recovery.held and isinstance(event, Quote) and isinstance(event.last, float | int):
                self._ticks.setdefault(event.symbol, collections.deque(maxlen=MOST_TICKS)).append((event, origin, now))
            self._publish(self._engine.take(event, origin, now))

    async def run(self) -> None:
        """Run until cancelled."""
        counts.watchers.add(self)
        try:
            async with asyncio.TaskGroup() as together:  # if one of them fails, all begin again
                together.create_task(self._recovery.run())
                together.create_task(self._facts.run())
                together.create_task(self._news.run())
                together.create_task(self._studies.run())
                while True:
                    self._changed.clear()
                    await self._read_rules()
                    await self._watch_until_changed()
        finally:
            counts.watchers.discard(self)
            self._engine = None
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
        armed = {id_: one for id_, one in every.items() if not has_studies(one.rule.spec)}
        if self._engine is None and every:
            self._engine = self._begin(armed, stored, now)
        elif self._engine is not None:
            for id_ in before.keys() - armed.keys():
                self._engine.remove_rule(id_)
                self._recovery.forget(id_)
            for id_, one in armed.items():
                if id_ not in before or not before[id_].is_armed or before[id_].rule.version != one.rule.version:
                    self._recovery.forget(id_)
                    self._publish(self._engine.set_rule(one.rule, now))
        for id_, one in armed.items() if self._engine is not None else ():
            assert self._engine is not None  # noqa: S101 (there is one as soon as any is armed)
            self._engine.snooze(one.snoozed_until, rule=id_)
        self._follow_studies({id_: one for id_, one in every.items() if id_ not in armed}, stored)
        for id_ in self._states.keys() - self._rules.keys():
            self._desk.put(AlertState(rule=id_, gone=True))
            del self._states[id_]
        self._unchecked.forget(self._rules)
        specs = [one.rule.spec for one in armed.values()]
        self._facts.follow(is_wanted=looks_at("fact", specs))
        self._desk.hear_list(self, TOPIC, is_heard=looks_at("news", specs))
        self._news.follow(frozenset(id_ for id_, one in armed.items() if looks_at("news", [one.rule.spec])), now)
        self._desk.want_for(self, demand_of(specs) if specs else Demand())
        self._desk.show_to(self, events_of(specs))
        if not every:
            self._engine = None
        self._checkpoint_due = self._watch_due = now
        self._tell(now)

    def _follow_studies(self, armed: Mapping[str, StoredRule], stored: StoredRules) -> None:
        """Walk rules of studies on, from what was stored of them."""
        kept = decode_state(stored.checkpoint).series if armed and stored.checkpoint else {}
        self._studies.follow({id_: one.rule for id_, one in armed.items()}, kept)
        for id_, walk in self._studies.walks.items():
            walk.snooze(armed[id_].snoozed_until)

    def _begin(self, armed: Mapping[str, StoredRule], stored: StoredRules, now: int) -> Engine:
        """Go on from the last checkpoint, and from what was stored with firings since."""
        kept = decode_state(stored.checkpoint) if stored.checkpoint else None
        states: dict[str, RuleState] = {}
        for id_, one in armed.items():
            if one.state is not None and one.state_at is not None and (kept is None or one.state_at >= kept.at):
                states[id_] = decode_rule_state(one.state)
        blind = {id_: found for id_, one in armed.items() if (found := self._missed(one, kept, states.get(id_), now))}
        live = (one.rule for id_, one in armed.items() if id_ not in self._recovery.held)
        engine = Engine(live, now, state=kept, states=states)
        engine.interrupt(now)
        self._unchecked.tell(blind, now)
        return engine

    # Gaps

    def _is_live(self) -> bool:
        """Whether any link is live that brings the person market data."""
        runners = self._desk.runners.values()
        return any(runner.state is LinkState.LIVE and self._desk.shows(runner.id) for runner in runners)

    def _missed(self, one: StoredRule, kept: EngineState | None, state: RuleState | None, now: int) -> Blind | None:
        """Hold a rule that missed something. Where candles do not show what, return since when it did instead."""
        rule = one.rule
        known = state or (kept.rules.get(rule.id) if kept is not None else None)
        if known is not None and known.version != rule.version:
            known = None
        if known is not None and known.cannot_since is not None:
            since = known.cannot_since
        else:
            since = max(kept.at if kept is not None else 0, (one.state_at or 0) if state is not None else 0)
        since = max(since, rule.armed_at)
        begun = missed_from(rule.spec.session, since, now, self._hours)
        if begun is None or now - begun < UNNOTICED_MS:
            return None
        if not symbol_of(rule.spec):
            is_exact = all(EXACT.issuperset(ref.field.needs) for ref in rule.spec.fields)
            return None if is_exact else Blind(begun, ABSENT)
        before = msgspec.structs.replace(
            kept or EngineState(), at=since, rules={rule.id: known} if known is not None else {}
        )
        self._recovery.hold(rule, since, before)
        return None

    def _hold_of_link(self, link: str, now: int) -> None:
        """Hold the rules whose prices came by a link that is not live any more."""
        assert self._engine is not None  # noqa: S101 (only while there is one)
        mine = [id_ for id_ in self._engine.quoted_by(link) if symbol_of(self._rules[id_].rule.spec)]
        if not mine:
            return
        state = self._engine.checkpoint(now)
        for id_ in mine:
            rule = self._rules[id_].rule
            if not self._engine.is_over(id_):
                self._recovery.hold(rule, now, msgspec.structs.replace(state, rules={id_: state.rules[id_]}))
                self._engine.remove_rule(id_)

    def _give_back(self, held: Held, found: Found | None, reason: str, until: int) -> None:
        """Publish what candles show of a gap, say what they do not, and evaluate the rule again."""
        rule, stored = held.rule, self._rules.get(held.rule.id)
        if self._engine is None or stored is None or not stored.is_armed or stored.rule.version != rule.version:
            return
        since = held.since if found is None else max(held.since, until - DEPTH_MS)
        if found is not None:
            self._publish(found.firings)
            if found.unchecked is not None:
                self._unchecked.tell({rule.id: Blind(found.unchecked[0], TORN)}, found.unchecked[1])
            self._tell_missed(rule, held.since, since, TOO_OLD)
        else:
            self._tell_missed(rule, since, until, reason)
        self._watch_again(rule, held.rule_state if found is None else found.state, stored.snoozed_until, until)

    def _tell_missed(self, rule: Rule, since: int, until: int, reason: str) -> None:
        """Say that a rule was not checked between two times, as far as its session was open."""
        begun = missed_from(rule.spec.session, since, until, self._hours)
        if begun is not None and until - begun >= UNNOTICED_MS:
            self._unchecked.tell({rule.id: Blind(begun, reason)}, until)

    def _watch_again(self, rule: Rule, state: RuleState, snoozed_until: int | None, until: int) -> None:
        """Evaluate a rule that was held: first the prices that came since a look back, then all to come."""
        assert self._engine is not None  # noqa: S101 (only while there is one)
        now, symbol = now_ms(), symbol_of(rule.spec)
        ticks = self._ticks.get(symbol, ())
        firings, state = catch_up(rule, state, [(quote, at) for quote, _, at in ticks if at > until], now)
        self._publish(firings)
        if not self._is_live():  # it was lost again meanwhile
            self._recovery.hold(rule, now, EngineState(at=now, rules={rule.id: state}))
            return
        self._publish(self._engine.set_rule(rule, now, state))
        self._engine.snooze(snoozed_until, rule=rule.id)
        if ticks:  # of which the engine has seen the newest: a rule that comes later has not
            quote, origin, _ = ticks[-1]
            self._publish(self._engine.take(quote, origin, now))
        if not any(symbol_of(one.rule.spec) == symbol for one in self._recovery.held.values()):
            self._ticks.pop(symbol, None)

    # Firings

    def _publish(self, firings: Iterable[Firing]) -> None:
        for firing in firings:
            rule = self._rules[firing.rule].rule
            self._desk.publish(self._entry(rule, firing))
            counts.firings += 1
            self._states.pop(firing.rule, None)

    def _entry(self, rule: Rule, firing: Firing) -> Entry:
        payload = firing.payload | {
            "text": self._texts[rule.id],
            "what": condition(rule.spec),
            "symbols": list(rule.spec.symbols),
        }
        if rule.spec.note:
            payload["note"] = rule.spec.note
        if firing.state is not None:
            payload["state"] = msgspec.to_builtins(firing.state)
        return Entry(
            kind="alert",
            at=firing.at,
            payload=payload,
            venue_id=firing.venue_id,
            recovered=firing.recovered,
            late_ms=firing.late_ms if firing.recovered else None,
        )

    # The clock

    async def _watch_until_changed(self) -> None:
        """Do what is due by the clock until the rules change."""
        while not self._changed.is_set():
            if self._engine is None:
                await self._changed.wait()
                return
            now = now_ms()
            if now >= self._engine.due:
                self._publish(self._engine.advance(now))
            if looked_at := self._engine.board_inputs:
                self._publish(self._engine.take_board(self._board.read(looked_at, now), now))
            self._tell(now)
            try:
                await self._keep(self._engine, now)
            except LedgerError as error:
                logger.info("how far alerts of person %d are cannot be stored now: %s", self._desk.person, error)
            pause_s = min(STATUS_S, max(0.01, (self._engine.due - now_ms()) / 1000))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()

    async def _keep(self, engine: Engine, now: int) -> None:
        """Store how far rules are, once all is stored that they fired until then, and have the person watched."""
        wake = {id_: self._wake_at(one, now) for id_, one in self._rules.items() if one.is_armed}
        if now >= self._watch_due and any(at is not None and at <= now for at in wake.values()):
            self._watch_due = now + round(WATCH_S * 1000 / 3)
            until = datetime.datetime.fromtimestamp(now / 1000 + WATCH_S, datetime.UTC)
            await self._desk.watch_until(until)
        if now >= self._checkpoint_due and isinstance(guard := self._desk.guard, OwnershipTerm):
            self._checkpoint_due = now + round(CHECKPOINT_S * 1000)
            held = {id_: (one.rule_state, one.since) for id_, one in self._recovery.held.items()}
            noted = self._unchecked.noted(engine.checkpoint(now), held)
            state = encode_state(msgspec.structs.replace(noted, series=self._studies.states())).decode()
            await self._desk.stored()
            await self._desk.ledger.write(store.save_checkpoint, self._desk.person, guard.epoch, state, now, wake)

    def _wake_at(self, one: StoredRule, now: int) -> int | None:
        """Return from when on the person has to be watched for a rule, in ms; None for one that is over."""
        spec = one.rule.spec
        walk = self._studies.walks.get(one.rule.id)
        is_over = walk.is_over if walk is not None else self._engine is not None and self._engine.is_over(one.rule.id)
        if is_over or (spec.expires is not None and spec.expires <= now):
            return None
        opens = self._hours.hours(spec.session, now).opens
        return now if opens <= now else opens - round(EARLY_S * 1000)

    # What pages see

    def _tell(self, now: int) -> None:
        """Put on the board how each alert stands, where that changed."""
        statuses = {one.rule: one for one in self._engine.statuses(now)} if self._engine is not None else {}
        self._unchecked.judge(statuses, now, is_live=self._is_live())
        statuses |= self._studies.statuses(now)  # bars that are late are not lost
        statuses |= self._news.statuses(statuses, now)
        for id_, one in self._rules.items():
            held = self._recovery.held.get(id_)
            told = alert_state(
                one, self._texts[id_], statuses.get(id_), now, held_since=held.since if held is not None else None,
                unchecked=self._unchecked.newest(id_),
            )  # fmt: skip
            if self._states.get(id_) != told:
                self._states[id_] = told
                self._desk.put(told)
