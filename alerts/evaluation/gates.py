"""One comparison of one rule as it runs: true, untrue or not known, and when it turned. Pure. Times are in ms."""

import typing

from alerts.evaluation.values import Input, Watched
from alerts.evaluation.zones import INFINITY, Sides, Zone, above, at_least, at_most, below
from alerts.rules.fields import FieldRef
from alerts.rules.spec import Leaf
from alerts.rules.state import GateState, Turn

if typing.TYPE_CHECKING:
    from alerts.evaluation.live_rule import LiveRule


class Gate:
    """One comparison. `truth` is None until it was compared once, and of `crosses` at the level itself.

    A moment (a cross) passes a `pulse` on; a comparison that holds for a while has its truth.
    """

    __slots__ = (
        "bounds", "down", "index", "input", "is_aimed", "is_moment", "leaf", "pulse", "rule", "since", "slack", "truth",
        "up", "watched", "zone",
    )  # fmt: skip

    def __init__(self, rule: "LiveRule", index: int, input_: Input, bounds: tuple[float | Input, ...]) -> None:
        leaf = rule.spec.leaves[index]
        self.rule, self.index, self.leaf, self.input, self.bounds = rule, index, leaf, input_, bounds
        self.is_moment = leaf.is_moment
        self.truth: bool | None = None
        self.slack = 0.0
        self.since = 0
        self.pulse: Turn | None = None
        self.up, self.down = -INFINITY, INFINITY
        self.zone: Zone | Sides = Zone(0.0, 0.0)
        self.watched: Watched | None = None
        self.is_aimed = False

    def aim(self) -> bool:
        """Work out what to compare with. Returns whether that is known."""
        levels = [bound if isinstance(bound, float) else bound.value for bound in self.bounds]
        unknown = [bound for bound in self.bounds if isinstance(bound, Input) and not bound.is_known]
        self.is_aimed = not unknown and None not in levels
        if self.is_aimed:
            self.zone = zone_of(self.leaf, [level for level in levels if level is not None])
        return self.is_aimed

    def find_borders(self, value: float) -> None:
        """Work out how far the value may go before anything changes."""
        if self.truth is None and not isinstance(self.zone, Sides):
            self.wake()
        else:
            self.down, self.up = self.zone.borders(value, typing.cast(bool, self.truth), self.slack)

    def wake(self) -> None:
        """Be compared with the next value, whatever it is."""
        self.up, self.down = -INFINITY, INFINITY

    def rest(self) -> None:
        """Be compared with nothing until the bound is known again."""
        self.up, self.down = INFINITY, -INFINITY

    def judge(self, value: float, now: int) -> bool:
        """Compare. Returns whether it turned."""
        truth = self.zone.judge(value, self.truth, self.slack)
        if truth is self.truth:
            return False
        was, self.truth, self.since = self.truth, truth, now
        if truth is not True or isinstance(self.zone, Sides):
            self.slack = 0.0
        if isinstance(self.zone, Sides):
            return was is not None
        return was is not None if not self.is_moment else was is False

    def set_slack(self, slack: float, now: int) -> None:
        """Be armed again only when the value is that far beyond: the rule has fired."""
        if isinstance(self.zone, Sides):
            self.truth, self.since = None, now
            self.slack = slack
        elif self.truth:
            self.slack = slack

    @property
    def level(self) -> float | None:
        """The number that the value is compared with, or the nearer one of two; None while it is not known."""
        levels = [bound if isinstance(bound, float) else bound.value for bound in self.bounds]
        known = [level for level in levels if level is not None]
        value = self.input.value
        return min(known, key=lambda level: abs(level - (value or 0.0)), default=None)

    @property
    def is_known(self) -> bool:
        """Whether what it says counts now."""
        return self.is_aimed and self.watched is not None and self.watched.is_fresh

    @property
    def verdict(self) -> bool | None:
        """What it says to the rule now: for a moment whether it is now, else its truth; None: not known."""
        if self.is_moment:
            return self.pulse is not None
        return self.truth if self.is_known else None

    @property
    def state(self) -> GateState:
        """What is stored of it."""
        return GateState(self.truth, self.slack, self.since)

    def restore(self, state: GateState) -> None:
        """Take up what was stored."""
        self.truth, self.slack, self.since = state.truth, state.slack, state.since


def zone_of(leaf: Leaf, levels: list[float]) -> Zone | Sides:
    """Return where the value must be for a comparison to be true; for a cross, where it gets to."""
    match leaf.comparator:
        case "crosses":
            return Sides(levels[0])
        case "above":
            return above(levels[0])
        case "below":
            return below(levels[0])
        case "crosses_up" | "moves_up":
            return at_least(levels[0])
        case "crosses_down":
            return at_most(levels[0])
        case "moves_down":
            return at_least(levels[0])
        case "enters" | "inside":
            return Zone(min(levels), max(levels))
        case "exits" | "outside":
            return Zone(min(levels), max(levels), is_outside=True)
    raise AssertionError(f"nothing to compare: {leaf.comparator}")


def bound_refs(leaf: Leaf) -> tuple[FieldRef, ...]:
    """Return the fields that a comparison compares with."""
    return tuple(bound for bound in leaf.bounds if isinstance(bound, FieldRef))
