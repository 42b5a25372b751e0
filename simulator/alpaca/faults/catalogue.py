"""What each fault does to the simulated Alpaca. `commit` is the one way in; `report` describes all of them.

Some strike once and at once; others stand until their time or count is spent or they are cleared.
"""

from simulator.alpaca.faults import chaos, orders, rest, streams
from simulator.alpaca.faults.actions import Act, sockets_of
from simulator.alpaca.orders.parsing import symbol_of
from simulator.alpaca.venue import Alpaca, now
from simulator.asgi import Json
from simulator.faults.actions import BadFault, act, cleared, committed, reported
from simulator.faults.faults import Fault

__all__ = ["ACTS", "BadFault", "commit", "report"]
STREAMS = ("updates", "events")


def commit(venue: Alpaca, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or orders it struck. Raises BadFault."""
    if fault.symbol and venue.exchange.books.terms(symbol_of(fault.symbol)) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    return committed(venue, fault, ACTS, venue.accounts, STREAMS)


def report(venue: Alpaca) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    return reported(ACTS, venue.faults, venue.agenda, now())


def clear(venue: Alpaca, fault: Fault) -> int:
    """End every fault that stands, or those of the name in mode, or those of an account and of nobody else."""
    return cleared(venue, sockets_of(venue, fault), fault)


ACTS: dict[str, Act] = {
    **rest.ACTS,
    **orders.ACTS,
    **streams.ACTS,
    "chaos": act(chaos.chaos, "account", "seconds", "seed", "size"),
    "clear": act(clear, "account", "mode"),
}
"""Every fault by name."""
