"""Placing and cancelling a simple order. Nothing is tried twice: the venue knows no key that would make that safe."""

import decimal
import re

from brokers.contract.broker import Ticket
from brokers.contract.errors import NotSupported
from brokers.instruments.decimals import money
from brokers.instruments.symbols import normalise, parse_option
from brokers.tradier.account import sync
from brokers.tradier.account.order_polling import read_orders
from brokers.tradier.decoding import Raw, rows
from brokers.tradier.rest import Declined, TradierRest
from brokers.tradier.symbols import is_listable
from lib.redaction import redact

PATIENCE_S = 3.0
"""How long a command may wait for the venue's rate limit: it must not go out late."""
_NUMBER = re.compile(r"\d{1,20}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,20}")


async def place(rest: TradierRest, ticket: Ticket, deadline: int | None) -> str:
    """Place an order, unless one with its client id is there already. Returns the venue's id. Raises NotSupported."""
    path = _orders(ticket.account)
    for raw in await read_orders(rest, ticket.account, PATIENCE_S):
        if raw.get("tag") == ticket.client:
            return str(raw["id"])
    held = _held(ticket.symbol, await sync.read_positions(rest, ticket.account, PATIENCE_S))
    answer = await _send(rest, "POST", path, deadline, to_form(ticket, held))
    (order,) = rows(answer, "order")
    return str(order["id"])


async def cancel(rest: TradierRest, account: str, order: str, deadline: int | None) -> None:
    """Ask for an order's end. Raises NotSupported."""
    if not _NUMBER.fullmatch(order):
        raise NotSupported(f"an order {order!r}")
    await _send(rest, "DELETE", f"{_orders(account)}/{order}", deadline, {})


def _orders(account: str) -> str:
    if not _ACCOUNT.fullmatch(account):
        raise NotSupported(f"an account {account!r}")
    return f"/v1/accounts/{account}/orders"


def _held(symbol: str, positions: list[Raw]) -> decimal.Decimal:
    named = (raw for raw in positions if isinstance(raw.get("symbol"), str))
    found = (money(raw.get("quantity")) for raw in named if normalise(raw["symbol"]) == symbol)
    return next(found, None) or decimal.Decimal(0)


def to_form(ticket: Ticket, held: decimal.Decimal) -> dict[str, str]:
    """Write an order. It closes where `held` (signed) is of the other side. Raises NotSupported."""
    if not is_listable(ticket.symbol):
        raise NotSupported(f"orders for {ticket.symbol}")
    option, closes = parse_option(ticket.symbol), held * ticket.quantity < 0
    side = "buy" if ticket.quantity > 0 else "sell"
    if option:
        side += "_to_close" if closes else "_to_open"
    elif closes and ticket.quantity > 0:
        side = "buy_to_cover"
    elif not closes and ticket.quantity < 0:
        side = "sell_short"
    form = {
        "class": "option" if option else "equity",
        "symbol": option.root if option else ticket.symbol,
        "side": side,
        "quantity": f"{abs(ticket.quantity).normalize():f}",
        "type": "market",
        "duration": "day",
        "tag": ticket.client,
    }
    if option:
        form["option_symbol"] = ticket.symbol
    return form if ticket.price is None else form | {"type": "limit", "price": f"{ticket.price:f}"}


async def _send(rest: TradierRest, method: str, path: str, deadline: int | None, form: dict[str, str]) -> Raw:
    """Send a command once. Raises NotSupported with the venue's words where it will not do it."""
    try:
        return await rest.command(method, path, PATIENCE_S, deadline, form)
    except Declined as declined:
        raise NotSupported(f"the order: {redact(declined.words)}") from None
