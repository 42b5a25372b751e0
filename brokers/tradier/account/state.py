"""The accounts of one link: profile, balances, positions and order events, as ours. Pure.

Source: docs.tradier.com. The venue tells neither what a position is worth nor which side it is on: its quantity is
signed, its cost is of the whole, and its mark comes from a quote. A field it leaves out is known to be missing.
"""

import datetime
import decimal
from collections.abc import Iterable, Mapping

import msgspec

from brokers.contract.broker import AccountIdentity
from brokers.contract.events import Balance, Position
from brokers.instruments.calendar import NEW_YORK
from brokers.instruments.decimals import money
from brokers.instruments.symbols import normalise, parse_option
from brokers.tradier.decoding import Raw, rows, utc

Key = tuple[str, str]
_SIXTH = decimal.Decimal("0.000001")


def to_accounts(profile: Raw) -> list[AccountIdentity]:
    """Read `/user/profile`: the accounts of a person, closed ones too."""
    found = []
    for account in rows(profile, "profile", "account"):
        number = account.get("account_number")
        if isinstance(number, str) and number:
            words = [word for name in ("classification", "type") if isinstance(word := account.get(name), str)]
            status = account.get("status")
            found.append(
                AccountIdentity(
                    number=number,
                    kind=" ".join(words).replace("_", " ") or None,
                    closed=isinstance(status, str) and status != "active",
                )
            )
    return found


def to_balance(answer: Raw, account: str, link: str, at: int) -> Balance:
    """Return an account's money. `day_pl` is not carried: the venue tells what was closed, not what the day brought.

    Raises ValueError where the answer has no balances.
    """
    found = rows(answer, "balances")
    if not found:
        raise ValueError("no balances")
    raw = found[0]
    own: Raw = next((own for kind in ("margin", "pdt", "cash") for own in rows(raw, kind)), {})
    available = money(own.get("cash_available"))
    stock = money(own.get("stock_buying_power"))
    option = money(own.get("option_buying_power"))
    equity = available if stock is None else stock
    return Balance(
        link=link,
        account=account,
        currency="USD",
        balance=money(raw.get("total_equity")),
        cash=money(raw.get("total_cash")),
        buying_power=equity,
        equity_buying_power=equity,
        derivative_buying_power=available if option is None else option,
        maintenance=money(raw.get("current_requirement")),
        at=at,
    )


class TradierMark(msgspec.Struct, frozen=True):
    """What one unit of a holding is worth now, and was at the previous close; None is unknown."""

    price: decimal.Decimal | None
    previous: decimal.Decimal | None


def to_mark(raw: Raw) -> TradierMark:
    """Read a quote over REST: options are worth the middle of their book, all else its last trade."""
    bid, ask, last = (money(raw.get(name)) or None for name in ("bid", "ask", "last"))
    middle = (bid + ask) / 2 if bid is not None and ask is not None and bid <= ask else None
    price = middle or last if raw.get("type") == "option" else last or middle
    return TradierMark(price, money(raw.get("prevclose")) or None)


def to_position(raw: Raw, account: str, link: str, mark: TradierMark | None, at: int) -> Position:
    """Return one holding. `day_pl` is since the previous close, or since it was opened if that was today.

    Raises ValueError without a symbol.
    """
    name = raw.get("symbol")
    if not isinstance(name, str) or not name:
        raise ValueError("no symbol")
    symbol, option = normalise(name), parse_option(name)
    quantity, cost = money(raw.get("quantity")), money(raw.get("cost_basis"))
    multiplier = decimal.Decimal(100 if option else 1)
    units = None if quantity is None else quantity * multiplier
    price = mark.price if mark else None
    worth = None if price is None or units is None else price * units
    signed = _signed(cost, units)
    before = mark.previous * units if mark and mark.previous is not None and units is not None else None
    return Position(
        link=link,
        account=account,
        symbol=symbol,
        underlying=option.root if option else symbol,
        instrument="Equity Option" if option else "Equity",
        quantity=quantity,
        multiplier=multiplier,
        average_price=abs(cost / units).quantize(_SIXTH) if cost is not None and units else None,
        close_price=mark.previous if mark else None,
        mark=price,
        mark_source=None if price is None else "venue",
        day_pl=_less(worth, signed if _is_new(raw, at) else before),
        open_pl=_less(worth, signed),
        at=at,
    )


def _signed(cost: decimal.Decimal | None, units: decimal.Decimal | None) -> decimal.Decimal | None:
    """Return what a holding cost: what was got for a short one is negative, however the venue writes it."""
    if cost is None or units is None:
        return None
    return -abs(cost) if units < 0 else abs(cost)


def _less(worth: decimal.Decimal | None, base: decimal.Decimal | None) -> decimal.Decimal | None:
    return None if worth is None or base is None else worth - base


def _is_new(raw: Raw, at: int) -> bool:
    """Whether it was acquired on the day of `at`, in New York."""
    acquired = utc(raw.get("date_acquired"))
    return acquired is not None and _date(acquired) == _date(at)


def _date(at: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(at / 1000, NEW_YORK).date()


class TradierAccountState:
    """Which holdings one link's accounts were last said to have, so that those that are gone can be told so."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.bad = 0
        """How many objects could not be read."""
        self._held: set[Key] = set()

    def positions(self, account: str, raws: Iterable[Raw], marks: Mapping[str, TradierMark], at: int) -> list[Position]:
        """Take all of an account's positions. Those it no longer has are `gone`, if all could be read."""
        told: dict[Key, Position] = {}
        is_whole = True
        for raw in raws:
            try:
                position = to_position(raw, account, self.link, marks.get(raw.get("symbol", "")), at)
            except (ValueError, ArithmeticError):
                is_whole = False
                self.bad += 1
                continue
            if position.quantity != 0:
                told[account, position.symbol] = position
        gone = {key for key in self._held if key[0] == account and key not in told} if is_whole else set()
        self._held = self._held - gone | told.keys()
        return [*told.values(), *(Position(link=self.link, account=a, symbol=s, gone=True) for a, s in sorted(gone))]


class Notice(msgspec.Struct, frozen=True):
    """An order of an account changed. The venue says neither what it is for, nor always at what price it was filled."""

    account: str
    order: int
    is_filled: bool
    """Whether something of it was filled, so that the account has other positions and money now."""


_FILLED = ("filled", "partially_filled")


def to_notice(raw: Raw) -> Notice | None:
    """Read a frame of the account stream. None for a heartbeat, or what is not about an order.

    Raises ValueError on an order without an id or an account.
    """
    if raw.get("event") != "order":
        return None
    account, order = raw.get("account"), raw.get("id")
    if not isinstance(account, str) or not isinstance(order, int):
        raise ValueError("an order event without its order")
    filled = money(raw.get("executed_quantity")) or money(raw.get("last_fill_quantity"))
    return Notice(account, order, raw.get("status") in _FILLED or bool(filled))
