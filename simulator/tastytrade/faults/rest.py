"""Faults of grants and tokens, and of the answers of REST and the token endpoint."""

from simulator.faults.faults import Fault
from simulator.tastytrade import http
from simulator.tastytrade.faults.actions import WHOM, Act, act, customers, standing
from simulator.tastytrade.faults.sockets import drop
from simulator.tastytrade.venue import SimTastytrade

_REFUSALS = 5


def expire(venue: SimTastytrade, fault: Fault) -> int:
    """End every access token now; the grant stays good."""
    struck = customers(venue, fault)
    return venue.access.expire(lambda grant: grant.customer in struck)


def revoke(venue: SimTastytrade, fault: Fault) -> int:
    """Delete people's grants: refreshes, access tokens and quote tokens are refused, open streams are closed."""
    struck = customers(venue, fault)
    venue.revoke([grant for grant in venue.grants if grant.customer in struck])
    venue.quotes.expire(lambda customer: customer in struck)
    for customer in struck:
        drop(venue, Fault("drop", account=customer.accounts[0].number))
    return len(struck)


def restore(venue: SimTastytrade, fault: Fault) -> int:
    """Make revoked grants good again. Their old tokens stay dead."""
    struck = customers(venue, fault)
    revoked = [grant for grant in venue.grants if grant.revoked and grant.customer in struck]
    for grant in revoked:
        grant.revoked = False
    return len(revoked)


def block(venue: SimTastytrade, fault: Fault) -> int:
    """Block an address for `seconds` (8 h) after `times` refused token requests (5): its connections hang.

    In mode refuse they are cut instead. What is connected already stays so. Clear it to let everybody in again.
    """
    venue.gate.guard(fault.times or _REFUSALS, fault.seconds, is_silent=fault.mode != "refuse")
    return len(venue.customers)


ANSWERS = tuple(http.FAULT_ANSWERS)
_HOW = "slow by `delay` s (5), timeout (no answer for `delay` s, or ever), cut (the connection), or another mode."
ACTS: dict[str, Act] = {
    "expire": act(expire, *WHOM),
    "revoke": act(revoke, *WHOM),
    "restore": act(restore, *WHOM),
    "rotate": standing("Answer a refresh with another refresh token; the old one is dead (mode keep: lives on).",
                       modes=("", "keep")),
    "block": act(block, "seconds", "times", modes=("", "refuse")),
    "oauth": standing(f"Spoil answers of the token endpoint: {_HOW}", "delay", modes=ANSWERS),
    "rest": standing(f"Spoil answers of REST below `path`: {_HOW}", "delay", "path", modes=ANSWERS),
}  # fmt: skip
