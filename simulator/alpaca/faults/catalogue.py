"""What each fault does to the simulated Alpaca. `commit` is the one way in; `report` describes all of them.

Some strike once and at once; others stand until their time or count is spent or they are cleared.
"""

from simulator.alpaca.faults import orders, rest, streams
from simulator.alpaca.faults.actions import Act, sockets_of
from simulator.alpaca.orders.parsing import symbol_of
from simulator.alpaca.venue import SimAlpaca, now
from simulator.asgi import Json
from simulator.faults.actions import BadFault, act, cleared, committed, reported
from simulator.faults.chaos import Mix, plan
from simulator.faults.faults import Fault

MIX: Mix = (
    {"fault": "drop", "stream": "events"},
    {"fault": "drop", "stream": "events", "mode": "abort"},
    {"fault": "drop", "stream": "events", "mode": "reset"},
    {"fault": "drop", "stream": "updates", "mode": "reset"},
    {"fault": "drop", "stream": "updates", "code": 1011},
    {"fault": "half_open", "stream": "events"},
    {"fault": "half_open", "stream": "updates", "delay": 0.5},
    {"fault": "fail", "stream": "events"},
    {"fault": "fail", "stream": "updates"},
    {"fault": "mute", "stream": "events"},
    {"fault": "mute", "stream": "updates"},
    {"fault": "late", "delay": 0.5},
    {"fault": "garbage"},
    {"fault": "slow_reader", "size": 2},
    {"fault": "too_many", "times": 1},
    {"fault": "refuse_upgrade", "times": 1},
    {"fault": "refuse_upgrade", "mode": "502", "times": 1},
    {"fault": "inclusive"},
    {"fault": "swallow_event", "times": 1},
    {"fault": "duplicate_event", "times": 1},
    {"fault": "reorder_events", "times": 1},
    {"fault": "late_event", "delay": 0.5, "times": 1},
    {"fault": "same_ms", "times": 1},
    {"fault": "unknown_status", "times": 1},
    {"fault": "refuse_change", "times": 1},
    {"fault": "late_position"},
    {"fault": "odd_event", "mode": "restated"},
    {"fault": "rest", "mode": "401", "times": 1},
    {"fault": "rest", "mode": "502", "times": 1},
    {"fault": "rest", "mode": "504", "times": 1},
    {"fault": "rest", "mode": "html200", "times": 1},
    {"fault": "rest", "mode": "slow", "delay": 0.5, "times": 2},
    {"fault": "rest", "mode": "cut", "times": 1},
    {"fault": "quota"},
)
"""What a chaos is made of. Executions that are taken back are no part of it: they do not end by themselves."""


def chaos(venue: SimAlpaca, fault: Fault) -> int:
    """Commit a seeded random mix of `size` faults (15 in 10 s) over `seconds` (10), none of them irreversible."""
    planned = plan(venue, fault, MIX, _ACTS, now())
    venue.agenda += planned
    return len(planned)


_ACTS = {**rest.ACTS, **orders.ACTS, **streams.ACTS}


__all__ = ["ACTS", "BadFault", "commit", "report"]
STREAMS = ("updates", "events")


def commit(venue: SimAlpaca, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or orders it struck. Raises BadFault."""
    if fault.symbol and venue.exchange.books.terms(symbol_of(fault.symbol)) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    return committed(venue, fault, ACTS, venue.accounts, STREAMS)


def report(venue: SimAlpaca) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    return reported(ACTS, venue.faults, venue.agenda, now())


def clear(venue: SimAlpaca, fault: Fault) -> int:
    """End every fault that stands, or those of the name in mode, or those of an account and of nobody else."""
    return cleared(venue, sockets_of(venue, fault), fault)


ACTS: dict[str, Act] = {
    **rest.ACTS,
    **orders.ACTS,
    **streams.ACTS,
    "chaos": act(chaos, "account", "seconds", "seed", "size"),
    "clear": act(clear, "account", "mode"),
}
"""Every fault by name."""
