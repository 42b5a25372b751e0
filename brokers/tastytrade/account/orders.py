"""Placing and cancelling a simple order. Nothing is tried twice: the venue knows no key that would make that safe."""

import decimal
import re
from typing import Any

import orjson

from brokers.adapter.error_mapping import VenueRefused
from brokers.adapter.http import USER_AGENT
from brokers.contract.broker import Ticket
from brokers.contract.errors import NotSupported
from brokers.instruments.symbols import normalise, parse_option
from brokers.tastytrade.account import sync
from brokers.tastytrade.account.executions import identity, text
from brokers.tastytrade.account.state import quantity
from brokers.tastytrade.session import TastytradeSession
from lib.redaction import redact

FINAL = (400, 403, 404, 422)
"""What the venue answers to what it will not do."""
WORDS = 300
"""Characters of the venue's words that are passed on."""
_NUMBER = re.compile(r"\d{1,20}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,20}")


async def place(session: TastytradeSession, ticket: Ticket, deadline: int | None) -> str:
    """Place an order, unless one with its client id is there already. Returns the venue's id. Raises NotSupported."""
    path = _orders(ticket.account)
    for raw in await session.items(f"{path}/live"):
        if raw.get("external-identifier") == ticket.client and (known := identity(raw, "id")) is not None:
            return known
    held = _held(ticket.symbol, await sync.read_positions(session, ticket.account))
    answer = await _send(session, "POST", path, deadline, to_body(ticket, held))
    order = answer.get("order")
    id = identity(order, "id") if isinstance(order, dict) else None
    if id is None:
        raise ValueError("an answer without the order")
    return id


async def cancel(session: TastytradeSession, account: str, order: str, deadline: int | None) -> None:
    """Ask for an order's end. Raises NotSupported."""
    if not _NUMBER.fullmatch(order):
        raise NotSupported(f"an order {order!r}")
    await _send(session, "DELETE", f"{_orders(account)}/{order}", deadline)


def _orders(account: str) -> str:
    if not _ACCOUNT.fullmatch(account):
        raise NotSupported(f"an account {account!r}")
    return f"/accounts/{account}/orders"


def _held(symbol: str, positions: list[dict[str, Any]]) -> decimal.Decimal:
    for raw in positions:
        if normalise(text(raw, "symbol") or "") == symbol:
            return quantity(raw) or decimal.Decimal(0)
    return decimal.Decimal(0)


def to_body(ticket: Ticket, held: decimal.Decimal) -> dict[str, Any]:
    """Write an order. It closes where `held` (signed) is of the other side. Raises NotSupported."""
    option = parse_option(ticket.symbol)
    if ticket.symbol.startswith(("/", "./")) or ticket.symbol.endswith("/USD"):
        raise NotSupported(f"orders for {ticket.symbol}")
    side, effect = ("Buy", "Debit") if ticket.quantity > 0 else ("Sell", "Credit")
    size = abs(ticket.quantity)
    body: dict[str, Any] = {
        "time-in-force": "Day",
        "order-type": "Market",
        "source": USER_AGENT,
        "external-identifier": ticket.client,
        "legs": [
            {
                "instrument-type": "Equity Option" if option else "Equity",
                "symbol": option.occ if option else ticket.symbol,
                "action": f"{side} to {'Close' if held * ticket.quantity < 0 else 'Open'}",
                "quantity": int(size) if size % 1 == 0 else f"{size:f}",
            }
        ],
    }
    if ticket.price is not None:
        body |= {"order-type": "Limit", "price": f"{ticket.price:f}", "price-effect": effect}
    return body


async def _send(
    session: TastytradeSession, method: str, path: str, deadline: int | None, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Send a command once. Raises NotOwner, VenueRefused, NotSupported with the venue's words where it will not."""
    response = await session.command(method, path, deadline, body)
    try:
        told = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        told = None
    told = told if isinstance(told, dict) else {}
    if response.status_code in FINAL:
        raise NotSupported(f"the order: {words(told)}")
    if not response.is_success:
        raise VenueRefused(response.status_code, "")
    data = told.get("data")
    return data if isinstance(data, dict) else {}


def words(told: dict[str, Any]) -> str:
    """Return why the venue refuses an order, in its own words."""
    error = told.get("error")
    if not isinstance(error, dict):
        return "refused"
    inner = error.get("errors")
    told_of = [each for each in inner if isinstance(each, dict)] if isinstance(inner, list) else []
    said = [words for each in (told_of or [error]) if (words := text(each, "message") or text(each, "code"))]
    return redact("; ".join(said) or "refused")[:WORDS]
