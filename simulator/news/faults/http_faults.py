"""Faults of HTTP: keys, limits, answers that are no news, and bodies that are to hurt who reads them."""

from simulator.faults import actions
from simulator.faults.actions import WHOM, act
from simulator.faults.faults import Fault
from simulator.news import http
from simulator.news.faults.actions import Act, sockets_of, standing
from simulator.news.hostile import ENTITIES, TARGETS
from simulator.news.venue import SimNews
from simulator.rate_limit import MINUTE_MS


def revoke(venue: SimNews, fault: Fault) -> int:
    """Take people's keys and tokens from them: requests and sockets are refused, open sockets are closed."""
    struck = fault.draw(each for each in venue.readers.known.values() if fault.hits(each.names))
    for reader in struck:
        reader.is_revoked = True
    actions.close_sockets(venue, sockets_of(venue, fault), Fault("revoke"))
    return len(struck)


def restore(venue: SimNews, fault: Fault) -> int:
    """Make revoked keys and tokens good again, and let addresses ask EDGAR again that asked too often."""
    struck = [each for each in venue.readers.known.values() if each.is_revoked and fault.hits(each.names)]
    for reader in struck:
        reader.is_revoked = False
    venue.edgar_blocked.clear()
    return len(struck)


def quota(venue: SimNews, fault: Fault) -> int:
    """Leave `size` requests (none) at the source of `path` (Alpaca or Finnhub) to people for `seconds` (60)."""
    ends = venue.wall_ms() + (MINUTE_MS if fault.seconds is None else round(fault.seconds * 1000))
    struck = fault.draw(each for each in venue.readers.known.values() if fault.hits(each.names))
    for reader in struck:
        bucket = reader.bucket(fault.path)
        bucket.used, bucket.expires = max(0, bucket.allowed - fault.size), ends
    return len(struck)


_HOW = "slow by `delay` s (5), timeout (no answer for `delay` s, or ever), cut (the connection), or another mode."
ACTS: dict[str, Act] = {
    "revoke": act(revoke, *WHOM),
    "restore": act(restore, *WHOM),
    "quota": act(quota, *WHOM, "path", "size", "seconds"),
    "rest": standing(f"Spoil answers whose path begins with `path`: {_HOW} A 429 says Retry-After: `delay` (30).",
                     "delay", "path", modes=tuple(http.ANSWERS)),
    "flood": standing("Answer paths that begin with `path` with a feed of `size` bytes (100,000,000), or with as many "
                      "packed by gzip.", "path", "size", modes=("", "gzip")),
    "entities": standing("Answer paths that begin with `path` with a feed whose entities grow without an end or reach "
                         "for what is not theirs.", "path", modes=("", *ENTITIES)),
    "redirect": standing("Redirect paths that begin with `path` to a place inside, to the URL in `text`, or in a "
                         "circle.", "path", "text", modes=("", *TARGETS, "loop")),
    "loris": standing("Answer paths that begin with `path` byte by byte, one every `delay` seconds (1).", "path",
                      "delay"),
}  # fmt: skip
