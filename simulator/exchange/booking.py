"""Entries in an account's books: what an execution does to its cash, positions, gains and transactions. Pure."""

import datetime
import decimal
import typing

import msgspec

from simulator.exchange import fees
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.fees import CENT, Filled
from simulator.exchange.market_view import Terms
from simulator.exchange.orders import Action, Fees, SimFill, Transaction, YearGain

Decimal = decimal.Decimal
_NOTHING = Decimal(0)
_AVERAGE = Decimal("0.00000001")
_WORDS = {1: "Bought", -1: "Sold"}


class SimExecution(msgspec.Struct, frozen=True):
    """One leg's part of a fill, to be booked. `side` is 1 for a purchase; `at` in ms since the epoch."""

    terms: Terms
    side: int
    fill: SimFill
    day: datetime.date
    order_id: int | None = None
    leg_count: int = 1
    type: str = "Trade"
    sub_type: str | None = None
    """What the venue calls it; None is the action of each booking."""
    description: str | None = None
    flat: Fees | None = None
    """What it costs in all, where the schedule of trades does not apply."""


class SimBooked(msgspec.Struct):
    """What came of an execution: the position as it is now, what the leg has filled in all, and what it made."""

    holding: SimHolding
    filled: Filled
    gain: YearGain | None = None


def book(account: SimAccount, execution: SimExecution, filled: Filled, numbers: typing.Iterator[int]) -> SimBooked:
    """Book an execution; one that crosses zero is booked twice. `numbers` are the ids of transactions to come."""
    quantity = execution.fill.quantity
    holding = find(account, execution.terms.symbol)
    held = holding.quantity * -execution.side if holding else _NOTHING
    closing = min(max(held, _NOTHING), quantity)
    gain = None
    if holding is not None and closing:
        entry = _Entry(account, execution, closing, "Close", next(numbers))
        cost = _release(holding, -execution.side * closing)
        filled = entry.write(filled, cost)
        gain = _tally(account, entry, _realize(account, holding, entry, cost))
    if closing < quantity:
        entry = _Entry(account, execution, quantity - closing, "Open", next(numbers))
        filled = entry.write(filled, _NOTHING)
        holding = _add(account, entry)
        paid = _tally(account, entry, _NOTHING)
        gain = msgspec.structs.replace(paid, lot=gain.lot) if gain else None
    if holding is None:
        raise ValueError(f"an execution of nothing: {execution}")
    holding.updated = moment(execution.fill.at)
    return SimBooked(holding, filled, gain)


def find(account: SimAccount, symbol: str) -> SimHolding | None:
    """Return the account's position in `symbol`."""
    return next((holding for holding in account.holdings if holding.symbol == symbol), None)


class _Entry:
    """One booking: a part of an execution that only opens or only closes."""

    def __init__(
        self,
        account: SimAccount,
        execution: SimExecution,
        quantity: Decimal,
        effect: typing.Literal["Open", "Close"],
        number: int,
    ) -> None:
        self.account = account
        self.execution = execution
        self.quantity = quantity
        self.is_opening = effect == "Open"
        self.number = number
        self.fees = Fees()
        verb = "Buy" if execution.side > 0 else "Sell"
        self.action = typing.cast(Action, verb if execution.terms.kind == "future" else f"{verb} to {effect}")

    @property
    def signed(self) -> Decimal:
        """What this adds to the position."""
        return self.quantity * self.execution.side

    def write(self, filled: Filled, cost: Decimal) -> Filled:
        """Enter the cash and the transaction. `cost` is what was paid for what this closes."""
        terms, fill = self.execution.terms, self.execution.fill
        paid = self.signed * fill.price
        value = ((-paid - cost if self.is_closing_future else -paid) * terms.multiplier).quantize(CENT)
        if terms.is_settled_daily and self.is_opening:
            value = _NOTHING
        now = filled.plus(self.execution.side, self.quantity, abs(paid * terms.multiplier), is_opening=self.is_opening)
        if self.execution.flat is None:
            self.fees = fees.less(fees.charge(terms, now), fees.charge(terms, filled))
        elif filled == Filled():
            self.fees = self.execution.flat
        self.account.cash += value - self.fees.total
        self.account.transactions.append(self._transaction(value))
        return now

    @property
    def is_closing_future(self) -> bool:
        """Whether this turns a future's profit into cash."""
        return self.execution.terms.is_settled_daily and not self.is_opening

    def _transaction(self, value: Decimal) -> Transaction:
        terms, fill = self.execution.terms, self.execution.fill
        words = f"{_WORDS[self.execution.side]} {self.quantity.normalize():f} {terms.symbol} @ {fill.price}"
        return Transaction(
            id=self.number,
            account=self.account.number,
            type=self.execution.type,
            sub_type=self.execution.sub_type or self.action,
            description=self.execution.description or words,
            at=fill.at,
            day=self.execution.day,
            value=value,
            net=value - self.fees.total,
            fees=self.fees,
            symbol=terms.symbol,
            action=self.action,
            quantity=self.quantity,
            price=fill.price,
            order_id=self.execution.order_id,
            fill=fill if self.execution.order_id is not None else None,
            leg_count=self.execution.leg_count,
        )


def _release(holding: SimHolding, quantity: Decimal) -> Decimal:
    """Take `quantity` (signed like the position) out of it. Returns what it cost, in units of its price."""
    cost = holding.cost if quantity == holding.quantity else holding.average * quantity
    holding.quantity -= quantity
    if not holding.quantity:
        holding.residue = _NOTHING
    return cost


def _realize(account: SimAccount, holding: SimHolding, entry: _Entry, cost: Decimal) -> Decimal:
    """Note what closing made of the position today. Returns it."""
    terms, day = entry.execution.terms, entry.execution.day
    made = ((-entry.signed * entry.execution.fill.price - cost) * terms.multiplier).quantize(CENT)
    holding.realized = holding.realized_today(day) + made
    holding.realized_on = day
    if not holding.quantity:
        account.holdings.remove(holding)
        account.closed[holding.symbol] = holding
    return made


def _tally(account: SimAccount, entry: _Entry, made: Decimal) -> YearGain:
    """Note what a booking made, and cost, of its underlying this year. Returns the year so far."""
    underlying, year = entry.execution.terms.underlying, entry.execution.day.year
    before = account.gains.get((underlying, year))
    gain = YearGain(
        account=account.number,
        symbol=underlying,
        year=year,
        realized=(before.realized if before else _NOTHING) + made,
        lot=made,
        fees=(before.fees if before else _NOTHING) + entry.fees.total - entry.fees.commission,
        commissions=(before.commissions if before else _NOTHING) + entry.fees.commission,
    )
    account.gains[underlying, year] = gain
    return gain


def _add(account: SimAccount, entry: _Entry) -> SimHolding:
    """Put what was opened into the position. One that was closed today keeps what that made."""
    fill, symbol = entry.execution.fill, entry.execution.terms.symbol
    holding = find(account, symbol)
    if holding is None:
        before = account.closed.pop(symbol, None)
        holding = SimHolding(symbol, _NOTHING, fill.price, moment(fill.at))
        if before is not None and before.realized_on == entry.execution.day:
            holding.realized, holding.realized_on = before.realized, before.realized_on
        account.holdings.append(holding)
    cost = holding.cost + entry.signed * fill.price
    holding.quantity += entry.signed
    set_cost(holding, cost)
    return holding


def set_cost(holding: SimHolding, cost: Decimal) -> None:
    """Let a position have cost so much in all, exactly, in units of its price."""
    holding.average = (cost / holding.quantity).quantize(_AVERAGE).normalize() + 0
    holding.residue = cost - holding.average * holding.quantity


def moment(at: int) -> datetime.datetime:
    """Return the aware UTC time of ms since the epoch."""
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
