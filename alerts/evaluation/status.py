"""How a rule stands, for people. Pure. Times are in ms."""

import datetime

from alerts.evaluation.gates import Gate
from alerts.evaluation.hours import Hours
from alerts.evaluation.live_rule import LiveRule
from alerts.evaluation.values import Input
from alerts.rules.state import Status, StatusName
from brokers.instruments.calendar import NEW_YORK

QUIET = "nothing came since"
"""Why a value is not known that no feed has lost: its session or its rule has just begun."""
SESSIONS = {"regular": "regular hours", "extended": "extended hours", "always": "any hour"}


def status_of(live: LiveRule, hours: Hours, now: int) -> Status:
    """Return how a rule stands; `hours` is the session it counts in, or the next one."""
    state, reason, since = _state(live, hours, now)
    return Status(
        rule=live.rule.id,
        version=live.rule.version,
        state=state,
        reason=reason,
        since=since,
        nearest=_nearest(live.gates) if state in ("armed", "snoozed") else "",
        fired=live.state.fired,
        fired_at=live.state.fired_at,
        snoozed_until=live.state.snoozed_until,
    )


def _state(live: LiveRule, hours: Hours, now: int) -> tuple[StatusName, str, int | None]:
    """Return the state, why it waits or cannot be checked, and since when."""
    if live.state.is_expired:
        return "expired", "", None
    if live.is_over:
        return "fired", "", live.state.fired_at
    if live.is_snoozed(now):
        return "snoozed", "", None
    if not live.is_open:
        at = datetime.datetime.fromtimestamp(hours.opens / 1000, NEW_YORK)
        return "waiting", f"waits for {SESSIONS[live.spec.session]}, {at:%a %H:%M} ET", None
    if (missing := _missing(live.gates)) is not None:
        return "cannot_check", f"{missing.ref.text}: {missing.reason or QUIET}", missing.received or None
    return "armed", "", None


def _missing(gates: list[Gate]) -> Input | None:
    """Return a value that is not known now, if one is."""
    for gate in gates:
        if gate.leaf.comparator == "happens":
            continue
        if not gate.input.is_known or gate.watched is None or not gate.watched.is_fresh:
            return gate.input
        for bound in gate.bounds:
            if isinstance(bound, Input) and not bound.is_known:
                return bound
    return None


def _nearest(gates: list[Gate]) -> str:
    """Return how far the first comparison that has a level is from it: "1.54 below 452.5"."""
    for gate in gates:
        value, level = gate.input.value, gate.level
        if value is None or level is None or gate.watched is None:
            continue
        is_past = value >= level if gate.leaf.comparator == "crosses_up" else value <= level
        if is_past and gate.leaf.comparator in ("crosses_up", "crosses_down"):
            direction = gate.leaf.comparator.removeprefix("crosses_")
            return f"{_number(value)} is past {_number(level)}: fires on the next cross {direction}"
        return f"{_distance(abs(value - level))} {'below' if value < level else 'above'} {_number(level)}"
    return ""


def _distance(value: float) -> str:
    """Write how far it is with four digits, and never as a power of ten."""
    return f"{value:,.4g}" if value < 1_000 else f"{value:,.0f}"


def _number(value: float) -> str:
    """Write a number with as many places as it has, four at most."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")
