"""What the venue's own people do: change a public watchlist, freeze an account, move money. Whoever listens is told.

The names of a transfer's state, direction and method are not documented by the venue; these are plausible ones.
"""

import datetime
import decimal
import typing

import msgspec

from simulator.asgi import Json
from simulator.exchange import accounts
from simulator.exchange.account_status import StandingChange, change
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.orders import Transaction
from simulator.market import calendar
from simulator.market.tape import Tape
from simulator.tastytrade import watchlists
from simulator.tastytrade.account_stream.listener import PUBLIC_WATCHLISTS
from simulator.tastytrade.bodies import people, risk
from simulator.tastytrade.format import moment, number
from simulator.tastytrade.venue import SimTastytrade
from simulator.tastytrade.watchlists import SimTastytradeWatchlist


class SplitOrder(msgspec.Struct, forbid_unknown_fields=True):
    """New shares for an old one, as the next day begins."""

    symbol: str
    ratio: int


class DividendOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Dollars a share, to be paid as the next day begins to who holds it overnight."""

    symbol: str
    amount: float


class SimBackofficeError(ValueError):
    """Something the back office cannot do; the text says why."""


class PublicList(msgspec.Struct, forbid_unknown_fields=True):
    """A public watchlist to publish, in the place of one of its name. An existing one keeps its group and place."""

    name: str
    symbols: list[str]
    group: str = "tastytrade"


class SimTastytradeNewStatus(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change of what an account may do."""

    account: str
    change: StandingChange


class Transfer(msgspec.Struct, forbid_unknown_fields=True):
    """Money to move: dollars into the account, or out of it where `amount` is negative."""

    account: str
    amount: decimal.Decimal


def publish(venue: SimTastytrade, wanted: PublicList) -> SimTastytradeWatchlist:
    """Change or add a public watchlist."""
    known = venue.watchlists.public.get(wanted.name)
    group, index = (known.group_name, known.order_index) if known else (wanted.group, 9999)
    tapes = venue.market.tapes
    entries = [watchlists.entry(s, tapes[s].listing if s in tapes else None) for s in wanted.symbols]
    made = SimTastytradeWatchlist(wanted.name, entries, group, index)
    venue.watchlists.public[made.name] = made
    hears = PUBLIC_WATCHLISTS
    venue.announce("PublicWatchlists", watchlists.public_body(made), lambda listener: hears in listener.subscriptions)
    return made


def restrict(venue: SimTastytrade, wanted: SimTastytradeNewStatus) -> None:
    """Change what an account may do. Raises SimBackofficeError."""
    _, account = _found(venue, wanted.account)
    account.standing = change(account.standing, wanted.change, calendar.moment(venue.market.at))
    status = risk.trading_status_body(account, venue.market)
    venue.announce("TradingStatus", status, lambda listener: account.number in listener.numbers)


def transfer(venue: SimTastytrade, wanted: Transfer) -> Transaction:
    """Move money between an account and its bank, and book it. Raises SimBackofficeError."""
    customer, account = _found(venue, wanted.account)
    worth = accounts.worth(account, venue.market, venue.surface)
    free = people.figures(account, worth)["cash-available-to-withdraw"]
    if not wanted.amount.is_finite() or wanted.amount == 0 or -wanted.amount > free:
        raise SimBackofficeError(f"{wanted.amount} is nothing, or more than the {free} that can be withdrawn")
    entry = Transaction(
        id=next(venue.exchange.blotter.transactions),
        account=account.number,
        type="Money Movement",
        sub_type="Deposit" if wanted.amount > 0 else "Withdrawal",
        description="ACH DEPOSIT" if wanted.amount > 0 else "ACH DISBURSEMENT",
        at=venue.market.at,
        day=venue.market.day,
        value=wanted.amount,
        net=wanted.amount,
    )
    account.cash += wanted.amount
    account.transactions.append(entry)
    venue.announce("ExternalTransaction", transfer_body(entry), lambda listener: account.number in listener.numbers)
    venue.send_account_state(account, customer)
    return entry


def transfer_body(entry: Transaction) -> Json:
    """Describe a movement of money that is done."""
    return {
        "id": entry.id,
        "account-number": entry.account,
        "amount": number(abs(entry.value)),
        "bank-account-type": "Checking",
        "banking-date": entry.day.isoformat(),
        "created-at": moment(entry.at),
        "direction": "Incoming" if entry.value > 0 else "Outgoing",
        "disbursement-type": "Normal",
        "ext-transfer-id": f"LB{entry.id:010d}",
        "funds-available-date": entry.day.isoformat(),
        "is-cancelable": False,
        "is-clearing-accepted": True,
        "state": "Completed",
        "transfer-method": "ACH",
        "updated-at": moment(entry.at),
    }


def split(venue: SimTastytrade, wanted: SplitOrder) -> datetime.date:
    """Have shares split on the returned day. Raises SimBackofficeError."""
    return _order(venue, wanted.symbol, lambda tape: venue.market.actions.order_split(tape, wanted.ratio))


def dividend(venue: SimTastytrade, wanted: DividendOrder) -> datetime.date:
    """Have a dividend paid on the returned day, its ex day. Raises SimBackofficeError."""
    return _order(venue, wanted.symbol, lambda tape: venue.market.actions.order_dividend(tape, wanted.amount))


def _order(venue: SimTastytrade, symbol: str, order: typing.Callable[[Tape], None]) -> datetime.date:
    """Order something of a symbol for the beginning of the next day. Returns that day."""
    if symbol not in venue.market.tapes:
        raise SimBackofficeError(f"nothing trades as {symbol!r}")
    try:
        order(venue.market.tapes[symbol])
    except ValueError as error:
        raise SimBackofficeError(str(error)) from error
    return calendar.day_of(venue.market.day_ends)


def _found(venue: SimTastytrade, account: str) -> tuple[Customer, SimAccount]:
    if account not in venue.by_account:
        raise SimBackofficeError(f"no account {account!r}")
    return venue.by_account[account]


def _restrict(venue: SimTastytrade, body: bytes) -> Json:
    restrict(venue, msgspec.json.decode(body, type=SimTastytradeNewStatus))
    return {}


def _publish(venue: SimTastytrade, body: bytes) -> Json:
    return {"name": publish(venue, msgspec.json.decode(body, type=PublicList)).name}


def _transfer(venue: SimTastytrade, body: bytes) -> Json:
    return {"id": transfer(venue, msgspec.json.decode(body, type=Transfer)).id}


def _split(venue: SimTastytrade, body: bytes) -> Json:
    return {"day": split(venue, msgspec.json.decode(body, type=SplitOrder)).isoformat()}


def _dividend(venue: SimTastytrade, body: bytes) -> Json:
    return {"day": dividend(venue, msgspec.json.decode(body, type=DividendOrder)).isoformat()}


ACTS: dict[str, typing.Callable[[SimTastytrade, bytes], Json]] = {
    "standing": _restrict,
    "transfer": _transfer,
    "watchlist": _publish,
    "split": _split,
    "dividend": _dividend,
}
"""What the control door lets anybody do here, by its name there."""
