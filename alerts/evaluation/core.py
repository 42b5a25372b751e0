"""Where values meet comparisons: what a value reaches is compared again, and its rules look whether they fire. Pure.

Times are in ms. A value that is reached by nothing costs two comparisons.
"""

import functools
import heapq
import itertools
import typing
from collections.abc import Callable, Mapping
from math import isfinite

import msgspec

from alerts.evaluation.firing import Firing
from alerts.evaluation.gates import Gate
from alerts.evaluation.hours import Calendar, Hours
from alerts.evaluation.live_rule import LiveRule
from alerts.evaluation.noise import PERSON_FIRINGS, PERSON_MS, is_noise
from alerts.evaluation.values import Input, SymbolValues, Watched, input_key
from alerts.rules.fields import FieldRef
from alerts.rules.spec import Leaf, Scope, Session
from alerts.rules.state import EngineState, Turn

FOREVER = 2**53
SESSIONS: tuple[Session, ...] = ("regular", "extended", "always")


class Core:
    """Inputs, the rules that depend on them, the sessions and the timers."""

    def __init__(self, calendar: Calendar, stored: EngineState) -> None:
        self.calendar, self.stored = calendar, stored
        self.inputs: dict[str, Input] = {}
        self.rules: dict[str, LiveRule] = {}
        self.symbols: dict[str, SymbolValues] = {}
        self.hours: dict[Session, Hours] = {}
        self.open: dict[Session, bool] = dict.fromkeys(SESSIONS, False)
        self.recent = list(stored.recent)
        self.due = 0
        """When something happens by the clock alone."""
        self._dirty: list[LiveRule] = []
        self._timers: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = itertools.count()
        self.found: dict[str, typing.Any] = {}
        """What is to be said of firings beside what the rules say: how they were found."""

    # --- values ---

    def put(self, one: Input, value: float | None, at: int | None, source: str, now: int) -> None:
        """Take a new value. None: it is known to be missing."""
        if value is None or not isfinite(value):
            self.lose(one, "missing", now)
            return
        one.value, one.at, one.source, one.received = value, at, source, now
        one.reason = ""
        for watched in one.active:
            if watched.low < value < watched.high:
                watched.value, watched.received = value, now
            else:
                self.touch(one, watched, value, now)
        for gate in one.followers:
            self.aim(gate, now)

    def touch(self, one: Input, watched: Watched, value: float, now: int) -> None:
        """Compare a value with what it has reached, or with everything if it is the first of a session or a feed."""
        if one.at is not None and one.is_price and one.at < self.hours[watched.session].opens:
            return
        before, is_gap = watched.value, not watched.is_fresh and watched.value is not None
        watched.value, watched.received = value, now
        if not watched.is_fresh:
            watched.refresh(True)
            for gate in watched.gates:
                self.mark(gate.rule)
        for gate in watched.take_reached(value):
            if gate.judge(value, now):
                self._turned(gate, Turn(gate.index, before, value, one.at, is_gap))
            gate.find_borders(value)
            watched.add(gate)

    def put_together(self, values: Mapping[str, float | None], now: int, at: int | None = None) -> None:
        """Take new values of inputs (by key) that were worked out of the same bar: none is compared with a former one.

        None: it is not known. `at` is when the bar closed, if that is not now.
        """
        batch = [(self.inputs[key], value) for key, value in values.items()]
        known = [(one, value) for one, value in batch if value is not None and isfinite(value)]
        fresh = {one.key for one, _ in known}
        for one, _ in batch:
            if one.key not in fresh:
                self.lose(one, "there are not bars enough", now)
        for one, value in known:
            one.value, one.at, one.received, one.reason = value, at or now, now, ""
        for one, _ in known:
            for gate in one.followers:
                self._aim_anew(gate)
        for one, value in known:
            for watched in one.active:
                self.touch(one, watched, value, now)

    def _aim_anew(self, gate: Gate) -> None:
        """Compare with a bound that has moved as soon as the value comes that goes with it."""
        if (watched := gate.watched) is None:
            return
        watched.remove(gate)
        if gate.aim():
            gate.wake()
        else:
            gate.rest()
        self.mark(gate.rule)
        watched.add(gate)

    def _turned(self, gate: Gate, turn: Turn) -> None:
        rule = gate.rule
        if gate.is_moment:
            gate.pulse = turn
        elif gate.truth:
            rule.state.turn = turn
        self.mark(rule)

    def aim(self, gate: Gate, now: int) -> None:
        """Compare with a bound that has moved, or that is not known any more."""
        watched, value, was_aimed = gate.watched, gate.input.value, gate.is_aimed
        if watched is None:
            return
        watched.remove(gate)
        if not gate.aim():
            gate.rest()
        elif value is None or not watched.is_fresh or not self.open[watched.session]:
            gate.wake()
        else:
            if gate.judge(value, now):
                self._turned(gate, Turn(gate.index, watched.value, value, gate.input.at))
            gate.find_borders(value)
        if gate.is_aimed != was_aimed:
            self.mark(gate.rule)
        watched.add(gate)

    def lose(self, one: Input, reason: str, now: int) -> None:
        """Let the newest value count no more, until another one comes."""
        if one.reason == reason:
            return
        one.reason = reason
        for watched in one.sessions.values():
            watched.refresh(False)
            for gate in watched.gates:
                self.mark(gate.rule)
        for gate in one.followers:
            self.aim(gate, now)

    # --- rules ---

    def watch(self, gate: Gate, now: int) -> None:
        """Begin to compare for a gate, in the session of its rule."""
        session, one = gate.rule.spec.session, gate.input
        watched = one.sessions.get(session)
        if watched is None:
            watched = one.add_session(session)
            if self.open[session]:
                one.active.append(watched)
        watched.gates.append(gate)
        gate.watched = watched
        for bound in gate.bounds:
            if isinstance(bound, Input):
                bound.followers.append(gate)
        if not gate.aim():
            gate.rest()
        elif watched.value is not None and gate.truth is not None:
            gate.find_borders(watched.value)
        watched.add(gate)
        # A state that was stored with a firing is newer than the values of the checkpoint before.
        is_newest = one.is_known and one.received >= gate.since
        if is_newest and self.open[session] and one.value is not None and watched.high <= one.value:
            self.touch(one, watched, one.value, now)

    def unwatch(self, gate: Gate) -> None:
        """Compare for a gate no more."""
        watched, gate.watched = gate.watched, None
        if watched is None:
            return
        watched.remove(gate)
        watched.gates.remove(gate)
        for bound in gate.bounds:
            if isinstance(bound, Input):
                bound.followers.remove(gate)

    def mark(self, rule: LiveRule) -> None:
        """Note that a rule has to look at its condition when the event is taken in."""
        if not rule.is_dirty:
            rule.is_dirty = True
            self._dirty.append(rule)

    def settle(self, now: int) -> list[Firing]:
        """Let every rule look whose comparisons turned. Returns what fires, in the order of the rules."""
        if not self._dirty:
            return []
        dirty, self._dirty = sorted(self._dirty, key=lambda rule: rule.order), []
        firings = []
        for rule in dirty:
            rule.is_dirty = False
            if (turn := rule.settle(now)) is not None:
                firings.append(self.fire(rule, turn, now))
            elif (ends := rule.hold_ends) is not None:
                self.at(ends, functools.partial(self._look_again, rule))
            for gate in rule.gates:
                gate.pulse = None
            rule.detail, rule.detail_key, rule.closed_bar = {}, "", None
        return firings

    def _look_again(self, rule: LiveRule, now: int) -> None:
        self.mark(rule)

    def fire(self, rule: LiveRule, turn: Turn, now: int) -> Firing:
        """Let a rule fire: write it down, and arm it again or be done with it."""
        gate = rule.gates[turn.gate]
        symbol = self.symbols.get(gate.input.ref.symbol)
        firing = rule.fire(turn, now, symbol.spread if symbol is not None else None, **self.found)
        is_noise_of_person = is_noise(self.recent, now, PERSON_FIRINGS, PERSON_MS)
        for one in rule.gates:
            if rule.is_over:
                self.unwatch(one)
            elif one.watched is not None and one.is_aimed and one.watched.value is not None:
                one.watched.remove(one)
                one.find_borders(one.watched.value)
                one.watched.add(one)
        is_digest = firing.is_digest or is_noise_of_person
        rule.state.digested = rule.state.digested + 1 if is_digest else 0
        return msgspec.structs.replace(firing, is_digest=is_digest, state=rule.store())

    # --- time ---

    def at(self, when: int, call: Callable[[int], None]) -> None:
        """Call at a time, with the time that it is then."""
        heapq.heappush(self._timers, (when, next(self._count), call))
        self.due = self._timers[0][0]

    def advance(self, now: int) -> None:
        """Do what is due by the clock."""
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2](now)
        self.due = self._timers[0][0] if self._timers else FOREVER

    def follow_sessions(self, now: int) -> None:
        """Open and close the sessions, and come back when one changes."""
        self.check_sessions(now)
        self.at(min(one.closes if one.opens <= now else one.opens for one in self.hours.values()), self.follow_sessions)

    def check_sessions(self, now: int) -> None:
        """Open and close the sessions as they are at a time."""
        for session in SESSIONS:
            hours = self.calendar.hours(session, now)
            is_open, before = hours.opens <= now, self.hours.get(session)
            if before is None or before.opens != hours.opens or is_open != self.open[session]:
                self.hours[session] = hours
                self._open_session(session, is_open, now, is_known=before is None)

    def _open_session(self, session: Session, is_open: bool, now: int, *, is_known: bool) -> None:
        """Begin or end a session. `is_known`: the engine has just begun, and what was stored still holds."""
        self.open[session] = is_open
        for one in self.inputs.values():
            one.active = [watched for name, watched in one.sessions.items() if self.open[name]]
            if (watched := one.sessions.get(session)) is None or is_known:
                continue
            watched.refresh(False)
            if is_open and not one.is_price and one.is_known and one.value is not None:
                self.touch(one, watched, one.value, now)
        for rule in self.rules.values():
            if rule.spec.session == session:
                rule.is_open = is_open
                if not is_open:
                    rule.suspend()
                self.mark(rule)

    def input(self, ref: FieldRef, scope: Scope, leaf: Leaf | None = None) -> tuple[Input, bool]:
        """Return the input of a field, and whether it is a new one."""
        key = input_key(ref, scope, leaf)
        if (found := self.inputs.get(key)) is not None:
            return found, False
        one = self.inputs[key] = Input(ref, scope, key)
        if (stored := self.stored.inputs.get(key)) is not None:
            one.restore(stored)
        return one, True

    def symbol(self, name: str) -> SymbolValues:
        """Return what is known of a symbol, from now on."""
        if (found := self.symbols.get(name)) is None:
            found = self.symbols[name] = SymbolValues(name)
            found.restore(self.stored.symbols.get(name, {}))
        return found
