"""A seeded mix of faults over some seconds, of which none is irreversible: all have ended when it is over."""

import functools
import random
import typing

import msgspec

from brokers.loopback.faults import Fault
from brokers.loopback.tastytrade.mischief import alerts, dx, rest, sockets
from brokers.loopback.tastytrade.venue import Tastytrade, now

_SECONDS = 10.0
_FAULTS_PER_S = 1.5
_SHORT_S = 1.5
"""What stands in a chaos stands no longer than this."""

MIX: tuple[dict[str, typing.Any], ...] = (
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
    dice, seconds, begun = random.Random(fault.seed), fault.seconds or _SECONDS, now()
    count = fault.size or round(seconds * _FAULTS_PER_S)
    for _ in range(count):
        chosen, at, seed = dice.choice(MIX), dice.uniform(0, seconds), dice.randrange(1 << 16)
        act = _ACTS[chosen["fault"]]
        ends = {"seconds": min(_SHORT_S, seconds - at)} if "seconds" in act.takes else {}
        part = msgspec.convert({**chosen, **ends, "account": fault.account, "seed": seed}, Fault)
        venue.agenda.append((begun + at, part.fault, functools.partial(act.strike, venue, part)))
    return count


_ACTS = {**rest.ACTS, **sockets.ACTS, **dx.ACTS, **alerts.ACTS}
