"""What moved an account's money and holdings: executions, and what is no trade. Pure.

Executions cost nothing when they are made. What regulators and clearing want of them adds up over the day and is
charged at its end, as one activity.
"""

import collections
import datetime
import decimal
import typing

import msgspec

from simulator.alpaca.bodies.orders import maybe
from simulator.alpaca.format import moment, text, texts
from simulator.alpaca.orders.order import SimAlpacaExecution, SimAlpacaOrderEvent, SimAlpacaPlaced
from simulator.alpaca.orders.parsing import venue_symbol
from simulator.asgi import Json
from simulator.exchange import fees
from simulator.exchange.fees import Filled
from simulator.exchange.market_view import Terms
from simulator.market import calendar

Decimal = decimal.Decimal


class NonTrade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to book that is no trade: `amount` is what the account gets, in dollars; a `qty` moves no holding."""

    account: str
    type: str
    amount: Decimal
    symbol: str = ""
    qty: Decimal | None = None
    per_share: Decimal | None = None
    sub_type: str = ""
    description: str = ""
    order: str = ""


class SimActivity(msgspec.Struct, frozen=True):
    """One activity of an account, at a time in ms since the epoch."""

    id: str
    at: int
    kind: str
    is_trade: bool
    body: Json


class Activities:
    """Those of every account, oldest first, and what is owed for its executions."""

    def __init__(self) -> None:
        self.known: dict[str, list[SimActivity]] = collections.defaultdict(list)
        self.owed: dict[str, Decimal] = collections.defaultdict(Decimal)
        """Dollars of fees that are not charged yet, by account."""

    def execute(self, happened: SimAlpacaOrderEvent, terms_of: typing.Callable[[str], Terms | None]) -> None:
        """Note an execution of each leg, one that is taken back, or one that is corrected."""
        for part in happened.parts:
            if part.execution is not None:
                self._execute(part, part.execution, terms_of(part.placed.draft.symbol))

    def _execute(self, happened: SimAlpacaOrderEvent, execution: SimAlpacaExecution, terms: Terms | None) -> None:
        placed = happened.placed
        number = placed.account.number
        activity_id = f"{_digits(execution.at)}::{execution.id}"
        body = _fill_body(activity_id, happened, execution)
        self.known[number].append(SimActivity(activity_id, execution.at, "FILL", True, body))
        if terms is not None and happened.event in ("fill", "partial_fill"):
            self.owed[number] += _owed(placed, execution, terms)

    def book(self, wanted: NonTrade, id: str, at: int) -> SimActivity:
        """Note something that is no trade."""
        activity_id = f"{_digits(at)}::{id}"
        body = {
            "activity_type": wanted.type,
            **({"activity_sub_type": wanted.sub_type} if wanted.sub_type else {}),
            "id": activity_id,
            "date": calendar.day_of(at).isoformat(),
            "net_amount": wanted.amount,
            "description": wanted.description,
            **({"symbol": venue_symbol(wanted.symbol)} if wanted.symbol else {}),
            **({"qty": wanted.qty} if wanted.qty is not None else {}),
            **({"per_share_amount": wanted.per_share} if wanted.per_share is not None else {}),
            **({"order_id": wanted.order} if wanted.order else {}),
            "status": "executed",
            "created_at": moment(at),
        }
        activity = SimActivity(activity_id, at, wanted.type, False, texts(body))
        self.known[wanted.account].append(activity)
        return activity


def _digits(at: int) -> str:
    """Write a time as ids of activities begin: New York's, to the millisecond."""
    return f"{calendar.moment(at):%Y%m%d%H%M%S}{at % 1000:03d}"


def _fill_body(id: str, happened: SimAlpacaOrderEvent, execution: SimAlpacaExecution) -> Json:
    placed = happened.placed
    body = {
        "id": id,
        "activity_type": "FILL",
        "transaction_time": moment(execution.at),
        "type": happened.event,
        "price": text(execution.price),
        "qty": maybe(happened.quantity),
        "side": placed.draft.side,
        "symbol": venue_symbol(placed.draft.symbol),
        "leaves_qty": text(max(Decimal(0), placed.requested - placed.filled)),
        "order_id": placed.id,
        "cum_qty": text(placed.filled),
        "order_status": placed.status,
    }
    return body | ({"previous_execution_id": happened.previous} if happened.previous else {})


def _owed(placed: SimAlpacaPlaced, execution: SimAlpacaExecution, terms: Terms) -> Decimal:
    """Return what regulators and clearing want of an execution; there is no commission here."""
    value = execution.quantity * execution.price * terms.multiplier
    filled = Filled().plus(placed.draft.sign, execution.quantity, value, is_opening=True)
    charged = fees.charge(terms, filled)
    return charged.regulatory + charged.clearing


def event_body(wanted: NonTrade, id: str, day: datetime.date) -> Json:
    """Describe something that is no trade as its stream does: with numbers."""
    return {
        "id": id,
        "qty": _number(wanted.qty),
        "price": None,
        "status": "executed",
        "symbol": venue_symbol(wanted.symbol) if wanted.symbol else None,
        "cusip": None,
        "entry_type": wanted.type,
        "entry_sub_type": wanted.sub_type,
        "net_amount": _number(wanted.amount),
        "description": wanted.description,
        "settle_date": day.isoformat(),
        "system_date": day.isoformat(),
        "per_share_amount": _number(wanted.per_share),
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
