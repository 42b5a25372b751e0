"""Placing and cancelling: each goes to the venue once at most."""

import contextlib
import re

from brokers.adapter.error_mapping import translate
from brokers.alpaca.decoding import Raw, text
from brokers.alpaca.rest import AlpacaRest, Refused
from brokers.contract.broker import Ticket
from brokers.contract.errors import LinkLost, NotOwner, NotSupported

ORDERS = "/v2/orders"
BY_CLIENT = "/v2/orders:by_client_order_id"
UNPROCESSABLE = 422
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
"""What an id of an order could be: it becomes a part of a path."""


def body_of(ticket: Ticket) -> Raw:
    """Return what the venue is sent for a ticket."""
    body = {
        "symbol": ticket.symbol,
        "qty": f"{abs(ticket.quantity):f}",
        "side": "buy" if ticket.quantity > 0 else "sell",
        "type": "market" if ticket.price is None else "limit",
        "time_in_force": "gtc" if "/" in ticket.symbol else "day",
        "client_order_id": ticket.client,
    }
    return body if ticket.price is None else body | {"limit_price": f"{ticket.price:f}"}


async def place(rest: AlpacaRest, ticket: Ticket, deadline: int | None, patience: float) -> str:
    """Place an order and return its id.

    Where the answer does not come the venue is asked for the order by our own id of it: found, it was placed.
    """
    try:
        return _id(await rest.act("POST", ORDERS, deadline, patience, body_of(ticket)))
    except NotOwner:
        raise
    except Refused as refused:
        if refused.kind == "refused":
            return await _known(rest, ticket.client, refused, patience)
        if refused.kind == "quota":
            raise
        doubt: Exception = refused
    except Exception as error:
        if not isinstance(lost := translate(error), LinkLost):
            raise
        doubt = lost
    return await _found(rest, ticket.client, doubt, patience)


async def _found(rest: AlpacaRest, client: str, doubt: Exception, patience: float) -> str:
    """Return the id of the order that was placed with our own id of it. Raises LinkLost where that is not known."""
    try:
        return _id(await rest.get(BY_CLIENT, patience, client_order_id=client))
    except Exception as error:
        if not isinstance(translate(error), LinkLost):
            raise
        # even where this process may not ask any more: the order may have gone, which NotOwner would deny
        raise LinkLost(f"nobody knows whether the order arrived ({translate(doubt)})") from None


async def _known(rest: AlpacaRest, client: str, refused: Refused, patience: float) -> str:
    """Return the id of an order that is there already by our own id of it. Raises NotSupported where it is not that."""
    if refused.status == UNPROCESSABLE and "client_order_id" in refused.words:
        with contextlib.suppress(Refused):
            return _id(await rest.get(BY_CLIENT, patience, client_order_id=client))
    raise NotSupported(f"this order ({refused.words or refused})") from None


async def cancel(rest: AlpacaRest, order: str, deadline: int | None, patience: float) -> None:
    """Ask the venue to cancel an order. Raises NotSupported where it will not."""
    if not _ID.fullmatch(order):
        raise NotSupported("cancelling what is no order")
    try:
        await rest.act("DELETE", f"{ORDERS}/{order}", deadline, patience)
    except Refused as refused:
        if refused.kind == "refused":
            raise NotSupported(f"cancelling this order ({refused.words or refused})") from None
        raise


def _id(answer: object) -> str:
    found = text(answer.get("id")) if isinstance(answer, dict) else None
    if found is None:
        raise ValueError("an order without an id")
    return found
