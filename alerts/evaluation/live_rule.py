"""One rule as it runs: what its comparisons make of it, and whether it fires. Pure. Times are in ms."""

import typing
from collections.abc import Sequence

import msgspec

from alerts.evaluation.compiled import Test, compile_group
from alerts.evaluation.firing import Firing, Reading
from alerts.evaluation.gates import Gate
from alerts.evaluation.hours import midnight_before
from alerts.evaluation.noise import RULE_FIRINGS, RULE_MS, is_noise
from alerts.evaluation.values import Input
from alerts.rules.fields import LENGTHS
from alerts.rules.spec import Rule
from alerts.rules.state import RuleState, Turn

USUAL_REARM = 0.001
"""10 bps of the level, or SPREADS spreads where they are more."""
SPREADS = 3


class LiveRule:
    """A rule and its state. `settle` is called when something that it depends on may have changed."""

    def __init__(self, rule: Rule, order: int, state: RuleState | None) -> None:
        self.rule, self.spec, self.order = rule, rule.spec, order
        self.state = (
            msgspec.structs.replace(state, recent=list(state.recent), cannot_since=None)
            if state
            else RuleState(rule.version)
        )
        self.gates: list[Gate] = []
        self.test: Test = lambda: None
        self.is_moment = rule.spec.is_moment
        self.is_per_bar = rule.spec.trigger in ("per_bar", "per_bar_close", "per_minute")
        self.is_open = True
        """Whether the session of the rule is on."""
        self.is_dirty = False
        self.closed_bar: int | None = None
        """For per_bar_close: when the bar began whose close is looked at."""
        self.detail: dict[str, typing.Any] = {}
        """What happened, for rules of facts and news."""
        self.detail_key = ""

    def compile(self, gates: Sequence[Gate]) -> None:
        """Take the comparisons of its leaves, in their order, with what was stored of them."""
        self.gates = list(gates)
        for gate, stored in zip(self.gates, self.state.gates, strict=False):
            gate.restore(stored)
        self.test = compile_group(self.spec.when, self.gates)

    @property
    def is_over(self) -> bool:
        """Whether it never fires again."""
        return self.state.is_expired or (self.spec.trigger == "once" and self.state.fired > 0)

    def is_snoozed(self, now: int) -> bool:
        """Whether it is snoozed."""
        return self.state.snoozed_until is not None and now < self.state.snoozed_until

    @property
    def hold_ends(self) -> int | None:
        """When it will have held for long enough; None where it does not hold, or has fired."""
        if not self.spec.for_s or self.state.held_since is None or not (self.state.is_pending or self.is_per_bar):
            return None
        return self.state.held_since + self.spec.for_s * 1000

    def settle(self, now: int) -> Turn | None:
        """Look at the whole condition after something changed. Returns what turned, where the rule is to fire now."""
        if self.is_over or not self.is_open:
            return None
        verdict = self.test()
        if self.is_moment:
            cause = next((gate.pulse for gate in self.gates if gate.pulse is not None), None)
            fires = verdict is True and (not self.is_per_bar or self._is_new_bar(now))
        else:
            cause = self.state.turn
            fires = self._holds(verdict, now) and (self._is_new_bar(now) if self.is_per_bar else self.state.is_pending)
        if not fires:
            return None
        self.state.is_pending = False
        return None if self.is_snoozed(now) else cause or Turn(0)

    def _holds(self, verdict: bool | None, now: int) -> bool:
        """Note what the condition is. Returns whether it has been true for long enough."""
        state = self.state
        if verdict is not True:
            state.held_since = None
            if verdict is False:
                state.was, state.is_pending = False, False
            return False
        if state.was is False:
            state.is_pending = True
        elif state.was is None and self.spec.trigger in ("per_bar", "per_minute"):
            state.last_key = self._bar_key(now)
        state.was = True
        if state.held_since is None:
            state.held_since = now
        return now - state.held_since >= self.spec.for_s * 1000

    def suspend(self) -> None:
        """Let nothing hold on over the end of a session."""
        self.state.held_since = None

    def _is_new_bar(self, now: int) -> bool:
        if self.spec.trigger == "per_bar_close" and self.closed_bar is None:
            return False
        return self._bar_key(now) != self.state.last_key

    def _bar_key(self, now: int) -> str:
        if self.closed_bar is not None:
            return str(self.closed_bar)
        return str(bar_start("1m" if self.spec.trigger == "per_minute" else self.spec.interval, now))

    def _key(self, now: int) -> str:
        if self.spec.trigger == "once":
            return "once"
        if self.is_per_bar:
            return self._bar_key(now)
        return self.detail_key or str(self.state.fired + 1)

    def fire(self, turn: Turn, now: int, spread: float | None, **found: typing.Any) -> Firing:
        """Fire, and return it without its state. `spread` is that of the symbol that turned."""
        state, key = self.state, self._key(now)
        state.fired, state.fired_at, state.last_key = state.fired + 1, now, key
        if self.spec.trigger == "each":
            for gate in self.gates:
                if gate.pulse is not None if self.is_moment else gate.truth:
                    gate.set_slack(self._slack(gate, spread), now)
        gate = self.gates[turn.gate]
        at = found.pop("at", None) or turn.at or now
        return Firing(
            rule=self.rule.id,
            version=self.rule.version,
            key=key,
            at=min(at, now),
            received=now,
            readings=self.readings(now),
            cause=gate.leaf.place,
            before=turn.before,
            after=turn.after,
            gap=turn.is_gap,
            is_digest=is_noise(state.recent, now, RULE_FIRINGS, RULE_MS),
            detail=self.detail,
            **found,
        )

    def _slack(self, gate: Gate, spread: float | None) -> float:
        """Return how far the value must go back, in its unit, before the comparison turns again."""
        level, rearm = abs(gate.level or 0.0), self.spec.rearm
        if rearm is None:
            usual = level * USUAL_REARM
            return max(usual, SPREADS * spread) if spread and gate.input.is_price else usual
        if rearm.by is not None:
            return float(rearm.by)
        return level * (float(rearm.pct) / 100 if rearm.pct is not None else float(rearm.bps or 0) / 10_000)

    def readings(self, now: int) -> tuple[Reading, ...]:
        """Return what its comparisons look at, each field once."""
        inputs = {one.key: one for gate in self.gates for one in (gate.input, *gate.bounds) if isinstance(one, Input)}
        return tuple(_reading(one, now) for one in inputs.values())

    def store(self) -> RuleState:
        """Return its state, as it is now."""
        return msgspec.structs.replace(
            self.state, gates=[gate.state for gate in self.gates], recent=list(self.state.recent)
        )


def _reading(one: Input, now: int) -> Reading:
    said = one.at if one.at is not None else one.received or None
    value = one.value if one.is_known else None
    return Reading(one.ref.text, value, one.at, None if said is None else max(0, now - said), one.source)


def bar_start(interval: str, at: int) -> int:
    """Return when the bar began that `at` is in, in ms; a day's at the exchange's midnight."""
    if interval == "1d":
        return midnight_before(at)
    return at - at % (LENGTHS[interval] * 1000)
