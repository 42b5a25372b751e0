"""What becomes of what has expired: options are exercised or assigned, or removed, futures are paid out. Pure.

An option in the money by a cent or more at its last moment is exercised, as the clearing house does it: what it is
on is delivered at the strike, for a flat fee. An account that must not borrow and cannot pay for the shares, or has
none to deliver, is paid what the option is worth instead. A future is closed at its last price.
"""

import decimal
import typing

from simulator.exchange import booking
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.booking import SimBooked, SimExecution
from simulator.exchange.fees import EXERCISE, Filled
from simulator.exchange.market_view import MarketView, Terms, exact
from simulator.exchange.orders import Fees, SimFill
from simulator.market.future_options import AnyOption

Decimal = decimal.Decimal
_NOTHING = Decimal(0)
_LEAST = Decimal("0.01")
_LONGEST_MS = 60_000
_TYPE = "Receive Deliver"


def next_moment(accounts: typing.Iterable[SimAccount], books: MarketView) -> int:
    """Return when something that is held expires next, in ms since the epoch; a minute from now at the latest."""
    held = (books.terms(holding.symbol) for account in accounts for holding in account.holdings)
    ends = (terms.expires_at for terms in held if terms is not None and terms.expires_at is not None)
    return min((*ends, books.market.at + _LONGEST_MS))


def settle(account: SimAccount, books: MarketView, numbers: typing.Iterator[int]) -> typing.Iterator[SimBooked]:
    """Settle everything in an account that has expired; yield each booking right after it was made."""
    for holding in list(account.holdings):
        terms = books.terms(holding.symbol)
        if terms is None or terms.expires_at is None or terms.expires_at > books.market.at:
            continue
        if terms.option is not None:
            yield from _settle(account, holding, terms, terms.option, books, numbers)
        else:
            yield _removed(account, holding, terms, "Expiration", spot(terms, books), books, numbers)


def _settle(
    account: SimAccount,
    holding: SimHolding,
    terms: Terms,
    option: AnyOption,
    books: MarketView,
    numbers: typing.Iterator[int],
) -> typing.Iterator[SimBooked]:
    sign = 1 if option.right == "C" else -1
    worth = sign * (spot(terms, books) - option.strike)
    side = 1 if holding.quantity > 0 else -1
    delivered = books.terms(terms.underlying)
    if worth < _LEAST or delivered is None:
        yield _removed(account, holding, terms, "Expiration", _NOTHING, books, numbers)
        return
    shares = holding.quantity * sign * terms.multiplier / delivered.multiplier
    if not _can_deliver(account, terms, shares * option.strike, shares):
        yield _removed(account, holding, terms, "Cash Settled Exercise", worth, books, numbers)
        return
    name = "Exercise" if side > 0 else "Assignment"
    yield _removed(account, holding, terms, name, _NOTHING, books, numbers)
    fill = _fill(abs(shares), option.strike, books)
    delivery = SimExecution(delivered, 1 if shares > 0 else -1, fill, books.market.day, type=_TYPE, flat=EXERCISE)
    yield booking.book(account, delivery, Filled(), numbers)


def spot(terms: Terms, books: MarketView) -> Decimal:
    """Return the price an option is settled at: the last of what it is on."""
    tape = books.market.tapes[terms.underlying]
    return exact(tape.last if tape.last is not None else tape.mid)


def _can_deliver(account: SimAccount, terms: Terms, cost: Decimal, shares: Decimal) -> bool:
    if account.margin:
        return True
    held = booking.find(account, terms.underlying)
    return account.cash >= cost + EXERCISE.total if shares > 0 else held is not None and held.quantity >= -shares


def _removed(
    account: SimAccount,
    holding: SimHolding,
    terms: Terms,
    name: str,
    price: Decimal,
    books: MarketView,
    numbers: typing.Iterator[int],
) -> SimBooked:
    """Take the option out of the account."""
    side = -1 if holding.quantity > 0 else 1
    words = f"Removal of {abs(holding.quantity).normalize():f} {terms.symbol} due to {name.lower()}"
    fill = _fill(abs(holding.quantity), price, books)
    execution = SimExecution(
        terms, side, fill, books.market.day, type=_TYPE, sub_type=name, description=words, flat=Fees()
    )
    return booking.book(account, execution, Filled(), numbers)


def _fill(quantity: Decimal, price: Decimal, books: MarketView) -> SimFill:
    return SimFill("", "", quantity, price, books.market.at, "")
