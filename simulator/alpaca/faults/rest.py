"""Faults of keys, the allowance of requests and the answers of REST."""

import msgspec

from simulator.alpaca import http
from simulator.alpaca.faults.actions import Act, keys, once, sockets_of, standing
from simulator.alpaca.venue import SimAlpaca, now
from simulator.faults import actions
from simulator.faults.actions import WHOM, act
from simulator.faults.faults import Fault
from simulator.rate_limit import MINUTE_MS


def revoke(venue: SimAlpaca, fault: Fault) -> int:
    """Take people's keys from them: requests and streams are refused, open streams are closed (mode keep: go on)."""
    struck = keys(venue, fault)
    for key in struck:
        key.is_revoked = True
    if fault.mode != "keep":
        actions.close_sockets(venue, sockets_of(venue, fault), Fault("revoke"))
    return len(struck)


def restore(venue: SimAlpaca, fault: Fault) -> int:
    """Make revoked keys good again."""
    struck = [key for key in keys(venue, fault) if key.is_revoked]
    for key in struck:
        key.is_revoked = False
    return len(struck)


def quota(venue: SimAlpaca, fault: Fault) -> int:
    """Leave `size` requests (none) to everybody for `seconds` (60)."""
    ends = venue.wall_ms() + (MINUTE_MS if fault.seconds is None else round(fault.seconds * 1000))
    struck = keys(venue, fault)
    for key in struck:
        key.bucket.used, key.bucket.expires = max(0, key.bucket.allowed - fault.size), ends
    return len(struck)


def late_position(venue: SimAlpaca, fault: Fault) -> int:
    """Answer with the positions of now, whatever happens to them meanwhile, until it ends."""
    struck = keys(venue, fault)
    for key in struck:
        venue.before[key.account.number] = [msgspec.structs.replace(holding) for holding in key.account.holdings]
    venue.faults.stand(fault, now())
    return len(struck)


_HOW = "slow by `delay` s (5), timeout (no answer for `delay` s, or ever), cut (the connection), or another mode."
ACTS: dict[str, Act] = {
    "revoke": act(revoke, *WHOM, modes=("", "keep")),
    "restore": act(restore, *WHOM),
    "quota": act(quota, *WHOM, "size", "seconds"),
    "rest": standing(f"Spoil answers of REST whose path behind the address begins with `path`: {_HOW}", "delay",
                     "path", modes=tuple(http.ANSWERS)),
    "late_position": act(late_position, *WHOM, "seconds", "times"),
    "deny": once("Refuse the next order with 403, because of a `text`.", "text"),
}  # fmt: skip
