"""The account of one key: who it is, its money and what it holds, as ours. Pure.

What the venue thinks a position is worth is left out: its prices are its own, and no prices of this desk.
"""

import decimal
from collections.abc import Iterable

import msgspec

from brokers.adapter.seen_reports import KEPT
from brokers.alpaca.decoding import Raw, text
from brokers.alpaca.symbols import kind_of, multiplier_of, symbol_of, underlying_of
from brokers.contract.broker import AccountIdentity
from brokers.contract.events import Balance, Money, Position
from brokers.contract.reports import FillReport
from brokers.instruments.decimals import money

_CLOSED = ("ACCOUNT_CLOSED", "REJECTED")


def to_identity(raw: Raw) -> AccountIdentity:
    """Read `/v2/account`. Raises ValueError where it has no number."""
    number = text(raw.get("account_number"))
    if number is None:
        raise ValueError("an account without a number")
    is_barred = any(raw.get(name) is True for name in ("trading_blocked", "account_blocked", "trade_suspended_by_user"))
    multiplier = money(raw.get("multiplier"))
    return AccountIdentity(
        number=number,
        kind=None if multiplier is None else "cash" if multiplier == 1 else "margin",
        authority="read-only" if is_barred else None,
        closed=raw.get("status") in _CLOSED,
    )


def to_balance(raw: Raw, link: str, at: int) -> Balance:
    """Return the account's money. `day_pl` is the venue's own: its equity less that of the previous close."""
    equity, before = money(raw.get("equity")), money(raw.get("last_equity"))
    return Balance(
        link=link,
        account=to_identity(raw).number,
        currency=text(raw.get("currency")) or "USD",
        balance=equity,
        cash=money(raw.get("cash")),
        buying_power=money(raw.get("buying_power")),
        equity_buying_power=money(raw.get("buying_power")),
        derivative_buying_power=money(raw.get("options_buying_power")),
        maintenance=money(raw.get("maintenance_margin")),
        day_pl=None if equity is None or before is None else equity - before,
        at=at,
    )


def to_position(raw: Raw, link: str, account: str, at: int) -> Position:
    """Return one holding. Raises ValueError without a symbol or a quantity."""
    name, quantity = text(raw.get("symbol")), money(raw.get("qty"))
    if name is None or quantity is None:
        raise ValueError("a position without a symbol or a quantity")
    symbol = symbol_of(name, raw.get("asset_class"))
    return Position(
        link=link,
        account=account,
        symbol=symbol,
        underlying=underlying_of(symbol),
        instrument=kind_of(symbol, raw.get("asset_class")),
        quantity=-abs(quantity) if raw.get("side") == "short" else quantity,
        multiplier=multiplier_of(symbol),
        average_price=money(raw.get("avg_entry_price")),
        at=at,
    )


class _Word(msgspec.Struct, frozen=True):
    """What a fill said of a position: how much there is, as of which moment (ms), until when it is believed (s)."""

    position: Position
    at: int
    until: float


class AlpacaAccountState:
    """What the account was last said to hold: by readings of all of it, and by fills, which come sooner.

    `now` is seconds of the monotonic clock.
    """

    def __init__(self, link: str, late_s: float) -> None:
        self.link = link
        self.bad = 0
        """How many positions could not be read."""
        self._late_s = late_s
        self._held: set[tuple[str, str]] = set()
        self._words: dict[tuple[str, str], _Word] = {}

    def filled(self, fill: FillReport, now: float) -> Position | None:
        """Take what a fill says of its position. None where it says nothing, or a newer one said it before."""
        key = fill.account, fill.symbol
        before = self._words.get(key)
        if fill.position is None or (before is not None and before.at > fill.at):
            return None
        position = Position(
            link=self.link,
            account=fill.account,
            symbol=fill.symbol,
            underlying=fill.underlying or fill.symbol,
            instrument=fill.instrument or "Equity",
            quantity=fill.position,
            multiplier=fill.multiplier,
            at=fill.at,
        )
        self._words[key] = _Word(position, fill.at, now + self._late_s)
        while len(self._words) > KEPT:
            del self._words[next(iter(self._words))]
        return self._told(position)

    def _told(self, position: Position) -> Position:
        key = position.account, position.symbol
        if position.quantity == 0:
            self._held.discard(key)
            return Position(link=self.link, account=position.account, symbol=position.symbol, gone=True)
        self._held.add(key)
        return position

    def read(self, raws: Iterable[Raw], account: str, at: int, now: float) -> list[Position]:
        """Take all the account holds; what is gone is `gone`, if all could be read.

        Readings may be late: for a while the fill is right about its position.
        """
        found: dict[str, Position] = {}
        is_whole = True
        for raw in raws:
            try:
                position = to_position(raw, self.link, account, at)
            except (ValueError, decimal.InvalidOperation):
                is_whole, self.bad = False, self.bad + 1
                continue
            if position.quantity != 0:
                found[position.symbol] = position
        told = [
            self._told(position)
            for symbol, position in found.items()
            if not self._is_late(account, symbol, position.quantity, now)
        ]
        missing = {symbol for held, symbol in self._held if held == account} - found.keys() if is_whole else set()
        gone = [symbol for symbol in sorted(missing) if not self._is_late(account, symbol, _NONE, now)]
        return told + [self._told(Position(link=self.link, account=account, symbol=s, quantity=_NONE)) for s in gone]

    def _is_late(self, account: str, symbol: str, quantity: Money, now: float) -> bool:
        """Whether a fill said otherwise so lately that a reading may not know of it yet."""
        word = self._words.get((account, symbol))
        return word is not None and now < word.until and word.position.quantity != quantity


_NONE = decimal.Decimal(0)
