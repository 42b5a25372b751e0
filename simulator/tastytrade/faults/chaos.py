"""A seeded mix of the faults of tastytrade."""

from simulator.faults.chaos import Mix, plan
from simulator.faults.faults import Fault
from simulator.tastytrade.faults import account_stream, dxlink, rest, sockets
from simulator.tastytrade.venue import Tastytrade, now

MIX: Mix = (
    {"fault": "expire"},
    {"fault": "drop", "stream": "dxlink"},
    {"fault": "drop", "stream": "alerts", "mode": "reset"},
    {"fault": "drop", "stream": "dxlink", "code": 1011},
    {"fault": "garbage"},
    {"fault": "late", "delay": 0.5},
    {"fault": "mute", "stream": "dxlink"},
    {"fault": "unauthorized"},
    {"fault": "error"},
    {"fault": "error", "event": "", "mode": "TIMEOUT"},
    {"fault": "channel_closed"},
    {"fault": "format", "mode": "FULL"},
    {"fault": "short_row"},
    {"fault": "big_frame", "size": 200_000},
    {"fault": "burst", "size": 2_000},
    {"fault": "pairs"},
    {"fault": "duplicate", "share": 0.5},
    {"fault": "out_of_order", "share": 0.5},
    {"fault": "authorized_twice", "times": 1},
    {"fault": "bad_quote_token", "times": 1},
    {"fault": "connect_failed", "times": 1},
    {"fault": "unknown_type", "times": 1},
    {"fault": "unknown_enum", "times": 1},
    {"fault": "partial_balance", "times": 1},
    {"fault": "results", "times": 1},
    {"fault": "oauth", "mode": "502", "times": 1},
    {"fault": "rest", "mode": "502", "times": 1},
    {"fault": "rest", "mode": "slow", "delay": 0.5, "times": 2},
    {"fault": "rest", "mode": "cut", "times": 1},
)
"""What a chaos is made of."""


def chaos(venue: Tastytrade, fault: Fault) -> int:
    """Commit a seeded random mix of `size` faults (15 in 10 s) over `seconds` (10), none of them irreversible."""
    planned = plan(venue, fault, MIX, _ACTS, now())
    venue.agenda += planned
    return len(planned)


_ACTS = {**rest.ACTS, **sockets.ACTS, **dxlink.ACTS, **account_stream.ACTS}
