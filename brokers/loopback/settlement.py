"""What becomes of options that have expired: exercised or assigned when in the money, removed when not. Pure.

An option in the money by a cent or more at its last moment is exercised, as the clearing house does it: what it is
on is delivered at the strike, for a flat fee. An account that must not borrow and cannot pay for the shares, or has
none to deliver, is paid what the option is worth instead.
"""

import datetime
import decimal
import typing

from brokers.loopback import booking, calendar
from brokers.loopback.accounts import Account, Holding
from brokers.loopback.booking import Booked, Execution
from brokers.loopback.books import Books, Terms, exact
from brokers.loopback.fees import EXERCISE, Filled
from brokers.loopback.future_options import AnyOption
from brokers.loopback.orders import Fees, Fill

Decimal = decimal.Decimal
_NOTHING = Decimal(0)
_LEAST = Decimal("0.01")
_TYPE = "Receive Deliver"


def next_closing(at: int) -> int:
    """Return the next moment after `at` at which options expire, in ms since the epoch."""
    day = calendar.day_of(at)
    while calendar.closing(day) <= at:
        day += datetime.timedelta(days=1)
    return calendar.closing(day)


def settle(account: Account, books: Books, numbers: typing.Iterator[int]) -> typing.Iterator[Booked]:
    """Settle every expired option of an account; yield each booking right after it was made."""
    for holding in list(account.holdings):
        terms = books.terms(holding.symbol)
        if terms is not None and terms.option and terms.expires_at is not None and terms.expires_at <= books.market.at:
            yield from _settle(account, holding, terms, terms.option, books, numbers)


def _settle(
    account: Account, holding: Holding, terms: Terms, option: AnyOption, books: Books, numbers: typing.Iterator[int]
) -> typing.Iterator[Booked]:
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
    delivery = Execution(delivered, 1 if shares > 0 else -1, fill, books.market.day, type=_TYPE, flat=EXERCISE)
    yield booking.book(account, delivery, Filled(), numbers)


def spot(terms: Terms, books: Books) -> Decimal:
    """Return the price an option is settled at: the last of what it is on."""
    tape = books.market.tapes[terms.underlying]
    return exact(tape.last if tape.last is not None else tape.mid)


def _can_deliver(account: Account, terms: Terms, cost: Decimal, shares: Decimal) -> bool:
    if account.margin:
        return True
    held = booking.find(account, terms.underlying)
    return account.cash >= cost + EXERCISE.total if shares > 0 else held is not None and held.quantity >= -shares


def _removed(
    account: Account,
    holding: Holding,
    terms: Terms,
    name: str,
    price: Decimal,
    books: Books,
    numbers: typing.Iterator[int],
) -> Booked:
    """Take the option out of the account."""
    side = -1 if holding.quantity > 0 else 1
    words = f"Removal of {abs(holding.quantity).normalize():f} {terms.symbol} due to {name.lower()}"
    fill = _fill(abs(holding.quantity), price, books)
    execution = Execution(
        terms, side, fill, books.market.day, type=_TYPE, sub_type=name, description=words, flat=Fees()
    )
    return booking.book(account, execution, Filled(), numbers)


def _fill(quantity: Decimal, price: Decimal, books: Books) -> Fill:
    return Fill("", "", quantity, price, books.market.at, "")
