"""Rules against the events of one person's streams. Pure: no clock, no input or output; times come in, in ms.

One engine has all rules of one person. It takes every event before it is conflated, facts, and items of news, each with
the time at which it came, and returns what fires. `advance` must be called when `due` is reached: sessions open and
close, conditions have held for long enough. `checkpoint` is all that it knows, as JSON: an engine that begins with it
goes on exactly as this one would.
"""

import typing
from collections.abc import Callable, Iterable, Mapping

import msgspec

from alerts.evaluation.board_values import BoardReading, BoardValues
from alerts.evaluation.core import Core
from alerts.evaluation.fact_gates import FactGates
from alerts.evaluation.firing import Firing
from alerts.evaluation.gates import Gate
from alerts.evaluation.hours import Calendar, MarketHours
from alerts.evaluation.live_rule import LiveRule
from alerts.evaluation.market_data import MarketData
from alerts.evaluation.news_gates import News, NewsGates
from alerts.evaluation.status import status_of
from alerts.evaluation.values import Input
from alerts.rules.fields import FieldRef
from alerts.rules.spec import Leaf, Rule
from alerts.rules.state import EngineState, RuleState, Status
from brokers.contract.events import Day, Event, Greeks, Link, Profile, Quote, Underlying
from streaming.facts import Fact

NONE: list[Firing] = []


class Engine:
    """All rules of one person, and what they have seen.

    `state` is a checkpoint to go on from; `states` are stored states of rules, which count before those in it. `now`
    is the time at which it begins.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        now: int,
        *,
        calendar: Calendar | None = None,
        state: EngineState | None = None,
        states: Mapping[str, RuleState] | None = None,
    ) -> None:
        stored = state or EngineState(at=now)
        self._core = Core(calendar or MarketHours(), stored)
        self._market = MarketData(self._core)
        self._fact_gates = FactGates(self._core)
        self._news_gates = NewsGates(self._core)
        self._board = BoardValues(self._core)
        self._readers: dict[type[Event], Callable[[typing.Any, str, int], None]] = {
            Quote: self._market.on_quote,
            Day: self._market.on_day,
            Greeks: self._market.on_values,
            Underlying: self._market.on_values,
            Profile: self._market.on_profile,
            Link: self._on_link,
        }
        self._order = 0
        self._core.check_sessions(stored.at or now)
        for rule in rules:
            self.set_rule(rule, now, _begun((states or {}).get(rule.id) or stored.rules.get(rule.id), stored.fact))
        self._core.follow_sessions(now)
        self._begun = self._core.settle(now)

    # --- rules ---

    def set_rule(self, rule: Rule, now: int, state: RuleState | None = None) -> list[Firing]:
        """Take a rule, or another version of one: a state of another version does not count."""
        self.remove_rule(rule.id)
        core = self._core
        kept = state if state is not None and state.version == rule.version else None
        live = core.rules[rule.id] = LiveRule(rule, self._order, kept)
        self._order += 1
        live.is_open = core.open[rule.spec.session]
        live.compile([self._gate(live, index) for index in range(len(rule.spec.leaves))])
        if not live.is_over:
            for gate in live.gates:
                self._watch(gate, now)
            self._schedule(live)
        return core.settle(now)

    def remove_rule(self, id_: str) -> None:
        """Forget a rule; nothing where there is none of this id."""
        live = self._core.rules.pop(id_, None)
        if live is not None:
            live.state.is_expired = True
            self._market.forget(live.gates)
            self._fact_gates.forget(live.gates)
            self._news_gates.forget(live.gates)
            self._board.forget(live.gates)
            for gate in live.gates:
                self._core.unwatch(gate)

    def _gate(self, live: LiveRule, index: int) -> Gate:
        leaf = live.spec.leaves[index]
        bounds = [self._input(bound, leaf) if isinstance(bound, FieldRef) else float(bound) for bound in leaf.bounds]
        return Gate(live, index, self._input(leaf.field, leaf, is_own=True), tuple(bounds))

    def _input(self, ref: FieldRef, leaf: Leaf, *, is_own: bool = False) -> Input:
        one, is_new = self._core.input(ref, leaf.of, leaf if is_own else None)
        if is_new and not self._board.take_in(one):
            self._market.add(one, leaf if is_own else None)
        return one

    def _watch(self, gate: Gate, now: int) -> None:
        if gate.leaf.comparator != "happens":
            self._core.watch(gate, now)
        elif gate.input.ref.field.needs == ("profile",):
            self._market.add_profile_gate(gate)
        elif gate.input.ref.field.needs == ("fact",):
            self._fact_gates.add(gate)
        elif gate.input.ref.field.needs == ("news",):
            self._news_gates.add(gate)
        else:
            self._board.add(gate)

    def _schedule(self, live: LiveRule) -> None:
        if (expires := live.spec.expires) is not None:
            self._core.at(expires, lambda now: self._expire(live))
        if (ends := live.hold_ends) is not None:
            self._core.at(ends, lambda now: self._core.mark(live))

    def _expire(self, live: LiveRule) -> None:
        if not live.is_over:
            live.state.is_expired = True
            for gate in live.gates:
                self._core.unwatch(gate)

    def snooze(self, until: int | None, *, rule: str | None = None, symbol: str | None = None) -> list[str]:
        """Let one rule, those of a symbol, or all of them fire nothing until then; None ends that. Returns which."""
        found = [
            live
            for id_, live in self._core.rules.items()
            if (rule is None or id_ == rule) and (symbol is None or symbol in live.spec.symbols)
        ]
        for live in found:
            live.state.snoozed_until = until
        return [live.rule.id for live in found]

    # --- what comes ---

    @property
    def due(self) -> int:
        """When `advance` must be called at the latest."""
        return self._core.due

    def take(self, event: Event, origin: str, now: int) -> list[Firing]:
        """Take an event that came by the link `origin` at `now`. Returns what fires."""
        core = self._core
        if now >= core.due:
            core.advance(now)
        if (reader := self._readers.get(type(event))) is not None:
            reader(event, origin, now)
        return core.settle(now)

    def take_fact(self, fact: Fact, now: int) -> list[Firing]:
        """Take the next fact, seen at `now`. Returns what fires."""
        return self._take_alone(lambda: self._fact_gates.on_fact(fact, now), now)

    def fact_positions(self) -> list[tuple[int, int | None]]:
        """Return of each rule that waits for facts when it was armed, and the number it came to; None: to none yet."""
        return self._fact_gates.positions()

    def take_news(self, seen: News, now: int) -> list[Firing]:
        """Take the next item of one of the person's two lists, or the next move, seen at `now`. Returns what fires."""
        return self._take_alone(lambda: self._news_gates.on_news(seen, now), now)

    def _take_alone(self, pulse: Callable[[], None], now: int) -> list[Firing]:
        """Do what is due, then pulse by itself: how a row was found is not how the clock was."""
        core, due = self._core, self.advance(now)
        pulse()
        firings = core.settle(now)
        core.found = {}
        return due + firings

    def news_positions(self) -> list[tuple[int, list[int]]]:
        """Return of each rule that waits for news when it was armed, and the numbers it came to (RuleState.news)."""
        return self._news_gates.positions()

    def impact_positions(self) -> list[tuple[int, int | None]]:
        """Return of each rule that waits for what news move when it was armed, and the number it came to, if any."""
        return self._news_gates.impact_positions()

    @property
    def board_inputs(self) -> list[Input]:
        """What has to be read off the board, once a second or so; nothing where no rule looks at it."""
        return self._board.inputs

    def take_board(self, readings: Mapping[str, BoardReading], now: int) -> list[Firing]:
        """Take what those inputs are, by their keys. Returns what fires."""
        due = self.advance(now)
        self._board.take(readings, now)
        return due + self._core.settle(now)

    def take_bar(self, values: Mapping[str, float | None], bar: int, at: int) -> list[Firing]:
        """Take what studies are at the close of the bar that began at `bar`, by the keys of their inputs, all at once.

        `at` is the clock of the bars: the last moment of this one. Returns what fires.
        """
        due, core = self.advance(at), self._core
        core.put_together(values, at)
        for live in core.rules.values():
            live.detail_key = str(bar)
            if live.spec.trigger == "per_bar_close":
                live.closed_bar = bar
                core.mark(live)
        return due + core.settle(at)

    @property
    def study_inputs(self) -> list[Input]:
        """The studies that rules look at which are evaluated as prices come; nothing where there are none."""
        return [one for one in self._core.inputs.values() if one.gates and one.ref.is_study]

    def take_studies(self, values: Mapping[str, float | None], at: int, now: int) -> list[Firing]:
        """Take what studies are since a bar closed at `at`, by the keys of their inputs, all of one series at once.

        They count until the next bar closes. Returns what fires.
        """
        due = self.advance(now)
        known = {key: value for key, value in values.items() if key in self._core.inputs}
        self._core.put_together(known, now, at)
        return due + self._core.settle(now)

    def lose_studies(self, keys: Iterable[str], reason: str, now: int) -> list[Firing]:
        """Let studies count no more until their next bar. Returns what fires by the clock meanwhile."""
        due = self.advance(now)
        for key in keys:
            if (one := self._core.inputs.get(key)) is not None:
                self._core.lose(one, reason, now)
        return due + self._core.settle(now)

    @property
    def inputs(self) -> list[Input]:
        """All that it looks at."""
        return list(self._core.inputs.values())

    def _on_link(self, event: Link, origin: str, now: int) -> None:
        """Let nothing count that came by a link which is not live, until something comes again."""
        if isinstance(event.state, str) and event.state != "live":
            self._market.lose_link(event.link, f"its link is {event.state}", now)

    def advance(self, now: int) -> list[Firing]:
        """Do what is due by the clock. Returns what fires."""
        self._core.advance(now)
        return self._core.settle(now)

    # --- what is known ---

    def checkpoint(self, now: int) -> EngineState:
        """Return all that it knows, to be stored."""
        core = self._core
        return EngineState(
            at=now,
            rules={id_: live.store() for id_, live in core.rules.items()},
            inputs={key: one.state for key, one in core.inputs.items()},
            symbols={name: values.state for name, values in core.symbols.items()},
            windows=self._market.window_states(),
            recent=list(core.recent),
        )

    def rule_state(self, id_: str) -> RuleState:
        """Return the state of one rule. Raises KeyError."""
        return self._core.rules[id_].store()

    def is_over(self, id_: str) -> bool:
        """Whether a rule never fires again; of one that it does not have nothing is known."""
        live = self._core.rules.get(id_)
        return live is not None and live.is_over

    def statuses(self, now: int) -> list[Status]:
        """Return how every rule stands, for people."""
        return [status_of(live, self._core.hours[live.spec.session], now) for live in self._core.rules.values()]

    def quoted_by(self, link: str) -> list[str]:
        """Return the rules that look at a symbol whose newest quote came by this link, or by none yet."""
        quoted = {name for name, values in self._core.symbols.items() if values.source in ("", link)}
        return [id_ for id_, live in self._core.rules.items() if not quoted.isdisjoint(live.spec.symbols)]

    def interrupt(self, now: int) -> None:
        """Note that something may have been missed: what comes next is compared as over a gap, windows begin anew."""
        self._market.interrupt()
        self._board.interrupt()
        for one in self._core.inputs.values():
            for watched in one.sessions.values():
                watched.refresh(False)
        for stored in self._core.stored.inputs.values():  # of rules that come later
            stored.seen = {name: (value, at, False) for name, (value, at, _) in stored.seen.items()}


def _begun(state: RuleState | None, fact: int) -> RuleState | None:
    """Return a stored state that says how far its rule had read, where only all of them together knew it (`fact`)."""
    return msgspec.structs.replace(state, fact=fact) if state is not None and state.fact is None and fact else state
