"""Evaluates a person's alerts beside their streams, page open or not; what fires is a fact before anybody is told."""

import asyncio
import contextlib
import datetime
import logging
import typing
from collections.abc import Iterable, Mapping

import msgspec

from alerts import store
from alerts.counts import counts
from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.hours import MarketHours
from alerts.evaluation.lookback import Bar, look_back, symbol_of
from alerts.evaluation.status import QUIET
from alerts.rules.sentence import condition, sentence
from alerts.rules.spec import Rule
from alerts.rules.state import NO_VALUE, EngineState, RuleState, Status, decode_rule_state, decode_state, encode_state
from alerts.store import WATCH_S, StoredRule, StoredRules
from alerts.watch.needs import demand_of, events_of, looks_at_facts
from alerts.watch.recovery import GapRecovery, Held, missed_from
from alerts.watch.unchecked import ABSENT, TORN, Blind, clock, unchecked_entry
from brokers.contract.broker import Demand
from brokers.contract.events import AlertState, Event, Link, Quote
from brokers.contract.reports import Report
from lib.clock import now_ms
from streaming.facts import Entry
from streaming.ledger.ledger import LedgerError
from streaming.links.state import LinkState
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.ownership.lease import OwnershipTerm

logger = logging.getLogger(__name__)

StateName = typing.Literal["armed", "waiting", "cannot_check", "fired", "snoozed", "resting", "expired"]

CHECKPOINT_S = 15.0
"""How often it is stored how far rules were evaluated, while any is armed."""
FACTS_S = 1.0
"""How often it is looked for facts that no event comes before, while a rule waits for any."""
STATUS_S = 1.0
"""How often it is looked how alerts stand, for pages."""
RETRY_S = 2.0
"""How soon rules that could not be read are asked for again."""
UNNOTICED_MS = 2_000
"""A gap that is shorter is none: the first value afterwards is compared with the last one before."""
EARLY_S = 60.0
"""How long before the session of a rule its person is watched again."""


class AlertWatcher(Extension):
    """Evaluates the rules of one person. Somebody who has none costs one query when their streams begin."""

    sees: frozenset[type[Event]] = frozenset()
    finders: Mapping[str, RpcHandler] = {}

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self._changed = asyncio.Event()
        self._engine: Engine | None = None
        self._rules: dict[str, StoredRule] = {}
        self._texts: dict[str, str] = {}
        self._states: dict[str, AlertState] = {}
        """What the board says of each alert."""
        self._hours = MarketHours()
        self._recovery = GapRecovery(desk, self._is_live, self._give_back)
        self._newest: dict[str, tuple[Quote, str]] = {}
        """The newest prices that came while rules were held: no other may come for long."""
        self._blind: dict[str, Blind] = {}
        """Since when rules that candles say too little of cannot be checked."""
        self._reported = asyncio.Event()
        """Something came that will be a fact."""
        self._waits_for_facts = False
        self._facts_from: int | None = None
        """After which fact it began with the rules that there are; None: to be found out."""
        self._checkpoint_due = 0
        self._watch_due = 0

    def __repr__(self) -> str:
        return f"<AlertWatcher person={self._desk.person} {len(self._rules)} alerts>"

    @property
    def armed(self) -> int:
        """How many rules are evaluated."""
        return sum(one.is_armed for one in self._rules.values())

    def on_settings_changed(self) -> None:
        """Look at the rules again."""
        self._changed.set()

    def on_event(self, event: Event, origin: str) -> None:
        """Evaluate the rules that look at what came."""
        if self._engine is not None:
            now = now_ms()
            if isinstance(event, Report):
                self._reported.set()
            if isinstance(event, Link) and isinstance(event.state, str) and event.state != "live":
                self._hold_of_link(event.link, now)
            if self._recovery.held and isinstance(event, Quote) and isinstance(event.last, float | int):
                self._newest[event.symbol] = (event, origin)
            self._publish(self._engine.take(event, origin, now))

    async def run(self) -> None:
        """Run until cancelled."""
        counts.watchers.add(self)
        beside = [asyncio.ensure_future(work) for work in (self._recovery.run(), self._follow_facts())]
        try:
            while True:
                self._changed.clear()
                await self._read_rules()
                await self._watch_until_changed()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            counts.watchers.discard(self)
            self._engine = None
            self._desk.show_to(self, frozenset())

    # Rules

    async def _read_rules(self) -> None:
        """Evaluate what is stored by now."""
        while True:
            try:
                if isinstance(self._desk.guard, OwnershipTerm):
                    return self._follow(await self._desk.ledger.read(store.stored_rules, self._desk.person))
            except LedgerError as error:
                logger.info("the alerts of person %d cannot be read now: %s", self._desk.person, error)
            await asyncio.sleep(RETRY_S)

    def _follow(self, stored: StoredRules) -> None:
        now = now_ms()
        before, self._rules = self._rules, {one.rule.id: one for one in stored.rules}
        self._texts = {one.rule.id: sentence(one.rule.spec) for one in stored.rules}
        armed = {id_: one for id_, one in self._rules.items() if one.is_armed}
        if self._engine is None and armed:
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
        for id_ in self._states.keys() - self._rules.keys():
            self._desk.put(AlertState(rule=id_, gone=True))
            del self._states[id_]
        specs = [one.rule.spec for one in armed.values()]
        self._waits_for_facts = looks_at_facts(specs)
        self._facts_from = None
        self._reported.set()
        self._desk.want_for(self, demand_of(specs) if specs else Demand())
        self._desk.show_to(self, events_of(specs))
        if not armed:
            self._engine = None
        self._checkpoint_due = self._watch_due = now
        self._tell(now)

    def _begin(self, armed: Mapping[str, StoredRule], stored: StoredRules, now: int) -> Engine:
        """Go on from the last checkpoint, and from what was stored with firings since."""
        kept = decode_state(stored.checkpoint) if stored.checkpoint else None
        states: dict[str, RuleState] = {}
        for id_, one in armed.items():
            if one.state is not None and one.state_at is not None and (kept is None or one.state_at >= kept.at):
                states[id_] = decode_rule_state(one.state)
        missed = [id_ for id_, one in armed.items() if self._missed(one, kept, states.get(id_), now)]
        live = (one.rule for id_, one in armed.items() if id_ not in self._recovery.held)
        engine = Engine(live, now, state=kept, states=states)
        engine.interrupt(now)
        if missed:
            self._tell_unchecked({id_: self._blind.pop(id_) for id_ in missed}, now)
        return engine

    # Gaps

    def _is_live(self) -> bool:
        """Whether any link of the person is live."""
        return any(runner.state is LinkState.LIVE for runner in self._desk.runners.values())

    def _missed(self, one: StoredRule, kept: EngineState | None, state: RuleState | None, now: int) -> bool:
        """Hold a rule that missed something, where candles show what. Returns whether it did and they do not."""
        rule = one.rule
        since = max(rule.armed_at, kept.at if kept is not None else 0, (one.state_at or 0) if state is not None else 0)
        begun = missed_from(rule.spec.session, since, now, self._hours)
        if begun is None or now - begun < UNNOTICED_MS:
            return False
        if not symbol_of(rule.spec):
            self._blind[rule.id] = Blind(begun, ABSENT)
            return True
        known = state or (kept.rules.get(rule.id) if kept is not None else None)
        before = msgspec.structs.replace(
            kept or EngineState(), at=since, rules={rule.id: known} if known is not None else {}
        )
        self._recovery.hold(rule, since, before)
        return False

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

    def _give_back(self, held: Held, bars: list[Bar] | None, reason: str, now: int) -> None:
        """Publish what candles show of a gap, say what they do not, and evaluate the rule again."""
        rule, stored = held.rule, self._rules.get(held.rule.id)
        if self._engine is None or stored is None or not stored.is_armed or stored.rule.version != rule.version:
            return
        begun = missed_from(rule.spec.session, held.since, now, self._hours)
        if bars is None or begun is None:
            if begun is not None:
                self._tell_unchecked({rule.id: Blind(begun, reason)}, now)
            self._watch_again(rule, held.state.rules.get(rule.id), stored.snoozed_until, now)
            return
        found = look_back(rule, held.state, bars, held.since, now, self._hours)
        self._publish(found.firings)
        if found.unchecked is not None:
            self._tell_unchecked({rule.id: Blind(found.unchecked[0], TORN)}, found.unchecked[1])
        self._watch_again(rule, found.state, stored.snoozed_until, now)

    def _watch_again(self, rule: Rule, state: RuleState | None, snoozed_until: int | None, now: int) -> None:
        """Evaluate a rule that was held, beginning with the newest price that came meanwhile."""
        assert self._engine is not None  # noqa: S101 (only while there is one)
        if not self._is_live():  # it was lost again meanwhile
            before = msgspec.structs.replace(EngineState(at=now), rules={rule.id: state} if state is not None else {})
            self._recovery.hold(rule, now, before)
            return
        self._publish(self._engine.set_rule(rule, now, state))
        self._engine.snooze(snoozed_until, rule=rule.id)
        newest = self._newest.get(symbol_of(rule.spec))
        if newest is not None:
            self._publish(self._engine.take(*newest, now))
        if not self._recovery.held:
            self._newest.clear()

    def _tell_unchecked(self, blind: Mapping[str, Blind], until: int) -> None:
        """Have it stored and told which rules were not checked, since when, and why: one notice for each reason."""
        for reason in sorted({one.reason for one in blind.values()}):
            mine = {id_: one.since for id_, one in blind.items() if one.reason == reason and id_ in self._rules}
            if mine:
                self._desk.publish(unchecked_entry(mine, min(mine.values()), until, reason))

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

    # Facts

    async def _follow_facts(self) -> None:
        """Take the facts that rules wait for, as soon as they are stored: those of the desk within a second."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FACTS_S if self._waits_for_facts else None):
                    await self._reported.wait()
            self._reported.clear()
            try:
                await self._take_facts()
            except LedgerError as error:
                logger.info("the facts of person %d cannot be read now: %s", self._desk.person, error)
                await asyncio.sleep(RETRY_S)
                self._reported.set()

    async def _take_facts(self) -> None:
        """Take what was stored since the newest fact that was seen. Facts are recorded while their person is owned."""
        if self._engine is None or not self._waits_for_facts:
            return
        if self._facts_from is None:
            self._facts_from = await self._find_beginning(self._engine.fact)
            if self._engine is not None:
                self._engine.fact = self._facts_from
        await self._desk.stored()
        while self._engine is not None:
            facts = await self._desk.ledger.page(self._desk.person, self._engine.fact)
            for fact in facts:
                if self._engine is not None:
                    self._publish(self._engine.take_fact(fact, now_ms()))
            if not facts:
                return

    async def _find_beginning(self, seen: int) -> int:
        """Return after which fact rules that wait for any begin: what was stored before they were armed is skipped."""
        waiting = [one.rule for one in self._rules.values() if one.is_armed and looks_at_facts([one.rule.spec])]
        armed_at = min((rule.armed_at for rule in waiting), default=now_ms())
        newest = await self._desk.ledger.newest(self._desk.person)
        before = [fact.number for fact in newest if fact.recorded < armed_at]
        if before or not newest:
            return max(seen, *before, 0)
        return seen or newest[-1].number - 1

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
        if self._recovery.held:
            return  # or what they missed would count as checked, were this process to end now
        if now >= self._checkpoint_due and isinstance(guard := self._desk.guard, OwnershipTerm):
            self._checkpoint_due = now + round(CHECKPOINT_S * 1000)
            state = encode_state(engine.checkpoint(now)).decode()
            await self._desk.stored()
            await self._desk.ledger.write(store.save_checkpoint, self._desk.person, guard.epoch, state, now, wake)

    def _wake_at(self, one: StoredRule, now: int) -> int | None:
        """Return from when on the person has to be watched for a rule, in ms; None for one that is over."""
        spec = one.rule.spec
        if (spec.expires is not None and spec.expires <= now) or (self._engine and self._engine.is_over(one.rule.id)):
            return None
        opens = self._hours.hours(spec.session, now).opens
        return now if opens <= now else opens - round(EARLY_S * 1000)

    # What pages see

    def _tell(self, now: int) -> None:
        """Put on the board how each alert stands, where that changed."""
        statuses = {one.rule: one for one in self._engine.statuses(now)} if self._engine is not None else {}
        self._note_blind(statuses, now)
        for id_, one in self._rules.items():
            told = self._state_of(one, statuses.get(id_), now)
            if self._states.get(id_) != told:
                self._states[id_] = told
                self._desk.put(told)

    def _note_blind(self, statuses: Mapping[str, Status], now: int) -> None:
        """Note which rules cannot be checked, and tell of those that can be again, or whose session is over."""
        for id_, status in statuses.items():
            if status.state == "cannot_check" and not status.reason.endswith((QUIET, NO_VALUE)):
                self._blind.setdefault(id_, Blind(status.since or now, status.reason))
        over = [id_ for id_ in self._blind if id_ not in statuses or statuses[id_].state != "cannot_check"]
        if over:
            self._tell_unchecked({id_: self._blind.pop(id_) for id_ in over}, now)

    def _state_of(self, one: StoredRule, status: Status | None, now: int) -> AlertState:
        spec = one.rule.spec
        state: StateName = "resting"
        reason, since, nearest, fired, fired_at = "", None, "", one.fired, one.fired_at
        held = self._recovery.held.get(one.rule.id)
        if held is not None and status is None:
            state, reason = "waiting", f"looks back at what it missed since {clock(held.since)}"
        elif status is not None:
            state, reason, since, nearest = status.state, status.reason, status.since, status.nearest
            fired_at = max(filter(None, (status.fired_at, one.fired_at)), default=None)
            fired = max(one.fired, status.fired)
        elif spec.expires is not None and spec.expires <= now:
            state = "expired"
        elif not one.is_armed and one.fired and spec.trigger == "once":
            state = "fired"
        return AlertState(
            rule=one.rule.id,
            version=one.rule.version,
            state=state,
            since=since,
            reason=reason or None,
            text=self._texts[one.rule.id],
            symbol=next(iter(spec.symbols), None),
            note=spec.note or None,
            nearest=nearest or None,
            fired=fired,
            fired_at=fired_at,
            expires=spec.expires,
            snoozed_until=one.snoozed_until,
            unchecked_from=one.unchecked_from,
            unchecked_to=one.unchecked_to,
        )
