"""The accounts of one link: the venue's balances and positions, over REST and as notifications, in order. Pure.

Every object the venue sends is whole. A field it leaves out is known to be missing (None), never 0.
"""

import datetime
import decimal
from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from brokers.contract.events import Balance, Position
from brokers.instruments import decimals
from brokers.instruments.symbols import normalise

Raw = dict[str, Any]
Key = tuple[str, str]
_NEVER = datetime.datetime.min.replace(tzinfo=datetime.UTC)


def money(raw: Raw, key: str) -> decimal.Decimal | None:
    """Read an amount: a text or a number, made negative by its companion `<key>-effect`. Unreadable is None."""
    amount = decimals.money(raw.get(key))
    return -abs(amount) if amount is not None and raw.get(f"{key}-effect") == "Debit" else amount


def when(raw: Raw) -> datetime.datetime:
    """Read `updated-at`. Without one an object is older than any other."""
    try:
        read = datetime.datetime.fromisoformat(raw["updated-at"])
    except (KeyError, TypeError, ValueError):
        return _NEVER
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)


def _name(raw: Raw, key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"no {key}")
    return value


def to_balance(raw: Raw, link: str, at: int) -> Balance:
    """Return an account's money. `buying_power` is the equity buying power: what a stock order may spend.

    `day_pl` is not carried: the venue's balances do not tell deposits from profits. Raises ValueError without an
    account number.
    """
    equity = money(raw, "equity-buying-power")
    return Balance(
        link=link,
        account=_name(raw, "account-number"),
        currency=raw["currency"] if isinstance(raw.get("currency"), str) else "USD",
        balance=money(raw, "net-liquidating-value"),
        cash=money(raw, "cash-balance"),
        buying_power=equity,
        equity_buying_power=equity,
        derivative_buying_power=money(raw, "derivative-buying-power"),
        maintenance=money(raw, "maintenance-requirement"),
        at=at,
    )


def quantity(raw: Raw) -> decimal.Decimal | None:
    """Return the signed quantity; None where the venue's direction is unknown."""
    size = money(raw, "quantity")
    match raw.get("quantity-direction"):
        case "Zero":
            return decimal.Decimal(0)
        case "Long":
            return size
        case "Short":
            return None if size is None else -abs(size)
        case _:
            return size if size == 0 else None


def gain(mark: Any, base: Any, size: Any, multiplier: Any) -> decimal.Decimal | None:
    """Return the unrealised gain of `size` since `base`, exact; None where anything is missing."""
    if None in (mark, base, size, multiplier):
        return None
    return (mark - base) * size * multiplier  # type: ignore[no-any-return]


def to_position(raw: Raw, link: str, at: int, mark: decimal.Decimal | None) -> Position:
    """Return one holding, marked at `mark` (per share) where the object itself has no `mark-price`.

    `day_pl` is unrealised: since the previous close, or since the trade for what was opened today, which is what
    `average-daily-market-close-price` means. Raises ValueError without account or symbol.
    """
    size, multiplier = quantity(raw), money(raw, "multiplier")
    own = money(raw, "mark-price")
    mark = mark if own is None else own
    average = money(raw, "average-open-price")
    underlying, kind = raw.get("underlying-symbol"), raw.get("instrument-type")
    return Position(
        link=link,
        account=_name(raw, "account-number"),
        symbol=normalise(_name(raw, "symbol")),
        underlying=normalise(underlying) if isinstance(underlying, str) else UNSET,
        instrument=kind if isinstance(kind, str) else UNSET,
        quantity=size,
        multiplier=multiplier,
        average_price=average,
        close_price=money(raw, "close-price"),
        mark=mark,
        mark_source=None if mark is None else "venue",
        day_pl=gain(mark, money(raw, "average-daily-market-close-price"), size, multiplier),
        open_pl=gain(mark, average, size, multiplier),
        at=at,
    )


class TastytradeAccountState:
    """What one link's accounts were last said to be. Older news than what is known is passed over.

    Times `now` and `asked` are of one monotonic clock, in seconds; `at` is in milliseconds since the epoch.
    """

    def __init__(self, link: str) -> None:
        self.link = link
        self.bad = 0
        """How many objects could not be read."""
        self._newest: dict[Key, tuple[datetime.datetime, float]] = {}
        self._held: dict[Key, decimal.Decimal | None] = {}
        self._marks: dict[Key, decimal.Decimal] = {}

    def balance(self, raw: Raw, at: int, now: float, asked: float | None = None) -> Balance | None:
        """Take a balance. `asked` is when it was asked for over REST; None for a notification."""
        balance = to_balance(raw, self.link, at)
        return balance if self._is_news((balance.account, ""), when(raw), now, asked) else None

    def position(self, raw: Raw, at: int, now: float, asked: float | None = None) -> Position | None:
        """Take a position; a quantity of zero is its end."""
        key = (_name(raw, "account-number"), normalise(_name(raw, "symbol")))
        position = to_position(raw, self.link, at, self._marks.get(key))
        if not self._is_news(key, when(raw), now, asked):
            return None
        if position.quantity == 0:
            return self._gone(key)
        self._held[key] = position.quantity if isinstance(position.quantity, decimal.Decimal) else None
        if isinstance(position.mark, decimal.Decimal):
            self._marks[key] = position.mark
        return position

    def positions(self, account: str, raws: Iterable[Raw], at: int, now: float, asked: float) -> list[Position]:
        """Take all of an account's positions. Those it no longer has are `gone`, if all could be read."""
        told: list[Position] = []
        seen: set[Key] = set()
        whole = True
        for raw in raws:
            try:
                seen.add((account, normalise(_name(raw, "symbol"))))
                position = self.position(raw, at, now, asked)
            except ValueError:
                whole = False
                self.bad += 1
                continue
            if position is not None:
                told.append(position)
        if whole:
            missing = [key for key in self._held if key[0] == account and key not in seen]
            told += [self._gone(key) for key in missing if self._newest[key][1] < asked]
        return told

    def changes_quantity(self, raw: Raw) -> bool:
        """Whether the notification `raw` is a fill rather than a mark: everything else of the account moved too."""
        try:
            key = (_name(raw, "account-number"), normalise(_name(raw, "symbol")))
        except ValueError:
            return True
        return self._held.get(key, decimal.Decimal(0)) != quantity(raw)

    def _gone(self, key: Key) -> Position:
        self._held.pop(key, None)
        self._marks.pop(key, None)
        return Position(link=self.link, account=key[0], symbol=key[1], gone=True)

    def _is_news(self, key: Key, updated: datetime.datetime, now: float, asked: float | None) -> bool:
        """Remember the newest word. What REST says is older only than news that came while it was asked."""
        known, heard = self._newest.get(key, (_NEVER, float("-inf")))
        overtaken = asked is None or heard >= asked
        if overtaken and updated < known:
            return False
        self._newest[key] = (updated, now)
        return True
