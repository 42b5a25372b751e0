"""How an alert stands, as the board says it. Pure. Times are in ms."""

import typing

from alerts.rules.state import Status
from alerts.store import StoredRule
from alerts.watch.unchecked import clock
from brokers.contract.events import AlertState

StateName = typing.Literal["armed", "waiting", "cannot_check", "fired", "snoozed", "resting", "expired"]


def alert_state(
    one: StoredRule,
    text: str,
    status: Status | None,
    now: int,
    *,
    held_since: int | None,
    unchecked: tuple[int, int] | None,
) -> AlertState:
    """Return how an alert stands. `held_since` is when a rule that looks back was evaluated last."""
    spec = one.rule.spec
    state: StateName = "resting"
    reason, since, nearest, fired, fired_at = "", None, "", one.fired, one.fired_at
    if status is not None:
        state, reason, since, nearest = status.state, status.reason, status.since, status.nearest
        fired_at = max(filter(None, (status.fired_at, one.fired_at)), default=None)
        fired = max(one.fired, status.fired)
    elif held_since is not None:
        state, reason = "waiting", f"looks back at what it missed since {clock(held_since)}"
    elif spec.expires is not None and spec.expires <= now:
        state = "expired"
    elif not one.is_armed and one.fired and spec.trigger == "once":
        state = "fired"
    begun, ended = unchecked or (one.unchecked_from, one.unchecked_to)
    return AlertState(
        rule=one.rule.id,
        version=one.rule.version,
        state=state,
        since=since,
        reason=reason or None,
        text=text,
        symbol=next(iter(spec.symbols), None),
        note=spec.note or None,
        nearest=nearest or None,
        fired=fired,
        fired_at=fired_at,
        expires=spec.expires,
        snoozed_until=one.snoozed_until,
        unchecked_from=begun,
        unchecked_to=ended,
    )
