"""What each fault does to the simulated Tradier. `commit` is the one way in; `report` describes all of them.

Some strike once and at once; others stand until their time or count is spent or they are cleared.
"""

from simulator.asgi import Json
from simulator.faults.actions import BadFault, act, cleared, committed, reported
from simulator.faults.faults import Fault
from simulator.tradier.faults import chaos, rest, streams, values
from simulator.tradier.faults.actions import Act, sockets_of
from simulator.tradier.venue import Tradier, now

__all__ = ["ACTS", "BadFault", "commit", "report"]
STREAMS = ("market", "account")


def commit(venue: Tradier, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or symbols it struck. Raises BadFault."""
    if fault.symbol and venue.names.find(fault.symbol) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    return committed(venue, fault, ACTS, venue.accounts, STREAMS)


def report(venue: Tradier) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    return reported(ACTS, venue.faults, venue.agenda, now())


def clear(venue: Tradier, fault: Fault) -> int:
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
    "chaos": act(chaos.chaos, "account", "seconds", "seed", "size"),
    "clear": act(clear, "account", "mode"),
}
"""Every fault by name."""
