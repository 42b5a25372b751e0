"""Orders and their fills as the venue writes them, over REST and as notifications, and as ours. Pure.

Every word on an order is whole and holds all its fills so far: what it tells has the same ids however it came. What a
fill cost comes with its booking alone (`bookings`), so a fill here has no fees.
"""

import datetime
import decimal
from collections.abc import Sequence
from typing import Any

from brokers.contract.reports import FillReport, Found, Leg, OrderReport, Side, Status, order_id
from brokers.instruments.symbols import normalise
from brokers.tastytrade.account.state import money

Raw = dict[str, Any]

STATUSES: dict[str, Status] = {
    "Received": "pending",
    "Routed": "pending",
    "In Flight": "pending",
    "Contingent": "pending",
    "Cancel Requested": "pending",
    "Replace Requested": "pending",
    "Live": "working",
    "Filled": "filled",
    "Cancelled": "canceled",
    "Expired": "expired",
    "Rejected": "rejected",
    "Removed": "canceled",
    "Partially Removed": "canceled",
}
"""The venue's statuses as ours (developer.tastytrade.com, Order Flow)."""
KINDS = {"Market": "market", "Limit": "limit", "Stop": "stop", "Stop Limit": "stop_limit"}
MULTIPLIERS = {
    "Equity": decimal.Decimal(1),
    "Equity Option": decimal.Decimal(100),
    "Cryptocurrency": decimal.Decimal(1),
}
"""What prices of these are per unit for. That of a future is its own, and told with the position."""


def millis(value: Any) -> int | None:
    """Read a time in ms since the epoch: a number of them, or ISO. None where it makes no sense."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value > 0 else None
    try:
        read = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    read = read if read.tzinfo else read.replace(tzinfo=datetime.UTC)
    return (read - datetime.datetime.fromtimestamp(0, datetime.UTC)) // datetime.timedelta(milliseconds=1)


def identity(raw: Raw, key: str) -> str | None:
    """Read an id, a number or a text."""
    value = raw.get(key)
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None


def text(raw: Raw, key: str) -> str | None:
    """Read a text that says something."""
    value = raw.get(key)
    return value if isinstance(value, str) and value else None


def to_happenings(raw: Raw, link: str, found: Found) -> list[OrderReport | FillReport]:
    """Return what one word on an order tells: its fills, oldest first, and how it stands.

    Raises ValueError where it has no id, no account, no time or a fill that cannot be read: it is asked for again.
    """
    order, account = identity(raw, "id"), identity(raw, "account-number")
    if order is None or account is None:
        raise ValueError("an order without an id or an account")
    legs = [leg for leg in raw["legs"] if isinstance(leg, dict)] if isinstance(raw.get("legs"), list) else []
    fills = [_fill(fill, leg, raw, order, account, link, found) for leg in legs for fill in _fills(leg)]
    fills.sort(key=lambda fill: fill.at)
    return [*fills, _order(raw, legs, order, account, link, found)]


def _order(raw: Raw, legs: Sequence[Raw], order: str, account: str, link: str, found: Found) -> OrderReport:
    version = millis(raw.get("updated-at")) or millis(raw.get("terminal-at")) or millis(raw.get("received-at"))
    if version is None:
        raise ValueError("an order without a time")
    filled = sum((_quantity(fill) for leg in legs for fill in _fills(leg)), decimal.Decimal(0))
    status = _status(raw, filled)
    word = text(raw, "order-type")
    return OrderReport(
        link=link,
        account=account,
        id=order_id(order, version, status, filled),
        at=version,
        found=found,
        order=order,
        version=version,
        status=status,
        venue_status=text(raw, "status") or "",
        kind=KINDS.get(word, word.lower()) if word else None,
        time_in_force=(text(raw, "time-in-force") or "").lower() or None,
        price=_price(raw, len(legs)),
        stop_price=money(raw, "stop-trigger"),
        legs=tuple(_leg(leg) for leg in legs),
        client=text(raw, "external-identifier"),
        replaces=identity(raw, "replaces-order-id"),
        replaced_by=identity(raw, "replacing-order-id"),
        reason=text(raw, "reject-reason"),
        submitted_at=millis(raw.get("received-at")),
    )


def _status(raw: Raw, filled: decimal.Decimal) -> Status:
    status = STATUSES.get(text(raw, "status") or "", "unknown")
    if status == "canceled" and identity(raw, "replacing-order-id") is not None:
        return "replaced"
    return "partially_filled" if status == "working" and filled else status


def _price(raw: Raw, legs: int) -> decimal.Decimal | None:
    """Return the limit. Of one leg the side says who pays; of several a credit is less than 0."""
    price = money(raw, "price")
    if price is None:
        return None
    return abs(price) if legs <= 1 else -price


def _side(leg: Raw) -> Side:
    action = text(leg, "action") or ""
    if not action.startswith(("Buy", "Sell")):
        raise ValueError("a leg without a side")
    return "buy" if action.startswith("Buy") else "sell"


def _leg(leg: Raw) -> Leg:
    action = text(leg, "action") or ""
    done = [(_quantity(fill), _paid(fill)) for fill in _fills(leg)]
    filled = sum((quantity for quantity, _ in done), decimal.Decimal(0))
    paid = sum((quantity * price for quantity, price in done), decimal.Decimal(0))
    return Leg(
        symbol=_symbol(leg),
        side=_side(leg),
        quantity=money(leg, "quantity"),
        filled=filled,
        effect="open" if action.endswith("Open") else "close" if action.endswith("Close") else None,
        average_price=paid / filled if filled else None,
    )


def _fill(fill: Raw, leg: Raw, raw: Raw, order: str, account: str, link: str, found: Found) -> FillReport:
    at, id = millis(fill.get("filled-at")), identity(fill, "fill-id")
    if at is None or id is None:
        raise ValueError("a fill without an id or a time")
    kind, underlying, quantity = text(leg, "instrument-type"), text(raw, "underlying-symbol"), _quantity(fill)
    return FillReport(
        link=link,
        account=account,
        id=id,
        at=at,
        found=found,
        order=order,
        symbol=_symbol(leg),
        quantity=quantity if _side(leg) == "buy" else -quantity,
        price=_paid(fill),
        underlying=normalise(underlying) if underlying else None,
        instrument=kind,
        multiplier=MULTIPLIERS.get(kind or ""),
    )


def _fills(leg: Raw) -> list[Raw]:
    fills = leg.get("fills")
    return [fill for fill in fills if isinstance(fill, dict)] if isinstance(fills, list) else []


def _symbol(leg: Raw) -> str:
    symbol = text(leg, "symbol")
    if symbol is None:
        raise ValueError("a leg without a symbol")
    return normalise(symbol)


def _quantity(fill: Raw) -> decimal.Decimal:
    quantity = money(fill, "quantity")
    if quantity is None:
        raise ValueError("a fill without a quantity")
    return abs(quantity)


def _paid(fill: Raw) -> decimal.Decimal:
    price = money(fill, "fill-price")
    if price is None:
        raise ValueError("a fill without a price")
    return price
