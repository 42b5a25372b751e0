"""One holding at its mark: what it is worth, made and would make, and how it moves with its underlying. Pure."""

import decimal
import typing
from collections.abc import Callable

from brokers.contract.events import Position
from streaming.board.board import Item
from trading.portfolio import marks
from trading.portfolio.marks import MARKET, Mark, exact
from trading.portfolio.pnl import ZERO, gain
from trading.portfolio.trades_today import Key, TradesToday

GREEKS = ("delta", "gamma", "theta", "vega")
_STILL: dict[str, typing.Any] = dict.fromkeys(("value", "open_pl", "beta_delta", *GREEKS), ZERO)
"""What is worth nothing more, and moves with nothing."""
Amount = decimal.Decimal | None
Find = Callable[[str, str], Item]
"""Finds what the board has of a kind (quote, day, greeks, profile) of a symbol; empty where nothing is."""


class PortfolioHolding(typing.NamedTuple):
    """One holding, or what was dealt today in one that is gone (`held` is False). Greeks are those of all of it."""

    key: Key
    environment: str
    underlying: str
    held: bool = True
    mark: Mark | None = None
    value: Amount = None
    day_pl: Amount = None
    realised_pl: Amount = None
    open_pl: Amount = None
    delta: Amount = None
    gamma: Amount = None
    theta: Amount = None
    vega: Amount = None
    beta_delta: Amount = None

    @property
    def is_whole(self) -> bool:
        """Whether every amount is known."""
        return None not in (self.value, self.day_pl, self.open_pl)

    def emptied(self) -> "PortfolioHolding":
        """Return what is left of it when nothing is held any more: what it made."""
        return self._replace(held=False, **_STILL)

    def position(self) -> Position:
        """Return what the board is told of it: what the desk worked out, and nothing of what the venue said."""
        link, account, symbol = self.key
        mark = self.mark
        return Position(
            link=link,
            account=account,
            symbol=symbol,
            mark=None if mark is None else mark.price,
            mark_source=None if mark is None else mark.source,
            mark_at=None if mark is None else mark.at,
            mark_link=None if mark is None else mark.link,
            **{name: getattr(self, name) for name in ("value", "day_pl", "realised_pl", "open_pl", *GREEKS)},
        )


def value(item: Item, environment: str, find: Find, venue: Mark | None, dealt: TradesToday) -> PortfolioHolding:
    """Value one position as the board has it: at its quote, else at its `venue`'s own mark."""
    key = (item["link"], item["account"], item["symbol"])
    symbol, quantity, day = item["symbol"], item.get("quantity"), find("day", item["symbol"])
    mark = _better(marks.mark(find("quote", symbol), day), venue)
    each = marks.multiplier(symbol, item.get("multiplier"), dealt.multiplier)
    named = marks.underlying(symbol, item.get("underlying"))
    holding = PortfolioHolding(key, environment, named, mark=mark)
    if quantity is None or each is None:
        return holding
    price = None if mark is None else mark.price
    close = item.get("close_price") or marks.closed(day)
    open_pl = gain(price, item.get("average_price"), quantity, each)
    worth = open_pl if marks.is_future(symbol) else gain(price, ZERO, quantity, each)
    greeks = _greeks(symbol, find, quantity * each)
    return holding._replace(
        value=worth,
        day_pl=dealt.day_pl(quantity, price, close, each),
        realised_pl=dealt.realised_pl,
        open_pl=open_pl,
        beta_delta=_weighted(greeks["delta"], named, find),
        **greeks,
    )


def ended(key: Key, environment: str, find: Find, dealt: TradesToday) -> PortfolioHolding:
    """Return what was dealt today in what is held no more."""
    close = marks.closed(find("day", key[2]))
    each = marks.multiplier(key[2], dealt.multiplier)
    holding = PortfolioHolding(key, environment, marks.underlying(key[2], dealt.underlying)).emptied()
    if each is None:
        return holding
    return holding._replace(day_pl=dealt.day_pl(ZERO, None, close, each), realised_pl=dealt.realised_pl)


def _better(ours: Mark | None, venue: Mark | None) -> Mark | None:
    """Prefer a book or a trade to the venue's own mark, and that to the close before."""
    return venue if venue is not None and (ours is None or ours.source == "close") else ours


def _greeks(symbol: str, find: Find, units: decimal.Decimal) -> dict[str, typing.Any]:
    """Return the Greeks of so many `units` of the underlying, or of options on them."""
    if not marks.is_option(symbol):
        return {"delta": units, "gamma": ZERO, "theta": ZERO, "vega": ZERO}
    told = find("greeks", symbol)
    each = {name: exact(told.get(name)) for name in GREEKS}
    return {name: None if one is None else one * units for name, one in each.items()}


def _weighted(delta: Amount, underlying: str, find: Find) -> Amount:
    """Return a delta in shares of the market; None where the underlying's beta, or a price, is not known."""
    if delta is None or underlying == MARKET or delta == ZERO:
        return delta
    beta = exact(find("profile", underlying).get("beta"))
    own, market = (marks.mark(find("quote", one), find("day", one)) for one in (underlying, MARKET))
    if beta is None or own is None or market is None or not market.price:
        return None
    return delta * beta * own.price / market.price
