"""The checks before an order is taken: the rules of the venue's order-submission guide, each with its code. Pure.

Every broken rule is told, all in one `preflight_check_failure` (422). `gtc_market_orders_not_supported`,
`cant_buy_for_credit`, `order_must_omit_price` and `instrument_validation_failed` are codes that the venue is known to
use; the guide gives no code for its other rules, so those are named here in the same manner.
"""

import collections
import decimal
import typing

from simulator.exchange import complex_orders
from simulator.exchange.orders import ComplexTicket, SimOrderWish, SimTicket
from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.format import SimTastytradeRefusal
from simulator.tastytrade.symbols import instrument_type, wire_symbol

Complaint = tuple[str, str]
"""A code and a message."""
CHANGED_TOO_MUCH: Complaint = (
    "only_terms_can_be_replaced",
    "Only price, order type and time in force of an order can be replaced.",
)
LEAST_VALUE = decimal.Decimal(5)
"""Dollars a notional order must at least be worth."""
_MOST_LEGS = {"Equity": 1, "Equity Option": 4, "Future": 1, "Future Option": 4, "Cryptocurrency": 1}
_MOST_LEGS_IN_ALL = 4
_EXTENDED = frozenset({"Ext", "GTC Ext", "Ext Overnight", "GTC Ext Overnight"})
_DIRECTIONLESS = frozenset({"Buy", "Sell"})
_FRACTIONAL = frozenset({"Equity", "Cryptocurrency"})


def refuse(*complaints: Complaint) -> SimTastytradeRefusal:
    """Make the 422 that lists these complaints."""
    return SimTastytradeRefusal(422, "preflight_check_failure", "One or more preflight checks failed", complaints)


def unsupported(symbol: str) -> Complaint:
    """Complain of an instrument nobody can trade here, by its name on the wire."""
    return "instrument_validation_failed", f"Trading of {symbol} is not supported"


def check(ticket: SimTicket, surface: OptionSurface) -> None:
    """Let an order pass, or refuse it with every complaint about it. Raises SimTastytradeRefusal 422."""
    complaints = list(order_complaints(ticket, surface))
    if complaints:
        raise refuse(*complaints)


def check_complex(ticket: ComplexTicket, surface: OptionSurface) -> None:
    """Let a complex order and its parts pass, or refuse it with every complaint about them.

    Raises SimTastytradeRefusal 422.
    """
    wrong = complex_orders.complaint(ticket)
    complaints = [wrong] if wrong else []
    for part in (ticket.trigger, *ticket.orders):
        complaints += order_complaints(part, surface) if part else ()
    if complaints:
        raise refuse(*dict.fromkeys(complaints))


def order_complaints(ticket: SimTicket, surface: OptionSurface) -> typing.Iterator[Complaint]:
    """Yield what is wrong with one order."""
    yield from _instruments(ticket.legs, surface)
    yield from _legs(ticket)
    yield from _prices(ticket)
    yield from _notional(ticket)
    yield from _sides(ticket)
    yield from _times(ticket, surface)


def _instruments(legs: tuple[SimOrderWish, ...], surface: OptionSurface) -> typing.Iterator[Complaint]:
    for leg in legs:
        tape = surface.market.tapes.get(leg.symbol)
        if surface.find(leg.symbol) is None and (tape is None or tape.listing.kind == "index"):
            yield unsupported(wire_symbol(leg.symbol))


def _legs(ticket: SimTicket) -> typing.Iterator[Complaint]:
    kinds = collections.Counter(instrument_type(leg.symbol) for leg in ticket.legs)
    if len(ticket.legs) > _MOST_LEGS_IN_ALL or any(count > _MOST_LEGS[kind] for kind, count in kinds.items()):
        yield "too_many_legs", "An order has at most 1 leg of equity, future or cryptocurrency, and 4 legs of options."
    if len({leg.symbol for leg in ticket.legs}) < len(ticket.legs):
        yield "duplicate_leg_symbols", "Each leg of an order needs a symbol of its own."
    for leg in ticket.legs:
        kind = instrument_type(leg.symbol)
        if (leg.action in _DIRECTIONLESS) != (kind == "Future"):
            yield "invalid_leg_action", f"{leg.action} is no action of {wire_symbol(leg.symbol)}."
        if leg.quantity is not None and leg.quantity % 1 and kind not in _FRACTIONAL:
            yield "fractional_quantity_not_supported", f"{wire_symbol(leg.symbol)} trades in whole units only."
    if len(ticket.legs) > 1 and ticket.type not in ("Limit", "Stop Limit"):
        yield "multi_leg_market_orders_not_supported", "Orders of several legs need a limit."


def _prices(ticket: SimTicket) -> typing.Iterator[Complaint]:
    if ticket.type in ("Limit", "Stop Limit"):
        if ticket.price is None:
            yield "order_must_include_price", "This order can not be submitted without a price."
    elif ticket.price is not None:
        yield "order_must_omit_price", "This order can not be submitted with an associated price."
    if ticket.type in ("Stop", "Stop Limit"):
        if not ticket.stop:
            yield "order_must_include_stop_trigger", "This order can not be submitted without a stop trigger."
    elif ticket.stop is not None:
        yield "order_must_omit_stop_trigger", "This order can not be submitted with a stop trigger."


def _notional(ticket: SimTicket) -> typing.Iterator[Complaint]:
    if ticket.type != "Notional Market":
        if ticket.value is not None:
            yield "order_must_omit_value", "This order can not be submitted with a value."
        return
    if ticket.value is None:
        yield "order_must_include_value", "This order can not be submitted without a value."
    elif abs(ticket.value) < LEAST_VALUE:
        yield "notional_value_too_small", f"Notional orders are worth at least ${LEAST_VALUE}."
    if any(leg.quantity is not None for leg in ticket.legs):
        yield "notional_orders_must_omit_quantity", "Notional orders have a value instead of a quantity."
    if len(ticket.legs) != 1 or instrument_type(ticket.legs[0].symbol) not in _FRACTIONAL:
        yield "notional_orders_not_supported", "Notional orders are for one leg of equity or cryptocurrency."


def _sides(ticket: SimTicket) -> typing.Iterator[Complaint]:
    """Say which amounts have the wrong effect: only an order that buys and sells may go either way."""
    sides = {leg.action.startswith("Buy") for leg in ticket.legs}
    amount = ticket.price or ticket.value
    if amount and sides == {True} and amount > 0:
        yield "cant_buy_for_credit", "You cannot buy for a credit."
    if amount and sides == {False} and amount < 0:
        yield "cant_sell_for_debit", "You cannot sell for a debit."


def _times(ticket: SimTicket, surface: OptionSurface) -> typing.Iterator[Complaint]:
    tif, market = ticket.time_in_force, surface.market
    if ticket.type.endswith("Market"):
        if tif.startswith("GT"):
            yield "gtc_market_orders_not_supported", "GTC/GTD Market orders are not supported."
        if market.state != "Open":
            yield "market_orders_not_supported_while_closed", "Market orders are not supported while it is closed."
    if tif == "GTD":
        if ticket.gtc_date is None:
            yield "gtd_orders_must_include_gtc_date", "GTD orders need a date."
        elif ticket.gtc_date < market.day:
            yield "gtc_date_in_the_past", f"{ticket.gtc_date} is over."
    elif ticket.gtc_date is not None:
        yield "order_must_omit_gtc_date", "Only GTD orders have a date."
    if tif in _EXTENDED and (len(ticket.legs) != 1 or instrument_type(ticket.legs[0].symbol) != "Equity"):
        yield "extended_hours_for_single_equities_only", f"{tif} is for orders of one leg of equity."
