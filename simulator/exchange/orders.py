"""Orders of the loopback venues: what was asked for, how it fares, what came of it. Pure.

Amounts are signed from the customer's side: what is received (a credit) is positive, what is paid (a debit)
negative; so a limit to buy at 2 dollars has the price -2. Prices are dollars per share (per unit of the instrument);
quantities are positive, in shares, contracts or coins: the action says which side. Times are ms since the epoch.
"""

import datetime
import decimal
import typing

import msgspec

Decimal = decimal.Decimal

Action = typing.Literal["Buy to Open", "Buy to Close", "Sell to Open", "Sell to Close", "Buy", "Sell"]
OrderType = typing.Literal["Limit", "Market", "Marketable Limit", "Stop", "Stop Limit", "Notional Market"]
TimeInForce = typing.Literal["Day", "GTC", "GTD", "Ext", "GTC Ext", "Ext Overnight", "GTC Ext Overnight", "IOC"]
ComplexType = typing.Literal["OCO", "OTOCO", "OTO", "PAIRS"]
Behavior = typing.Literal["immediate", "delayed", "never", "scheduled", "reject", "partial"]
"""How a client of a paper account wishes an order filled; `immediate` leaves it to the market."""
Status = typing.Literal[
    "Received",
    "Routed",
    "In Flight",
    "Live",
    "Contingent",
    "Cancel Requested",
    "Replace Requested",
    "Filled",
    "Cancelled",
    "Expired",
    "Rejected",
    "Removed",
    "Partially Removed",
]
_ENDS: frozenset[Status] = frozenset({"Cancelled", "Expired", "Removed"})
PATHS: dict[Status, frozenset[Status]] = {
    "Received": _ENDS | {"Received", "Contingent", "Routed", "Cancel Requested", "Replace Requested"},
    "Contingent": _ENDS | {"Received", "Routed", "Cancel Requested", "Rejected"},
    "Routed": _ENDS | {"In Flight", "Cancel Requested", "Replace Requested", "Rejected"},
    "In Flight": _ENDS | {"Live", "Cancel Requested", "Replace Requested"},
    "Live": _ENDS | {"Filled", "Cancel Requested", "Replace Requested", "Partially Removed"},
    "Cancel Requested": frozenset({"Cancelled", "Removed", "Partially Removed"}),
    "Replace Requested": frozenset({"Cancelled", "Removed", "Partially Removed"}),
    "Filled": frozenset(),
    "Cancelled": frozenset(),
    "Expired": frozenset(),
    "Rejected": frozenset(),
    "Removed": frozenset(),
    "Partially Removed": frozenset(),
}
"""The ways of an order from one state to the next. An order begins as received, and may fill in parts while live."""
FINAL = frozenset(status for status, ways in PATHS.items() if not ways)
"""An order that has come here changes no more."""


class SimOrderWish(msgspec.Struct, frozen=True):
    """One leg as asked for: `symbol` as Tapedeck writes it. A notional order names no quantity."""

    symbol: str
    action: Action
    quantity: Decimal | None = None


class SimTicket(msgspec.Struct, frozen=True):
    """One order as asked for. `value` (dollars) is for notional orders; `delay` in seconds, `schedule` in ms."""

    legs: tuple[SimOrderWish, ...]
    type: OrderType
    time_in_force: TimeInForce = "Day"
    price: Decimal | None = None
    stop: Decimal | None = None
    value: Decimal | None = None
    gtc_date: datetime.date | None = None
    external_id: str | None = None
    source: str | None = None
    partition_key: str | None = None
    is_strict: bool = False
    """Whether a closing leg without a position is refused, rather than taken as an opening one."""
    behavior: Behavior = "immediate"
    part: Decimal = Decimal("0.5")
    """How much of it fills at first where its behavior is `partial`."""
    delay: float = 0.0
    schedule: int | None = None


class ComplexTicket(msgspec.Struct, frozen=True):
    """Several orders that depend on each other. `trigger` goes first in an OTO and an OTOCO."""

    type: ComplexType
    orders: tuple[SimTicket, ...]
    trigger: SimTicket | None = None
    source: str | None = None


class SimFill(msgspec.Struct, frozen=True):
    """One execution of a leg. `group` joins the fills of all legs that were made together."""

    id: str
    group: str
    quantity: Decimal
    price: Decimal
    at: int
    venue: str


class SimLeg(msgspec.Struct):
    """One leg of an order at work."""

    symbol: str
    action: Action
    quantity: Decimal
    remaining: Decimal
    fills: list[SimFill] = []

    @property
    def side(self) -> int:
        """1 when this leg buys, -1 when it sells."""
        return 1 if self.action.startswith("Buy") else -1


class SimOrder(msgspec.Struct):
    """One order. It ends in exactly one of the `FINAL` states."""

    id: int
    account: str
    ticket: SimTicket
    legs: list[SimLeg]
    status: Status
    request_id: str
    received_at: int
    updated_at: int
    in_flight_at: int | None = None
    live_at: int | None = None
    cancelled_at: int | None = None
    terminal_at: int | None = None
    reject_reason: str | None = None
    replaces: int | None = None
    replacing: int | None = None
    edited: bool = False
    complex_id: int | None = None
    complex_tag: str | None = None
    preflight_id: int | None = None
    contingent_status: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether this order changes no more."""
        return self.status in FINAL

    @property
    def filled(self) -> decimal.Decimal:
        """How much of the first leg has been filled."""
        return sum((fill.quantity for fill in self.legs[0].fills), Decimal(0))

    def snapshot(self) -> "SimOrder":
        """Return this order as it is now, for good."""
        replace = msgspec.structs.replace
        return replace(self, legs=[replace(leg, fills=[*leg.fills]) for leg in self.legs])


class ComplexOrder(msgspec.Struct):
    """Several orders that depend on each other, under one id."""

    id: int
    account: str
    type: ComplexType
    orders: list[SimOrder]
    trigger: SimOrder | None = None
    terminal_at: int | None = None

    @property
    def members(self) -> list[SimOrder]:
        """Every order of it, the trigger first."""
        return [self.trigger, *self.orders] if self.trigger else self.orders

    def snapshot(self) -> "ComplexOrder":
        """Return this complex order as it is now, for good."""
        trigger = self.trigger.snapshot() if self.trigger else None
        return msgspec.structs.replace(self, orders=[order.snapshot() for order in self.orders], trigger=trigger)


class Fees(msgspec.Struct, frozen=True):
    """What an execution costs, in dollars, each positive."""

    regulatory: Decimal = Decimal(0)
    clearing: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    index_option: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.regulatory + self.clearing + self.commission + self.index_option


class Effect(msgspec.Struct, frozen=True):
    """What an order would do to an account's buying power, in dollars; changes are signed, negative is used up."""

    change_in_margin: Decimal
    change_in_buying_power: Decimal
    current_buying_power: Decimal
    new_buying_power: Decimal
    isolated_margin: Decimal
    is_spread: bool


class Preview(msgspec.Struct, frozen=True):
    """What the venue says of an order before it is routed. `warnings` are (code, message)."""

    effect: Effect
    fees: Fees
    warnings: tuple[tuple[str, str], ...] = ()


class Transaction(msgspec.Struct, frozen=True):
    """One booking of an account. `value` and `net` are signed: what the account received, before and after fees."""

    id: int
    account: str
    type: str
    sub_type: str
    description: str
    at: int
    day: datetime.date
    value: Decimal
    net: Decimal
    fees: Fees = Fees()
    symbol: str | None = None
    action: Action | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    order_id: int | None = None
    fill: SimFill | None = None
    leg_count: int = 1


class YearGain(msgspec.Struct, frozen=True):
    """What an account made on one underlying this year, in dollars: `realized` in all, `lot` by the last booking.

    `fees` are the year's fees without `commissions`, both positive.
    """

    account: str
    symbol: str
    year: int
    realized: Decimal
    lot: Decimal
    fees: Decimal
    commissions: Decimal


NewsKind = typing.Literal["Order", "ComplexOrder", "CurrentPosition", "AccountBalance", "UnderlyingYearGainSummary"]


class SimNews(msgspec.Struct, frozen=True):
    """Something of an account that changed: a snapshot of it as it was then.

    The subject is a `SimOrder`, a `ComplexOrder`, a `SimHolding` (of quantity 0 when it is gone), an
    `accounts.Worth`, or a YearGain.
    """

    account: str
    kind: NewsKind
    subject: typing.Any


class Rejection(Exception):
    """An order the venue does not take, or cannot change. `errors` are (code, message), the venue's own."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__("; ".join(message for _, message in errors))
        self.errors = errors


class UnknownOrder(LookupError):
    """There is no order of that id in this account."""
