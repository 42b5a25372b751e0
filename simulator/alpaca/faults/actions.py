"""Whom and what the faults of the simulated Alpaca strike."""

import functools
import typing

from simulator.alpaca.customers import SimAlpacaKey
from simulator.alpaca.streams.sse import SimAlpacaFeed
from simulator.alpaca.venue import SimAlpaca, now
from simulator.asgi import SimSocket
from simulator.faults import actions
from simulator.faults.faults import Fault

Act = actions.FaultAction[SimAlpaca]


standing: typing.Callable[..., Act] = actions.stander(
    lambda venue: [key.numbers for key in venue.keys.values()],
    lambda venue, fault: venue.faults.stand(fault, now()),
)
"""Describe a fault that stands and is looked up where it strikes."""
once = functools.partial(standing, times=1)
"""Describe a fault that strikes once, unless it is told how often or how long."""


def keys(venue: SimAlpaca, fault: Fault) -> list[SimAlpacaKey]:
    """Return the pairs of keys a fault is about."""
    return fault.draw(key for key in venue.keys.values() if fault.hits(key.numbers))


def feeds(venue: SimAlpaca, fault: Fault) -> list[SimAlpacaFeed]:
    """Return the streams of events a fault is about; the broker's own where it names nobody."""
    return fault.draw(feed for feed in venue.feeds if fault.hits(feed.accounts or frozenset()))


def sockets_of(venue: SimAlpaca, fault: Fault) -> list[SimSocket]:
    """Return the open streams a fault is about: of one kind or both."""
    updates = [] if fault.stream == "events" else [s for x, s in venue.listeners.items() if fault.hits(x.accounts)]
    events = (
        []
        if fault.stream == "updates"
        else [socket for feed, (_, socket) in venue.feeds.items() if fault.hits(feed.accounts or frozenset())]
    )
    return fault.draw([*updates, *events])
