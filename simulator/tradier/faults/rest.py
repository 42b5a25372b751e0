"""Faults of tokens, buckets, sessions and the answers of REST, and of orders as they are taken."""

from simulator.faults import actions
from simulator.faults.actions import WHOM, act
from simulator.faults.faults import Fault
from simulator.rate_limit import MINUTE_MS
from simulator.tradier import corrupted_answers
from simulator.tradier.faults.actions import Act, once, sockets_of, standing, tokens
from simulator.tradier.venue import SimTradier


def revoke(venue: SimTradier, fault: Fault) -> int:
    """Take people's tokens from them: requests are refused, sessions end, open streams are closed."""
    struck = tokens(venue, fault)
    for token in struck:
        token.is_revoked = True
    actions.close_sockets(venue, sockets_of(venue, fault), Fault("revoke"))
    return len(struck)


def expire(venue: SimTradier, fault: Fault) -> int:
    """Let people's tokens be expired, as the gateway says it of a partner's. Open streams go on."""
    struck = tokens(venue, fault)
    for token in struck:
        token.is_expired = True
    return len(struck)


def restore(venue: SimTradier, fault: Fault) -> int:
    """Make revoked and expired tokens good again."""
    struck = [token for token in tokens(venue, fault) if token.is_revoked or token.is_expired]
    for token in struck:
        token.is_revoked = token.is_expired = False
    return len(struck)


def quota(venue: SimTradier, fault: Fault) -> int:
    """Leave `size` requests (none) in every bucket for `seconds` (60)."""
    at = venue.wall_ms()
    ends = at + (MINUTE_MS if fault.seconds is None else round(fault.seconds * 1000))
    struck = [bucket for token in tokens(venue, fault) for bucket in token.buckets.values()]
    for bucket in struck:
        bucket.used, bucket.expires = max(0, bucket.allowed - fault.size), ends
    return len(struck)


def sessions(venue: SimTradier, fault: Fault) -> int:
    """End the sessions minted so far, as five minutes do. Open streams go on, but cannot be asked for other symbols."""
    return venue.sessions.expire(lambda session: fault.hits(session.token.person.numbers))


_HOW = "slow by `delay` s (5), timeout (no answer for `delay` s, or ever), cut (the connection), or another mode."
ACTS: dict[str, Act] = {
    "revoke": act(revoke, *WHOM),
    "expire": act(expire, *WHOM),
    "restore": act(restore, *WHOM),
    "quota": act(quota, *WHOM, "size", "seconds"),
    "sessions": act(sessions, *WHOM),
    "rest": standing(f"Spoil answers of REST whose path behind /v1 begins with `path`: {_HOW}", "delay", "path",
                     modes=tuple(corrupted_answers.ANSWERS)),
    "deny": once("Answer the next order with 200 and an error, a documented code or a `text`.", "text"),
    "reject": once("Take the next order and reject it a moment later, because of a `text`.", "text"),
    "late_price": standing("Tell of filled orders without their prices, over REST and on the account stream."),
}  # fmt: skip
