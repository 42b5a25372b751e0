"""A seeded mix of the faults of Alpaca."""

from simulator.alpaca.faults import orders, rest, streams
from simulator.alpaca.venue import Alpaca, now
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


def chaos(venue: Alpaca, fault: Fault) -> int:
    """Commit a seeded random mix of `size` faults (15 in 10 s) over `seconds` (10), none of them irreversible."""
    planned = plan(venue, fault, MIX, _ACTS, now())
    venue.agenda += planned
    return len(planned)


_ACTS = {**rest.ACTS, **orders.ACTS, **streams.ACTS}
