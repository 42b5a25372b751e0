"""A seeded mix of the faults of Tradier."""

from simulator.faults.chaos import Mix, plan
from simulator.faults.faults import Fault
from simulator.tradier.faults import rest, streams, values
from simulator.tradier.venue import Tradier, now

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


def chaos(venue: Tradier, fault: Fault) -> int:
    """Commit a seeded random mix of `size` faults (15 in 10 s) over `seconds` (10), none of them irreversible."""
    planned = plan(venue, fault, MIX, _ACTS, now())
    venue.agenda += planned
    return len(planned)


_ACTS = {**rest.ACTS, **streams.ACTS, **values.ACTS}
