"""Orders that depend on each other: what one of them does to the others when it fills or ends. Pure.

An OTO's trigger releases its orders once it has filled. Of the two orders of an OCO, and of the two an OTOCO's trigger
releases, only one is to be executed: what one fills the other gives up, and when one ends so does the other.
"""

import decimal
import typing

import msgspec

from simulator.exchange import working_order
from simulator.exchange.orders import ComplexOrder, ComplexTicket, SimOrder, SimTicket

Decimal = decimal.Decimal
PENDING = "Pending Order"
"""What the venue calls the wait for another order."""
_TAGS = {"OCO": ("OCO::order", "OCO::order"), "OTOCO": ("OTOCO::oco-1-order", "OTOCO::oco-2-order")}
_PARTS = {"OCO": (2, 2), "OTOCO": (2, 2), "OTO": (1, 3)}


class Consequence(msgspec.Struct, frozen=True):
    """What is to happen to an order: `units` are what it must give up."""

    order: SimOrder
    act: typing.Literal["release", "cancel", "reduce"]
    units: Decimal = Decimal(0)


def complaint(ticket: ComplexTicket) -> tuple[str, str] | None:
    """Say what is wrong with the parts of a complex order."""
    if ticket.type not in _PARTS:
        return "complex_order_type_not_supported", f"{ticket.type} orders are not supported."
    least, most = _PARTS[ticket.type]
    if not least <= len(ticket.orders) <= most or (ticket.trigger is None) != (ticket.type == "OCO"):
        return "wrong_number_of_orders", f"These are not the orders of an {ticket.type} order."
    return None


def tagged(ticket: ComplexTicket) -> list[tuple[SimTicket, str]]:
    """Return each order with its tag, the trigger first."""
    tags = _TAGS.get(ticket.type, (f"{ticket.type}::order",) * len(ticket.orders))
    trigger = [(ticket.trigger, f"{ticket.type}::trigger-order")] if ticket.trigger else []
    return trigger + list(zip(ticket.orders, tags, strict=True))


def starters(ticket: ComplexTicket) -> tuple[SimTicket, ...]:
    """Return the orders that start at once: the trigger, or all when there is none."""
    return (ticket.trigger,) if ticket.trigger else ticket.orders


def is_exclusive(complex_order: ComplexOrder, order: SimOrder) -> bool:
    """Whether only this order or its sibling is to be executed."""
    return complex_order.type in ("OCO", "OTOCO") and order is not complex_order.trigger


def after_fill(complex_order: ComplexOrder, order: SimOrder, units: Decimal) -> list[Consequence]:
    """Return what follows when `units` of an order have filled."""
    if order is complex_order.trigger:
        waiting = (each for each in complex_order.orders if not each.is_final)
        return [Consequence(each, "release") for each in waiting] if order.status == "Filled" else []
    if not is_exclusive(complex_order, order):
        return []
    return [_given_up(each, order, units) for each in complex_order.orders if each is not order and not each.is_final]


def after_end(complex_order: ComplexOrder, order: SimOrder) -> list[Consequence]:
    """Return what follows when an order has ended without filling completely."""
    if order is not complex_order.trigger and not is_exclusive(complex_order, order):
        return []
    return [Consequence(each, "cancel") for each in complex_order.orders if each is not order and not each.is_final]


def _given_up(sibling: SimOrder, order: SimOrder, units: Decimal) -> Consequence:
    """Let `sibling` give up its part of what `order` has filled; all of it when that is not a quantity.

    The part is rounded up once for all fills, so many small ones take no more than a large one.
    """
    asked, others = order.ticket.legs[0].quantity, sibling.ticket.legs[0].quantity
    if order.status == "Filled" or asked is None or others is None:
        return Consequence(sibling, "cancel")
    before = order.filled - units * working_order.ratios(order.legs)[0]
    whole = asked * working_order.ratios(sibling.legs)[0]
    parts = [filled * others / whole for filled in (order.filled, before)]
    total, known = parts if others % 1 else (part.to_integral_value(decimal.ROUND_CEILING) for part in parts)
    return Consequence(sibling, "reduce", total - known)
