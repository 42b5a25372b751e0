"""What each fault does to the simulated Tradier. `commit` is the one way in; `report` describes all of them.

Some strike once and at once; others stand until their time or count is spent or they are cleared.
"""

from simulator.asgi import Json
from simulator.faults.actions import BadFault, act, cleared, committed, reported
from simulator.faults.chaos import Mix, plan
from simulator.faults.faults import Fault
from simulator.tradier.faults import rest, streams, values
from simulator.tradier.faults.actions import Act, sockets_of
from simulator.tradier.venue import SimTradier, now

MIX: Mix = (
    {"fault": "drop", "stream": "market"},
    {"fault": "drop", "stream": "market", "mode": "abort"},
    {"fault": "drop", "stream": "account", "mode": "reset"},
    {"fault": "drop", "stream": "market", "code": 1011},
    {"fault": "half_open", "stream": "market", "delay": 0.5},
    {"fault": "mute", "stream": "market"},
    {"fault": "mute", "stream": "account"},
    {"fault": "late", "delay": 0.5},
    {"fault": "garbage"},
    {"fault": "blank"},
    {"fault": "sessions"},
    {"fault": "too_many", "times": 1},
    {"fault": "refuse_upgrade", "times": 1},
    {"fault": "stale"},
    {"fault": "zero_trade"},
    {"fault": "bare_summary"},
    {"fault": "bare_summary", "mode": "null"},
    {"fault": "greeks"},
    {"fault": "swallow_event", "times": 1},
    {"fault": "duplicate_event", "times": 1},
    {"fault": "reorder_events", "times": 1},
    {"fault": "unknown_event"},
    {"fault": "unknown_status", "times": 1},
    {"fault": "late_price"},
    {"fault": "rest", "mode": "401", "times": 1},
    {"fault": "rest", "mode": "502", "times": 1},
    {"fault": "rest", "mode": "503", "times": 1},
    {"fault": "rest", "mode": "datastore", "times": 1},
    {"fault": "rest", "mode": "html200", "times": 1},
    {"fault": "rest", "mode": "slow", "delay": 0.5, "times": 2},
    {"fault": "rest", "mode": "cut", "times": 1},
    {"fault": "quota"},
)
"""What a chaos is made of."""


def chaos(venue: SimTradier, fault: Fault) -> int:
    """Commit a seeded random mix of `size` faults (15 in 10 s) over `seconds` (10), none of them irreversible."""
    planned = plan(venue, fault, MIX, _ACTS, now())
    venue.agenda += planned
    return len(planned)


_ACTS = {**rest.ACTS, **streams.ACTS, **values.ACTS}


__all__ = ["ACTS", "BadFault", "commit", "report"]
STREAMS = ("market", "account")


def commit(venue: SimTradier, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or symbols it struck. Raises BadFault."""
    if fault.symbol and venue.names.find(fault.symbol) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    return committed(venue, fault, ACTS, venue.accounts, STREAMS)


def report(venue: SimTradier) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    return reported(ACTS, venue.faults, venue.agenda, now())


def clear(venue: SimTradier, fault: Fault) -> int:
    """End every fault that stands, or those of the name in mode, or those of an account and of nobody else."""
    ended = cleared(venue, sockets_of(venue, fault), fault)
    if fault.mode in ("", "no_greeks") and not fault.account:
        ended += len(venue.greeks.hidden)
        venue.greeks.hidden.clear()
    if fault.mode in ("", "greeks") and not fault.account:
        venue.greeks.behind_ms = 0
    return ended


ACTS: dict[str, Act] = {
    **rest.ACTS,
    **streams.ACTS,
    **values.ACTS,
    "chaos": act(chaos, "account", "seconds", "seed", "size"),
    "clear": act(clear, "account", "mode"),
}
"""Every fault by name."""
