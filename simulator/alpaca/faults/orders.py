"""Faults of orders and executions: refused late, filled in parts, taken back, corrected, told under odd names."""

from simulator.alpaca.faults.actions import Act, keys, once
from simulator.alpaca.orders.order import SimAlpacaExecution, SimAlpacaPlaced
from simulator.alpaca.orders.parsing import Decimal, symbol_of
from simulator.alpaca.venue import SimAlpaca
from simulator.faults.actions import WHOM, BadFault, act
from simulator.faults.faults import Fault

ODD_EVENTS = (
    "done_for_day", "stopped", "suspended", "calculated", "restated", "order_replace_rejected",
    "order_cancel_rejected",
)  # fmt: skip
_CENT = Decimal("0.01")


def _executions(venue: SimAlpaca, fault: Fault) -> list[tuple[SimAlpacaPlaced, SimAlpacaExecution]]:
    symbol = symbol_of(fault.symbol)
    found = (venue.orders.last_execution(key.account, symbol) for key in keys(venue, fault))
    return [each for each in found if each is not None]


def bust(venue: SimAlpaca, fault: Fault) -> int:
    """Take back everybody's last execution that stands, of a symbol or of any."""
    struck = _executions(venue, fault)
    for placed, execution in struck:
        venue.orders.bust(placed, execution)
    venue.tell_orders(venue.orders.drain_events())
    return len(struck)


def correct(venue: SimAlpaca, fault: Fault) -> int:
    """Let everybody's last execution have been at a cent more (mode quantity: of one less, if it was of several)."""
    struck = _executions(venue, fault)
    for placed, execution in struck:
        quantity, price = execution.quantity, execution.price + _CENT
        if fault.mode == "quantity" and quantity > 1:
            quantity, price = quantity - 1, execution.price
        venue.orders.correct(placed, execution, quantity, price)
    venue.tell_orders(venue.orders.drain_events())
    return len(struck)


def odd_event(venue: SimAlpaca, fault: Fault) -> int:
    """Tell everybody's newest order under another name (mode), or under one nobody knows (a `text`)."""
    name = fault.text or fault.mode
    if not name:
        raise BadFault("odd_event takes a mode or a text")
    struck = [orders[-1] for key in keys(venue, fault) if (orders := venue.orders.of(key.account))]
    for placed in struck:
        venue.orders.tell_as(name, placed)
    venue.tell_orders(venue.orders.drain_events())
    return len(struck)


ACTS: dict[str, Act] = {
    "reject": once("Take the next order with 200 and reject it a moment later."),
    "partial": once("Fill the next order in parts."),
    "refuse_change": once("Take the next request to cancel or to replace, and refuse it a moment later, as an event."),
    "bust": act(bust, *WHOM, "symbol"),
    "correct": act(correct, *WHOM, "symbol", modes=("", "quantity")),
    "odd_event": act(odd_event, *WHOM, "text", modes=("", *ODD_EVENTS)),
}
