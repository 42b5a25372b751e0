"""Whom and what the faults of the simulated sources strike. A `path` picks a source (`/feeds/halts`)."""

import functools
import typing

from simulator.asgi import SimSocket
from simulator.faults import actions
from simulator.faults.faults import Fault
from simulator.news.listener import SimNewsListener
from simulator.news.story import PATHS, Source
from simulator.news.venue import SimNews, now

Act = actions.FaultAction[SimNews]

standing: typing.Callable[..., Act] = actions.stander(
    lambda venue: [reader.names for reader in venue.readers.known.values()],
    lambda venue, fault: venue.faults.stand(fault, now()),
)
"""Describe a fault that stands and is looked up where it strikes."""
once = functools.partial(standing, times=1)
"""Describe a fault that strikes once, unless it is told how often or how long."""


def listeners_of(venue: SimNews, fault: Fault) -> list[tuple[SimNewsListener, SimSocket]]:
    """Return the open sockets a fault is about."""
    return fault.draw((each, socket) for each, socket in venue.listeners.items() if fault.hits(each.names))


def sockets_of(venue: SimNews, fault: Fault) -> list[SimSocket]:
    """Return the same, without who listens."""
    return [socket for _, socket in listeners_of(venue, fault)]


def sources_of(fault: Fault) -> list[Source]:
    """Return the sources whose paths begin with that of a fault."""
    return [source for source, path in PATHS.items() if path.startswith(fault.path)]
