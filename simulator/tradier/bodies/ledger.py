"""Bodies about an account's past: what was booked, and what closed positions made. Pure.

Both come from clearing, overnight: today is in neither. What an account held when the venue began was bought then.
"""

import datetime
import decimal
import typing

import msgspec

from brokers.instruments.symbols import parse_option
from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.entitlements import DIVIDEND, SPLIT, signed
from simulator.exchange.orders import Transaction
from simulator.tradier.format import number

Decimal = decimal.Decimal
TYPES = (
    "trade", "option", "ach", "wire", "dividend", "fee", "tax", "journal", "check", "transfer", "adjustment", "interest"
)  # fmt: skip
_SUB_KINDS = {DIVIDEND: "dividend", SPLIT: "journal"}
"""The venue has no type for a split; a journal entry is what moves holdings and no money."""
_KINDS = {"Trade": "trade", "Money Movement": "ach", "Receive Deliver": "option"}


class SimTradierLot(msgspec.Struct):
    """What is open of one symbol, and since when. `cost` in dollars, below nothing for what was sold."""

    quantity: Decimal
    cost: Decimal
    opened: datetime.date


class ClosedLot(msgspec.Struct, frozen=True):
    """A position, or a part of one, that came to an end. Dollars."""

    symbol: str
    quantity: Decimal
    cost: Decimal
    proceeds: Decimal
    opened: datetime.date
    closed: datetime.date


def opening(account: SimAccount) -> list[SimHolding]:
    """Return what an account holds now, for good."""
    return [msgspec.structs.replace(holding) for holding in account.holdings]


def events(account: SimAccount, before: list[SimHolding], today: datetime.date) -> list[Json]:
    """Describe every booking of the days before today, and what clearing itself booked since, newest first."""
    bought = [_bought(holding) for holding in before]
    booked = [_booked(each) for each in account.transactions if each.day < today or each.sub_type in _SUB_KINDS]
    return sorted([*bought, *booked], key=lambda body: str(body["date"]), reverse=True)


def _bought(holding: SimHolding) -> Json:
    amount = -holding.cost * holding.multiplier
    return _event(holding.opened.date(), "trade", amount, _trade(holding.symbol, holding.quantity, holding.average))


def _booked(transaction: Transaction) -> Json:
    kind = _SUB_KINDS.get(transaction.sub_type) or _KINDS.get(transaction.type, "adjustment")
    if transaction.symbol is None or transaction.quantity is None or transaction.action is None:
        detail: Json = {"description": transaction.description, "quantity": 0.0}
    else:
        detail = _trade(transaction.symbol, signed(transaction), transaction.price or Decimal(0))
        detail["commission"] = number(transaction.fees.commission)
    return _event(transaction.day, kind, transaction.net, detail)


def _event(day: datetime.date, kind: str, amount: Decimal, detail: Json) -> Json:
    return {"amount": number(amount, 2), "date": f"{day}T00:00:00Z", "type": kind, kind: detail}


def _trade(symbol: str, quantity: Decimal, price: Decimal) -> Json:
    is_option = parse_option(symbol) is not None
    return {
        "commission": 0.0,
        "description": symbol,
        "price": number(price),
        "quantity": number(quantity, 8),
        "symbol": symbol,
        "trade_type": "Option" if is_option else "Equity",
    }


def closed(account: SimAccount, before: list[SimHolding], today: datetime.date) -> list[ClosedLot]:
    """Return what was closed in the days before today, oldest first, at average cost."""
    lots = {h.symbol: SimTradierLot(h.quantity, h.cost * h.multiplier, h.opened.date()) for h in before}
    found: list[ClosedLot] = []
    taken_out: SimTradierLot | None = None
    for transaction in account.transactions:
        if transaction.day >= today or not transaction.symbol or not transaction.quantity or not transaction.action:
            continue
        if transaction.sub_type == SPLIT and transaction.action.endswith("Close"):
            taken_out = lots.pop(transaction.symbol, None)
        elif transaction.sub_type == SPLIT and taken_out is not None:
            lots[transaction.symbol] = msgspec.structs.replace(taken_out, quantity=signed(transaction))
        else:
            lot = lots.setdefault(transaction.symbol, SimTradierLot(Decimal(0), Decimal(0), transaction.day))
            found += _follow(lot, transaction, signed(transaction))
    return found


def _follow(lot: SimTradierLot, transaction: Transaction, quantity: Decimal) -> typing.Iterator[ClosedLot]:
    """Take a booking into a lot. Yields what it closed."""
    if lot.quantity * quantity >= 0:
        if not lot.quantity:
            lot.opened, lot.cost = transaction.day, Decimal(0)
        lot.quantity, lot.cost = lot.quantity + quantity, lot.cost - transaction.net
        return
    cost = lot.cost * -quantity / lot.quantity
    long = quantity < 0
    yield ClosedLot(
        transaction.symbol or "",
        -quantity,
        cost if long else -transaction.net,
        transaction.net if long else -cost,
        lot.opened,
        transaction.day,
    )
    lot.quantity, lot.cost = lot.quantity + quantity, lot.cost - cost


def closed_body(lot: ClosedLot) -> Json:
    """Describe a closed position."""
    gain = lot.proceeds - lot.cost
    return {
        "close_date": f"{lot.closed}T00:00:00.000Z",
        "cost": number(lot.cost, 2),
        "gain_loss": number(gain, 2),
        "gain_loss_percent": number(gain / lot.cost * 100 if lot.cost else Decimal(0)),
        "open_date": f"{lot.opened}T00:00:00.000Z",
        "proceeds": number(lot.proceeds, 2),
        "quantity": number(lot.quantity, 8),
        "symbol": lot.symbol,
        "term": (lot.closed - lot.opened).days,
    }
