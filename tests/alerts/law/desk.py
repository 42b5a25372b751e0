"""A desk that evaluates alerts over a tape: torn by gaps, killed, and followed by another one, in virtual time."""

import random
from collections.abc import Sequence

import msgspec

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.lookback import Bar, Found, look_back
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from alerts.rules.state import EngineState, RuleState, decode_state, encode_state
from brokers.contract.events import Quote
from tests.alerts.law.judge import Told
from tests.alerts.law.tape import MINUTE, Alert, Tick, as_json

__all__ = ["Found", "Torn", "with_gaps", "without_gaps"]
CHECKPOINT_MS = 15_000


def rules_of(alerts: Sequence[Alert], begin: int) -> list[Rule]:
    """Read alerts as the desk does."""
    return [Rule(one.id, 1, parse_rule(msgspec.json.encode(as_json(one))), begin) for one in alerts]


def quote(tick: Tick) -> Quote:
    return Quote(symbol=tick.symbol, last=tick.cents / 100, last_at=tick.at, at=tick.at)


def told(firing: Firing) -> Told:
    return Told(
        firing.rule, firing.received if not firing.recovered else firing.at, firing.between, firing.late_ms,
        firing.is_order_unknown,
    )  # fmt: skip


def without_gaps(alerts: Sequence[Alert], ticks: Sequence[Tick], begin: int, draw: random.Random) -> list[Told]:
    """Evaluate every tick; now and then another process goes on from what the former one stored."""
    rules = rules_of(alerts, begin)
    engine, found = Engine(rules, begin), []
    for tick in ticks:
        if draw.random() < 0.01:
            stored = encode_state(engine.checkpoint(tick.at))
            engine = Engine(rules, tick.at, state=decode_state(stored))
        found += [told(one) for one in engine.take(quote(tick), "link", tick.at)]
    return found


class Torn:
    """A desk that nobody runs in gaps. What it tells is a ledger: a second firing of the same name is dropped."""

    def __init__(self, alerts: Sequence[Alert], begin: int) -> None:
        self.rules = rules_of(alerts, begin)
        self.engine = Engine(self.rules, begin)
        self.checkpoint = encode_state(self.engine.checkpoint(begin))
        self.stored: dict[str, tuple[RuleState, int]] = {}
        self.ledger: dict[str, Told] = {}
        self.unchecked: list[tuple[str, int, int]] = []
        self._next = begin + CHECKPOINT_MS

    def take(self, tick: Tick) -> None:
        """Evaluate a tick."""
        self._record(self.engine.take(quote(tick), "link", tick.at), tick.at)
        if tick.at >= self._next:
            self.checkpoint = encode_state(self.engine.checkpoint(tick.at))
            self._next = tick.at + CHECKPOINT_MS

    def come_back(self, now: int, ticks: Sequence[Tick]) -> None:
        """Begin anew after a gap: look back from what was stored, by the venue's candles, then go on."""
        kept = decode_state(self.checkpoint)
        states: dict[str, RuleState] = {}
        for rule in self.rules:
            state, at = self.stored.get(rule.id, (None, 0))
            since = max(kept.at, at)
            known = state if state is not None and at >= kept.at else kept.rules.get(rule.id)
            before = msgspec.structs.replace(kept, at=since, rules={rule.id: known} if known is not None else {})
            found = look_back(rule, before, candles(ticks, rule.spec.symbols[0], since, now), since, now)
            self._record(found.firings, now)
            if found.unchecked is not None:
                self.unchecked.append((rule.id, *found.unchecked))
            states[rule.id] = found.state
        self.engine = Engine(self.rules, now, state=EngineState(at=now), states=states)
        self.engine.interrupt(now)
        self.checkpoint = encode_state(self.engine.checkpoint(now))

    def _record(self, firings: Sequence[Firing], now: int) -> None:
        for firing in firings:
            if firing.venue_id not in self.ledger:
                self.ledger[firing.venue_id] = told(firing)
                assert firing.state is not None
                self.stored[firing.rule] = (firing.state, now)


def candles(ticks: Sequence[Tick], symbol: str, since: int, until: int) -> list[Bar]:
    """Return the minutes of a symbol as its venue tells them at `until`: minutes without a trade are none."""
    found: dict[int, list[float]] = {}
    for tick in ticks:
        if tick.symbol == symbol and since // MINUTE * MINUTE <= tick.at < until:
            found.setdefault(tick.at // MINUTE * MINUTE, []).append(tick.cents / 100)
    return [Bar(time, one[0], max(one), min(one), one[-1]) for time, one in sorted(found.items())]


def with_gaps(
    alerts: Sequence[Alert], ticks: Sequence[Tick], begin: int, gaps: Sequence[tuple[int, int]]
) -> tuple[list[Told], list[tuple[str, int, int]]]:
    """Evaluate a tape of which nobody sees the ticks in gaps."""
    desk, waiting = Torn(alerts, begin), list(gaps)
    for tick in ticks:
        while waiting and waiting[0][1] <= tick.at:
            desk.come_back(waiting.pop(0)[1], ticks)
        if not waiting or tick.at < waiting[0][0]:
            desk.take(tick)
    return list(desk.ledger.values()), desk.unchecked
