"""Whom and what the faults of the simulated tastytrade strike."""

import typing

import msgspec

from simulator.asgi import SimSocket
from simulator.exchange.accounts import Customer
from simulator.faults import actions
from simulator.faults.actions import WHEN, WHOM, BadFault, act
from simulator.faults.faults import Fault
from simulator.tastytrade.account_stream.listener import SimTastytradeListener
from simulator.tastytrade.dxlink.channels import Channel
from simulator.tastytrade.dxlink.connection import Dialogue
from simulator.tastytrade.dxlink.events import TYPES
from simulator.tastytrade.venue import SimTastytrade, now

Act = actions.FaultAction[SimTastytrade]
__all__ = ["QUOTE", "WHEN", "WHOM", "Act", "BadFault", "act"]
QUOTE = "Quote"
"""The event type of a fault that names none."""


def standing(does: str, *takes: str, modes: typing.Sequence[str] = (), times: int | None = None) -> Act:
    """Describe a fault that stands and is looked up where it strikes; `times` is how often, unless it is told."""

    def strike(venue: SimTastytrade, fault: Fault) -> int:
        often = fault.times or (times if fault.seconds is None else None)
        return stand(venue, msgspec.structs.replace(fault, times=often))

    return act(strike, *WHOM, *WHEN, *takes, modes=modes, does=does)


def stand(venue: SimTastytrade, fault: Fault) -> int:
    """Let a fault stand. Returns how many people it concerns."""
    venue.faults.stand(fault, now())
    return sum(fault.hits(customer.numbers) for customer in venue.customers)


def customers(venue: SimTastytrade, fault: Fault) -> list[Customer]:
    """Return the people a fault is about."""
    return fault.draw(customer for customer in venue.customers if fault.hits(customer.numbers))


def dialogues(venue: SimTastytrade, fault: Fault) -> list[tuple[Dialogue, SimSocket]]:
    """Return the DXLink connections a fault is about."""
    return fault.draw(
        (dialogue, socket) for dialogue, socket in venue.dialogues.items() if fault.hits(dialogue.accounts)
    )


def listeners(venue: SimTastytrade, fault: Fault) -> list[tuple[SimTastytradeListener, SimSocket]]:
    """Return the account streams a fault is about."""
    return fault.draw(
        (listener, socket) for listener, socket in venue.listeners.items() if fault.hits(listener.accounts)
    )


def sockets(venue: SimTastytrade, fault: Fault) -> list[SimSocket]:
    """Return the open sockets a fault is about: of one stream or both."""
    quotes = [] if fault.stream == "alerts" else [s for d, s in venue.dialogues.items() if fault.hits(d.accounts)]
    alerts = [] if fault.stream == "dxlink" else [s for x, s in venue.listeners.items() if fault.hits(x.accounts)]
    return fault.draw([*quotes, *alerts])


def event_of(fault: Fault) -> str:
    """Return the event type a fault is about. Raises BadFault."""
    kind = QUOTE if fault.event is None else fault.event
    if kind not in TYPES:
        raise BadFault(f"unknown event {kind!r}; known are {', '.join(sorted(TYPES))}")
    return kind


def channels(venue: SimTastytrade, fault: Fault) -> list[tuple[Channel, Dialogue, SimSocket]]:
    """Return the open channels that carry the fault's event type."""
    kind = event_of(fault)
    return fault.draw(
        (channel, dialogue, socket)
        for dialogue, socket in venue.dialogues.items()
        if fault.hits(dialogue.accounts)
        for channel in dialogue.channels.values()
        if channel.wanted.get(kind)
    )
