"""What positions require of an account: Regulation T with house rules, and trades tried on a portfolio. Pure.

Everything is in dollars. Long shares need half their value to be opened and a quarter to be kept, short shares half
and 30 %. Long options are paid in full and count for nothing. A short option needs nothing where shares cover it, the
width of the strikes where a long option does, and else the greater of 20 % of the underlying less what it is out of
the money and 10 %, plus its value; of two short sides that expire together only the dearer can lose, so the other
brings its value only. A cash account has no margin: shares count in full, puts are secured by cash, calls by shares.
"""

import collections
import decimal
import typing

import msgspec

from simulator.exchange.market_view import Kind, Terms

Decimal = decimal.Decimal
_NONE = Decimal(0)
_LONG_INITIAL, _LONG_MAINTENANCE = Decimal("0.50"), Decimal("0.25")
_SHORT_INITIAL, _SHORT_MAINTENANCE = Decimal("0.50"), Decimal("0.30")
_FUTURE_INITIAL, _FUTURE_MAINTENANCE = Decimal("0.055"), Decimal("0.05")
_NAKED: dict[Kind, tuple[Decimal, Decimal]] = {
    "option": (Decimal("0.20"), Decimal("0.10")),
    "future option": (Decimal("0.05"), Decimal("0.025")),
}
"""What an uncovered short option needs of its underlying's value: at the money, and at least."""


class MarginLot(msgspec.Struct):
    """A position in a portfolio: signed `quantity` and `value`, and the price of what it is on."""

    terms: Terms
    quantity: Decimal
    value: Decimal
    spot: Decimal


class MarginTrade(msgspec.Struct, frozen=True):
    """A trade to try: a signed quantity at a price, with the price of what it is on."""

    terms: Terms
    quantity: Decimal
    price: Decimal
    spot: Decimal


class Requirement(msgspec.Struct, frozen=True):
    """Dollars needed to open and to keep positions. `is_allowed` is False for what the account may not hold at all."""

    initial: Decimal = _NONE
    maintenance: Decimal = _NONE
    is_allowed: bool = True


class MarginPortfolio:
    """Cash and positions that trades can be tried on. `profit` is the open profit of the futures."""

    def __init__(self, cash: Decimal) -> None:
        self.cash = cash
        self.profit = _NONE
        self.lots: dict[str, MarginLot] = {}

    def add_position(
        self, terms: Terms, quantity: Decimal, price: Decimal, spot: Decimal, *, cost: Decimal = _NONE
    ) -> None:
        """Put a position in it that cost `cost` units of its price."""
        value = quantity * price * terms.multiplier
        self.lots[terms.symbol] = MarginLot(terms, quantity, value, spot)
        if terms.is_settled_daily:
            self.profit += value - cost * terms.multiplier

    def trade_all(self, trades: typing.Iterable[MarginTrade]) -> None:
        """Buy and sell. What is opened is held at the price it traded at."""
        for trade in trades:
            value = trade.quantity * trade.price * trade.terms.multiplier
            if not trade.terms.is_settled_daily:
                self.cash -= value
            self.lots[trade.terms.symbol] = self._merged(trade, value)

    def _merged(self, trade: MarginTrade, value: Decimal) -> MarginLot:
        terms, quantity = trade.terms, trade.quantity
        lot = self.lots.get(terms.symbol)
        if lot is None or not lot.quantity or not quantity:
            return lot if lot is not None and not quantity else MarginLot(terms, quantity, value, trade.spot)
        left = lot.quantity + quantity
        if (lot.quantity > 0) == (quantity > 0):
            return MarginLot(terms, left, lot.value + value, trade.spot)
        flips = left * lot.quantity < 0
        return MarginLot(terms, left, left * (value / quantity if flips else lot.value / lot.quantity), trade.spot)

    def available(self, *, is_margin: bool) -> Decimal:
        """Return what is left for new orders."""
        need = requirement(self.lots, is_margin=is_margin)
        counted = (lot.value for lot in self.lots.values() if bucket(lot.terms) in ("equity", "crypto"))
        return self.cash + self.profit + sum(counted, _NONE) - need.initial


def bucket(terms: Terms) -> typing.Literal["equity", "option", "future", "crypto"]:
    """Return the sum of a balance that a position belongs to."""
    match terms.kind:
        case "option" | "future option":
            return "option"
        case "future" | "crypto":
            return terms.kind
        case _:
            return "equity"


def requirement(lots: typing.Mapping[str, MarginLot], *, is_margin: bool) -> Requirement:
    """Return what all positions require together."""
    families: dict[str, list[MarginLot]] = collections.defaultdict(list)
    for lot in lots.values():
        if lot.quantity:
            families[lot.terms.underlying].append(lot)
    initial = maintenance = _NONE
    is_allowed = True
    for family in families.values():
        need = _family(family) if is_margin else _cash_family(family)
        initial, maintenance = initial + need.initial, maintenance + need.maintenance
        is_allowed = is_allowed and need.is_allowed
    return Requirement(initial, maintenance, is_allowed)


def _family(lots: list[MarginLot]) -> Requirement:
    """Return what the positions on one underlying require on margin."""
    initial = maintenance = _NONE
    for lot in lots:
        at_first, later = _RATES.get((bucket(lot.terms), lot.quantity > 0), (_NONE, _NONE))
        initial += abs(lot.value) * at_first
        maintenance += abs(lot.value) * later
    short = _short_options(lots)
    is_allowed = not any(bucket(lot.terms) == "crypto" and lot.quantity < 0 for lot in lots)
    return Requirement(initial + short, maintenance + short, is_allowed)


_RATES = {
    ("equity", True): (_LONG_INITIAL, _LONG_MAINTENANCE),
    ("equity", False): (_SHORT_INITIAL, _SHORT_MAINTENANCE),
    ("crypto", True): (Decimal(1), Decimal(1)),
    ("future", True): (_FUTURE_INITIAL, _FUTURE_MAINTENANCE),
    ("future", False): (_FUTURE_INITIAL, _FUTURE_MAINTENANCE),
}


def _cash_family(lots: list[MarginLot]) -> Requirement:
    """Return what they require in cash, and whether they may be held at all."""
    need = sum((lot.value for lot in lots if not lot.terms.is_option and lot.quantity > 0), _NONE)
    shares = sum((lot.quantity for lot in lots if not lot.terms.is_option), _NONE)
    is_allowed = shares >= 0 and not any(bucket(lot.terms) == "future" for lot in lots)
    for lot in lots:
        option = lot.terms.option
        if option is None or lot.quantity > 0:
            continue
        if option.right == "P":
            need += -lot.quantity * option.strike * lot.terms.multiplier
        else:
            shares += lot.quantity * lot.terms.multiplier
    return Requirement(need, need, is_allowed and shares >= 0)


class _Side(msgspec.Struct):
    """What the short options of one side and expiry need: `risk` without and `value` of the uncovered ones' own."""

    risk: Decimal = _NONE
    value: Decimal = _NONE


def _short_options(lots: list[MarginLot]) -> Decimal:
    """Return what the short options on one underlying need."""
    sides: dict[tuple[typing.Any, str], _Side] = collections.defaultdict(_Side)
    for right in "CP":
        cover = _Cover(lots, right)
        for lot in cover.shorts:
            side = sides[lot.terms.expires_at, right]
            risk, value = cover.need(lot)
            side.risk += risk
            side.value += value
    total = _NONE
    for expires_at in {key[0] for key in sides}:
        calls, puts = sides[expires_at, "C"], sides[expires_at, "P"]
        total += max(calls.risk + calls.value + puts.value, puts.risk + puts.value + calls.value)
    return total


class _Cover:
    """What covers the short options of one side: shares first, then long options that live as long."""

    def __init__(self, lots: list[MarginLot], right: str) -> None:
        self.sign = 1 if right == "C" else -1
        options = [lot for lot in lots if lot.terms.option is not None and lot.terms.option.right == right]
        self.shorts = sorted((lot for lot in options if lot.quantity < 0), key=lambda lot: self.sign * _strike(lot))
        self._longs = [(lot, lot.quantity) for lot in options if lot.quantity > 0]
        shares = sum((lot.quantity * lot.terms.multiplier for lot in lots if not lot.terms.is_option), _NONE)
        self._shares = max(_NONE, shares * self.sign)

    def need(self, short: MarginLot) -> tuple[Decimal, Decimal]:
        """Return the risk and the value of one short position, using up what covers it."""
        left, multiplier = -short.quantity, short.terms.multiplier
        covered = min(left, self._shares // multiplier)
        self._shares -= covered * multiplier
        left -= covered
        per_unit = abs(short.value / short.quantity)
        beyond = max(_NONE, self.sign * (short.spot - _strike(short))) * multiplier
        risk, value = covered * beyond, _NONE
        naked = _naked(short)
        for n, (long, free) in enumerate(self._longs):
            width = max(_NONE, self.sign * (_strike(long) - _strike(short))) * multiplier
            lives = (long.terms.expires_at or 0) >= (short.terms.expires_at or 0)
            if left and free and lives and width < naked + per_unit:
                paired = min(left, free)
                self._longs[n] = (long, free - paired)
                left -= paired
                risk += paired * width
        return risk + left * naked, value + left * per_unit


def _naked(short: MarginLot) -> Decimal:
    """Return what one uncovered short option needs besides its value."""
    at_money, least = _NAKED[short.terms.kind]
    sign = 1 if short.terms.option is not None and short.terms.option.right == "C" else -1
    out = max(_NONE, sign * (_strike(short) - short.spot))
    floor = short.spot if sign > 0 else _strike(short)
    return max(at_money * short.spot - out, least * floor) * short.terms.multiplier


def _strike(lot: MarginLot) -> Decimal:
    return lot.terms.option.strike if lot.terms.option else _NONE
