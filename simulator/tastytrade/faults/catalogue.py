"""What each fault does to the simulated tastytrade. `commit` is the one way in; `report` describes all of them.

Some strike once and at once (drop, garbage, short_row); others stand until their time or count is spent or they are
cleared (mute, oauth, rest).
"""

from simulator.asgi import Json
from simulator.faults.actions import heal
from simulator.faults.chaos import Mix, plan
from simulator.faults.faults import Fault
from simulator.tastytrade.faults import account_stream, dxlink, rest, sockets, values
from simulator.tastytrade.faults.actions import Act, BadFault, act
from simulator.tastytrade.faults.actions import dialogues as dialogues_of
from simulator.tastytrade.faults.actions import sockets as sockets_of
from simulator.tastytrade.venue import SimTastytrade, now

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


def chaos(venue: SimTastytrade, fault: Fault) -> int:
    """Commit a seeded random mix of `size` faults (15 in 10 s) over `seconds` (10), none of them irreversible."""
    planned = plan(venue, fault, MIX, _ACTS, now())
    venue.agenda += planned
    return len(planned)


_ACTS = {**rest.ACTS, **sockets.ACTS, **dxlink.ACTS, **account_stream.ACTS}


__all__ = ["ACTS", "BadFault", "commit", "report"]


def commit(venue: SimTastytrade, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or channels it struck (0: nobody was there). Raises BadFault."""
    known = ACTS.get(fault.fault)
    if known is None:
        raise BadFault(f"unknown fault {fault.fault!r}; known are {', '.join(sorted(ACTS))}")
    known.check(fault)
    if fault.account and fault.account not in venue.by_account:
        raise BadFault(f"no account {fault.account!r}; there are {', '.join(venue.by_account)}")
    if fault.symbol and venue.feed.subject(fault.symbol) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    return known.strike(venue, fault)


def clear(venue: SimTastytrade, fault: Fault) -> int:
    """End every fault that stands, or those of the name in mode, or those of an account and of nobody else.

    Revoked and rotated grants stay what they are.
    """
    ended = venue.faults.clear(fault.mode, fault.account)
    name = fault.mode
    heal(venue, sockets_of(venue, fault), name)
    if name in ("", "silent_channel"):
        for dialogue, _ in dialogues_of(venue, fault):
            for channel in dialogue.channels.values():
                channel.is_silent = False
    if fault.account:
        return ended
    if name in ("", "nan", "missing", "fractional"):
        ended += venue.restore_events()
    if name in ("", "block"):
        venue.gate.open()
    if name in ("", "chaos"):
        venue.agenda.clear()
    return ended


def report(venue: SimTastytrade) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    moment = now()
    spoiled = [{"event": kind, "symbol": symbol} for kind, symbol in (*venue.feed.spoiled, *venue.feed.hidden)]
    return {
        "faults": {name: ACTS[name].report() for name in sorted(ACTS)},
        "standing": venue.faults.report(moment),
        "spoiled": spoiled,
        "planned": [{"in_s": round(at - moment, 3), "fault": what} for at, what, _ in sorted(venue.agenda, key=_when)],
        "blocking": venue.gate.report(moment),
    }


def _when(planned: tuple[float, str, object]) -> float:
    return planned[0]


ACTS: dict[str, Act] = {
    **rest.ACTS,
    **sockets.ACTS,
    **dxlink.ACTS,
    **account_stream.ACTS,
    **values.ACTS,
    "chaos": act(chaos, "account", "seconds", "seed", "size"),
    "clear": act(clear, "account", "mode"),
}
"""Every fault by name."""
