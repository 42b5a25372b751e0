"""What companies do to accounts that hold their shares: dividends are paid, splits make new shares of old ones. Pure.

Who held shares when the ex day began is paid for them; who was short of them pays. A split takes each position out and
puts in what it has become: so many more shares, which cost the same in all. Options become more of a lower strike.
"""

import decimal
import math
import typing

import msgspec

from brokers.instruments.symbols import Option
from simulator.exchange import booking
from simulator.exchange.accounts import AccountSplit, Customer, SimAccount, SimHolding
from simulator.exchange.blotter import Blotter
from simulator.exchange.booking import SimBooked
from simulator.exchange.fees import CENT, Filled
from simulator.exchange.market_view import exact
from simulator.exchange.orders import Action, Transaction
from simulator.market import option_listing
from simulator.market.changes import Payout, ShareholderAction, Split

Decimal = decimal.Decimal
DIVIDEND, SPLIT = "Dividend", "Forward Split"
"""What these bookings are called."""
_NOTHING = Decimal(0)
EntryHearer = typing.Callable[[SimAccount, Transaction, Decimal], None]


class Entitlements:
    """Books in the accounts of `customers` what companies do. `end_orders` ends those for shares that are split."""

    def __init__(
        self, blotter: Blotter, customers: typing.Sequence[Customer], end_orders: typing.Callable[[str], None]
    ) -> None:
        self.hearers: list[EntryHearer] = []
        """Told of each booking, with what it is for: shares or contracts, below 0 where short or taken out."""
        self._blotter = blotter
        self._books = blotter.books
        self._customers = customers
        self._end_orders = end_orders
        self._books.market.action_hearers.append(self._take)

    def _take(self, action: ShareholderAction) -> None:
        accounts = {a.number: a for customer in self._customers for a in customer.accounts}.values()
        if isinstance(action, Payout):
            for account in accounts:
                self._pay(account, action)
            return
        self._end_orders(action.symbol)
        for account in accounts:
            _note_split(account, action)
            for holding in self._held(account, action.symbol):
                self._split(account, holding, action)

    def _pay(self, account: SimAccount, payout: Payout) -> None:
        each = exact(payout.amount)
        quantity = entitled(account, payout)
        value = (quantity * each).quantize(CENT)
        if value:
            account.cash += value
            name = self._books.market.tapes[payout.symbol].listing.name
            self._enter(
                account, quantity, type="Money Movement", sub_type=DIVIDEND, description=name.upper(), value=value,
                net=value, symbol=payout.symbol, price=each,
            )  # fmt: skip
            self._blotter.tell_balance(account)

    def _held(self, account: SimAccount, symbol: str) -> list[SimHolding]:
        """Return what an account holds of shares and of options on them."""
        terms = ((holding, self._books.terms(holding.symbol)) for holding in account.holdings)
        kinds = ("equity", "option")
        return [holding for holding, each in terms if each and each.underlying == symbol and each.kind in kinds]

    def _split(self, account: SimAccount, holding: SimHolding, action: Split) -> None:
        old, quantity, cost = holding.symbol, holding.quantity, holding.cost
        terms = self._books.terms(old)
        option = terms.option if terms is not None else None
        new = option_listing.split(option, action.ratio).symbol if isinstance(option, Option) else old
        if new != old:
            gone = msgspec.structs.replace(holding, quantity=_NOTHING, residue=_NOTHING)
            self._blotter.tell_booked(account, SimBooked(gone, Filled()))
        holding.symbol, holding.quantity = new, quantity * action.ratio
        holding.updated = booking.moment(self._books.market.at)
        booking.set_cost(holding, cost)
        self._exchange(account, old, -quantity, "Close")
        self._exchange(account, new, holding.quantity, "Open")
        self._blotter.tell_booked(account, SimBooked(holding, Filled()))
        self._blotter.tell_balance(account)

    def _exchange(self, account: SimAccount, symbol: str, quantity: Decimal, effect: str) -> None:
        """Book old shares that are taken out, or new ones that are put in."""
        action = typing.cast(Action, f"{'Buy' if quantity > 0 else 'Sell'} to {effect}")
        words = f"Forward split: {effect} {abs(quantity).normalize():f} {symbol}"
        self._enter(
            account, quantity, type="Receive Deliver", sub_type=SPLIT, description=words, value=_NOTHING, net=_NOTHING,
            symbol=symbol, action=action, quantity=abs(quantity), price=_NOTHING,
        )  # fmt: skip

    def _enter(self, account: SimAccount, shares: Decimal, **fields: typing.Any) -> None:
        market = self._books.market
        number = next(self._blotter.transactions)
        entry = Transaction(id=number, account=account.number, at=market.at, day=market.day, **fields)
        account.transactions.append(entry)
        for heard in self.hearers:
            heard(account, entry, shares)


def entitled(account: SimAccount, payout: Payout) -> Decimal:
    """Return how many shares an account held when the ex day began, in those of today: below 0 where it was short."""
    held = booking.find(account, payout.symbol)
    since = (
        signed(entry) * _grown(account, entry)
        for entry in account.transactions
        if entry.symbol == payout.symbol and entry.day >= payout.ex_day and entry.sub_type != SPLIT
    )
    return (held.quantity if held else _NOTHING) - sum(since, _NOTHING)


def _note_split(account: SimAccount, action: Split) -> None:
    """Note that what was booked so far is in old shares; an account that holds none of them has no booking of it."""
    if account.transactions:
        account.splits.append(AccountSplit(action.symbol, action.ratio, account.transactions[-1].id))


def _grown(account: SimAccount, entry: Transaction) -> int:
    """Return how many shares of today each share of a booking is."""
    return math.prod(
        split.ratio for split in account.splits if split.symbol == entry.symbol and split.booked >= entry.id
    )


def signed(entry: Transaction) -> Decimal:
    """Return what a booking added to a position."""
    if entry.quantity is None or entry.action is None:
        return _NOTHING
    return entry.quantity if entry.action.startswith("Buy") else -entry.quantity
