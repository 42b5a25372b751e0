"""Whom and what the faults of the simulated Tradier strike."""

import functools
import typing

from simulator.asgi import SimSocket
from simulator.faults import actions
from simulator.faults.faults import Fault
from simulator.tradier.bodies.quotes import Subject
from simulator.tradier.customers import Token
from simulator.tradier.streams.market_stream import Viewer
from simulator.tradier.venue import SimTradier, now

Act = actions.FaultAction[SimTradier]


standing: typing.Callable[..., Act] = actions.stander(
    lambda venue: [grant.person.numbers for grant in venue.grants],
    lambda venue, fault: venue.faults.stand(fault, now()),
)
"""Describe a fault that stands and is looked up where it strikes."""


def tokens(venue: SimTradier, fault: Fault) -> list[Token]:
    return fault.draw(token for token in venue.tokens.values() if fault.hits(token.person.numbers))


def viewers(venue: SimTradier, fault: Fault) -> list[Viewer]:
    """Return the market streams a fault is about."""
    return fault.draw(viewer for viewer in venue.viewers if fault.hits(viewer.accounts))


def sockets_of(venue: SimTradier, fault: Fault) -> list[SimSocket]:
    """Return the open streams a fault is about: of one kind or both."""
    market = [] if fault.stream == "account" else [s for v, s in venue.viewers.items() if fault.hits(v.accounts)]
    account = [] if fault.stream == "market" else [s for x, s in venue.listeners.items() if fault.hits(x.accounts)]
    return fault.draw([*market, *account])


def subjects(venue: SimTradier, fault: Fault) -> list[tuple[Viewer, Subject]]:
    """Return what the market streams show, of a fault's symbol or of all, each with its stream."""
    return [(viewer, subject) for viewer in viewers(venue, fault) for subject in viewer.seen(fault.symbol)]


once = functools.partial(standing, times=1)
"""Describe a fault that strikes once, unless it is told how often or how long."""
