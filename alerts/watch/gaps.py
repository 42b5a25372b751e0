"""What a person's alerts missed, and what becomes of it: found in candles, or told as not checked."""

import collections
import typing
from collections.abc import Iterable, Mapping

import msgspec

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.hours import MarketHours
from alerts.evaluation.lookback import Found, catch_up, symbol_of
from alerts.rules.spec import Rule
from alerts.rules.state import EngineState, RuleState
from alerts.store import StoredRule
from alerts.watch.needs import EXACT
from alerts.watch.recovery import DEPTH_MS, GapRecovery, Held, missed_from
from alerts.watch.unchecked import ABSENT, TOO_OLD, TORN, UNNOTICED_MS, Blind, Unchecked
from brokers.contract.events import Quote
from lib.clock import now_ms
from market.history.candle_reader import CandleReader
from streaming.links.state import LinkState
from streaming.manager.extensions import ExtensionHost

MOST_TICKS = 5_000
"""Prices of a symbol that are kept while its rules look back: only those after the answer are needed, which come within
a second or so."""


class EvaluatedRules(typing.Protocol):
    """The rules whose gaps these are, and who evaluates them."""

    @property
    def engine(self) -> Engine | None:
        """The engine as it is now; None while no rule is armed."""

    @property
    def rules(self) -> Mapping[str, StoredRule]:
        """All that are stored, by id."""

    def publish(self, firings: Iterable[Firing]) -> None:
        """Store firings, and tell them."""


class RuleGaps:
    """Holds rules that missed something until candles show what, and says what they do not show."""

    def __init__(self, desk: ExtensionHost, candles: CandleReader, rules: EvaluatedRules, hours: MarketHours) -> None:
        self._desk, self._port, self._hours = desk, rules, hours
        self.recovery = GapRecovery(candles, self.is_live, self._give_back, hours)
        self.unchecked = Unchecked(desk.publish)
        self._ticks: dict[str, collections.deque[tuple[Quote, str, int]]] = {}
        """The prices that came while rules of a symbol were held, with their link and when."""

    def keep_tick(self, quote: Quote, origin: str, now: int) -> None:
        """Keep a price while rules are held: what came since a look back is compared after it."""
        if self.recovery.held and isinstance(quote.last, float | int):
            self._ticks.setdefault(quote.symbol, collections.deque(maxlen=MOST_TICKS)).append((quote, origin, now))

    def is_live(self) -> bool:
        """Whether any link is live that brings the person market data."""
        runners = self._desk.runners.values()
        return any(runner.state is LinkState.LIVE and self._desk.shows(runner.id) for runner in runners)

    def find_missed(self, one: StoredRule, kept: EngineState | None, state: RuleState | None, now: int) -> Blind | None:
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
        self.recovery.hold(rule, since, before)
        return None

    def hold_of_link(self, link: str, now: int) -> None:
        """Hold the rules whose prices came by a link that is not live any more."""
        assert self._port.engine is not None  # noqa: S101 (only while there is one)
        mine = [id_ for id_ in self._port.engine.quoted_by(link) if symbol_of(self._port.rules[id_].rule.spec)]
        if not mine:
            return
        state = self._port.engine.checkpoint(now)
        for id_ in mine:
            rule = self._port.rules[id_].rule
            if not self._port.engine.is_over(id_):
                self.recovery.hold(rule, now, msgspec.structs.replace(state, rules={id_: state.rules[id_]}))
                self._port.engine.remove_rule(id_)

    def _give_back(self, held: Held, found: Found | None, reason: str, until: int) -> None:
        """Publish what candles show of a gap, say what they do not, and evaluate the rule again."""
        rule, stored = held.rule, self._port.rules.get(held.rule.id)
        if self._port.engine is None or stored is None or not stored.is_armed or stored.rule.version != rule.version:
            return
        since = held.since if found is None else max(held.since, until - DEPTH_MS)
        if found is not None:
            self._port.publish(found.firings)
            if found.unchecked is not None:
                self.unchecked.tell({rule.id: Blind(found.unchecked[0], TORN)}, found.unchecked[1])
            self.tell_missed(rule, held.since, since, TOO_OLD)
        else:
            self.tell_missed(rule, since, until, reason)
        self._watch_again(rule, held.rule_state if found is None else found.state, stored.snoozed_until, until)

    def tell_missed(self, rule: Rule, since: int, until: int, reason: str) -> None:
        """Say that a rule was not checked between two times, as far as its session was open."""
        begun = missed_from(rule.spec.session, since, until, self._hours)
        if begun is not None and until - begun >= UNNOTICED_MS:
            self.unchecked.tell({rule.id: Blind(begun, reason)}, until)

    def _watch_again(self, rule: Rule, state: RuleState, snoozed_until: int | None, until: int) -> None:
        """Evaluate a rule that was held: first the prices that came since a look back, then all to come."""
        assert self._port.engine is not None  # noqa: S101 (only while there is one)
        now, symbol = now_ms(), symbol_of(rule.spec)
        ticks = self._ticks.get(symbol, ())
        firings, state = catch_up(rule, state, [(quote, at) for quote, _, at in ticks if at > until], now)
        self._port.publish(firings)
        if not self.is_live():  # it was lost again meanwhile
            self.recovery.hold(rule, now, EngineState(at=now, rules={rule.id: state}))
            return
        self._port.publish(self._port.engine.set_rule(rule, now, state))
        self._port.engine.snooze(snoozed_until, rule=rule.id)
        if ticks:  # of which the engine has seen the newest: a rule that comes later has not
            quote, origin, _ = ticks[-1]
            self._port.publish(self._port.engine.take(quote, origin, now))
        if not any(symbol_of(one.rule.spec) == symbol for one in self.recovery.held.values()):
            self._ticks.pop(symbol, None)
