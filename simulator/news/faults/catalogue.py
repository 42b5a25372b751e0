"""What each fault does to the simulated news sources. `commit` is the one way in; `report` describes all of them."""

from simulator.asgi import Json
from simulator.faults.actions import BadFault, act, cleared, committed, reported
from simulator.faults.chaos import Mix, plan
from simulator.faults.faults import Fault
from simulator.news.faults import http_faults, items, streams
from simulator.news.faults.actions import Act, sockets_of
from simulator.news.venue import SimNews, now

MIX: Mix = (
    {"fault": "drop"},
    {"fault": "drop", "mode": "abort", "size": 10},
    {"fault": "drop", "mode": "reset", "size": 5},
    {"fault": "half_open"},
    {"fault": "mute"},
    {"fault": "late", "delay": 0.5},
    {"fault": "garbage"},
    {"fault": "error", "code": 407},
    {"fault": "error", "code": 500},
    {"fault": "refuse_upgrade", "times": 1},
    {"fault": "replay"},
    {"fault": "revise", "size": 3},
    {"fault": "late_item", "times": 1},
    {"fault": "undated", "path": "/feeds/", "times": 2},
    {"fault": "duplicate", "times": 2},
    {"fault": "markup", "mode": "script", "times": 1},
    {"fault": "markup", "mode": "bidi", "times": 1},
    {"fault": "zone", "mode": "BST"},
    {"fault": "zone", "mode": "none"},
    {"fault": "rest", "mode": "429", "times": 2, "delay": 1},
    {"fault": "rest", "mode": "500", "times": 2},
    {"fault": "rest", "mode": "html200", "times": 2},
    {"fault": "rest", "mode": "garbage", "times": 2},
    {"fault": "rest", "mode": "truncated", "times": 2},
    {"fault": "rest", "mode": "cut", "times": 1},
    {"fault": "rest", "mode": "slow", "delay": 0.5, "times": 2},
    {"fault": "flood", "path": "/feeds/", "size": 5_000_000, "times": 1},
    {"fault": "flood", "mode": "gzip", "path": "/feeds/", "size": 20_000_000, "times": 1},
    {"fault": "entities", "path": "/feeds/", "times": 1},
    {"fault": "redirect", "path": "/feeds/", "mode": "metadata", "times": 1},
    {"fault": "redirect", "path": "/feeds/", "mode": "loop", "times": 5},
)
"""What a chaos is made of."""


def chaos(venue: SimNews, fault: Fault) -> int:
    """Commit a seeded random mix of `size` faults (15 in 10 s) over `seconds` (10), none of them irreversible."""
    planned = plan(venue, fault, MIX, _ACTS, now())
    venue.agenda += planned
    return len(planned)


_ACTS = {**http_faults.ACTS, **items.ACTS, **streams.ACTS}

__all__ = ["ACTS", "BadFault", "commit", "report"]


def commit(venue: SimNews, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or items it struck. Raises BadFault."""
    return committed(venue, fault, ACTS, venue.readers.known, ())


def report(venue: SimNews) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    return reported(ACTS, venue.faults, venue.agenda, now())


def clear(venue: SimNews, fault: Fault) -> int:
    """End every fault that stands, or those of the name in mode, or those of an account and of nobody else."""
    return cleared(venue, sockets_of(venue, fault), fault)


ACTS: dict[str, Act] = {
    **_ACTS,
    "chaos": act(chaos, "account", "seconds", "seed", "size"),
    "clear": act(clear, "account", "mode"),
}
"""Every fault by name."""
