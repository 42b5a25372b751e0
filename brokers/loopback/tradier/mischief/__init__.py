"""What each fault does to the simulated Tradier. `commit` is the one way in; `report` describes all of them.

Some strike once and at once; others stand until their time or count is spent or they are cleared.
"""

from brokers.loopback.acts import BadFault, act, heal
from brokers.loopback.asgi import Json
from brokers.loopback.faults import Fault
from brokers.loopback.tradier.mischief import chaos, rest, streams, values
from brokers.loopback.tradier.mischief.acts import Act, sockets_of
from brokers.loopback.tradier.venue import Tradier, now

__all__ = ["ACTS", "BadFault", "commit", "report"]


def commit(venue: Tradier, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or symbols it struck. Raises BadFault."""
    known = ACTS.get(fault.fault)
    if known is None:
        raise BadFault(f"unknown fault {fault.fault!r}; known are {', '.join(sorted(ACTS))}")
    known.check(fault)
    if fault.account and fault.account not in venue.accounts:
        raise BadFault(f"no account {fault.account!r}; there are {', '.join(venue.accounts)}")
    if fault.symbol and venue.names.find(fault.symbol) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    if fault.stream not in ("", "market", "account"):
        raise BadFault(f"the stream is market or account here, not {fault.stream!r}")
    return known.strike(venue, fault)


def report(venue: Tradier) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    faults = {name: ACTS[name].report() for name in sorted(ACTS)}
    moment = now()
    planned = [{"in_s": round(at - moment, 3), "fault": what} for at, what, _ in sorted(venue.agenda, key=_when)]
    return {"faults": faults, "standing": venue.faults.report(moment), "planned": planned}


def _when(planned: tuple[float, str, object]) -> float:
    return planned[0]


def clear(venue: Tradier, fault: Fault) -> int:
    """End every fault that stands, or those of the name in mode, or those of an account and of nobody else."""
    ended, name = venue.faults.clear(fault.mode, fault.account), fault.mode
    heal(venue, sockets_of(venue, fault), name)
    if name in ("", "no_greeks") and not fault.account:
        ended += len(venue.greeks.hidden)
        venue.greeks.hidden.clear()
    if name in ("", "chaos") and not fault.account:
        venue.agenda.clear()
    return ended


ACTS: dict[str, Act] = {
    **rest.ACTS,
    **streams.ACTS,
    **values.ACTS,
    "chaos": act(chaos.chaos, "account", "seconds", "seed", "size"),
    "clear": act(clear, "account", "mode"),
}
"""Every fault by name."""
