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
from alerts.rules.sentence import condition, sentence
from alerts.rules.spec import Rule
from alerts.rules.state import RuleState, Status, decode_rule_state, decode_state, encode_state
from alerts.store import WATCH_S, StoredRule, StoredRules
from alerts.watch.needs import demand_of, events_of
from brokers.contract.broker import Demand
from brokers.contract.events import AlertState, Event
from lib.clock import now_ms
from streaming.facts import Entry
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.ownership.lease import OwnershipTerm

logger = logging.getLogger(__name__)

StateName = typing.Literal["armed", "waiting", "cannot_check", "fired", "snoozed", "resting", "expired"]

CHECKPOINT_S = 15.0
"""How often it is stored how far rules were evaluated, while any is armed."""
STATUS_S = 1.0
"""How often it is looked how alerts stand, for pages."""
RETRY_S = 2.0
"""How soon rules that could not be read are asked for again."""
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
            self._publish(self._engine.take(event, origin, now_ms()))

    async def run(self) -> None:
        """Run until cancelled."""
        counts.watchers.add(self)
        try:
            while True:
                self._changed.clear()
                await self._read_rules()
                await self._watch_until_changed()
        finally:
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
            for id_, one in armed.items():
                if id_ not in before or not before[id_].is_armed or before[id_].rule.version != one.rule.version:
                    self._publish(self._engine.set_rule(one.rule, now))
        for id_, one in armed.items() if self._engine is not None else ():
            assert self._engine is not None  # noqa: S101 (there is one as soon as any is armed)
            self._engine.snooze(one.snoozed_until, rule=id_)
        for id_ in self._states.keys() - self._rules.keys():
            self._desk.put(AlertState(rule=id_, gone=True))
            del self._states[id_]
        specs = [one.rule.spec for one in armed.values()]
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
        engine = Engine((one.rule for one in armed.values()), now, state=kept, states=states)
        engine.interrupt(now)
        return engine

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
            self._tell(now)
            try:
                await self._keep(self._engine, now)
            except LedgerError as error:
                logger.info("how far alerts of person %d are cannot be stored now: %s", self._desk.person, error)
            pause_s = min(STATUS_S, max(0.01, (self._engine.due - now_ms()) / 1000))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause_s)

    async def _keep(self, engine: Engine, now: int) -> None:
        """Store how far rules are, once all is stored that they fired until then, and have the person watched."""
        wake = {id_: self._wake_at(one, now) for id_, one in self._rules.items() if one.is_armed}
        if now >= self._watch_due and any(at is not None and at <= now for at in wake.values()):
            self._watch_due = now + round(WATCH_S * 1000 / 3)
            until = datetime.datetime.fromtimestamp(now / 1000 + WATCH_S, datetime.UTC)
            await self._desk.watch_until(until)
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
        for id_, one in self._rules.items():
            told = self._state_of(one, statuses.get(id_), now)
            if self._states.get(id_) != told:
                self._states[id_] = told
                self._desk.put(told)

    def _state_of(self, one: StoredRule, status: Status | None, now: int) -> AlertState:
        spec = one.rule.spec
        state: StateName = "resting"
        reason, since, nearest, fired, fired_at = "", None, "", one.fired, one.fired_at
        if status is not None:
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
            unchecked_from=None,
            unchecked_to=None,
        )
