"""One expiration of a chain: which of its options are shown, around the money, and what is told of each. Pure.

A row is one option. Rows are counted from the strike nearest the underlying's price outwards, the call of a strike
before its put; the band moves with the price, but not back and forth while that stands between two strikes.
"""

import bisect
import datetime
import decimal
import typing
from collections.abc import Collection, Iterator, Mapping

import msgspec

from brokers.contract.broker import Strike
from brokers.contract.events import Slot
from streaming.board.board import Item
from streaming.wire import frames
from streaming.wire.subscription import Subscription

PACE_MS = 250
"""The least time between two rounds of news."""
MOST = 500
"""Options watched of one expiration, at most: those nearest the money."""
STAYS = 0.75
"""How far the price must be from the strike in the middle, as a part of the way to another one, to move the band."""

Slots = Mapping[Slot, Item]


class Listed(msgspec.Struct, frozen=True):
    """What a venue lists of one root on one day."""

    date: datetime.date
    root: str
    strikes: tuple[Strike, ...]


class ShownOption(typing.NamedTuple):
    """One option of the expiration."""

    symbol: str
    strike: decimal.Decimal
    type: typing.Literal["call", "put"]


def options(listed: Listed) -> list[ShownOption]:
    """Return every option, by strike, the call before the put."""
    found = []
    for one in listed.strikes:
        if one.call is not None:
            found.append(ShownOption(one.call, one.strike, "call"))
        if one.put is not None:
            found.append(ShownOption(one.put, one.strike, "put"))
    return found


def underlying_price(quote: Item | None) -> float | None:
    """Return where the underlying stands, in dollars or points: the middle of its book, else its last trade."""
    if quote is None:
        return None
    bid, ask = quote.get("bid"), quote.get("ask")
    if bid and ask:
        return float(bid + ask) / 2
    last = quote.get("last")
    return float(last) if last else None


class ShownChain:
    """What clients of one person see together of one expiration."""

    def __init__(self, underlying: str, listed: Listed) -> None:
        self.underlying = underlying
        self.listed = listed
        self.options = options(listed)
        self.middle: decimal.Decimal | None = None
        """The strike in the middle of every band; None until the price is known."""
        self.rows: dict[object, int] = {}
        """How many rows each client wants to see."""
        self._strikes = [one.strike for one in listed.strikes]
        self._by_symbol = {one.symbol: one for one in self.options}
        self._places = {one.symbol: place for place, one in enumerate(self.options)}
        self._order: list[str] = []
        """Symbols from the middle outwards."""
        self._shown: dict[int, frozenset[str]] = {}
        self._told: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Chain {self.underlying} {self.listed.date} {self.listed.root} around {self.middle}>"

    @property
    def band(self) -> frozenset[str]:
        """The options that somebody sees."""
        return self.shown(max(self.rows.values(), default=0))

    @property
    def view(self) -> Subscription:
        """What must be watched for it."""
        band = self.band
        return Subscription(quotes=band | {self.underlying}, greeks=band, topics=frozenset({"links"}), pace_ms=PACE_MS)

    def shown(self, rows: int) -> frozenset[str]:
        """Return the options of so many rows; none while it is not known where the money is and not all are wanted."""
        rows = min(rows, MOST)
        if rows >= len(self.options):
            return frozenset(self._by_symbol)
        if rows not in self._shown:
            self._shown[rows] = frozenset(self._order[:rows])
        return self._shown[rows]

    def stand(self, spot: float | None) -> bool:
        """Take the underlying's price; without one, the middle of the list, if nothing better is known.

        Returns whether the band moved.
        """
        if not self._strikes or (spot is None and self.middle is not None):
            return False
        if spot is None:
            return self._move(self._strikes[len(self._strikes) // 2])
        nearest = self._nearest(spot)
        if self.middle is None:
            return self._move(nearest)
        way = abs(float(nearest) - float(self.middle))
        return bool(way) and abs(spot - float(self.middle)) >= STAYS * way and self._move(nearest)

    def _nearest(self, spot: float) -> decimal.Decimal:
        at = bisect.bisect_left(self._strikes, spot)
        return min(self._strikes[max(0, at - 1) : at + 1], key=lambda strike: abs(float(strike) - spot))

    def _move(self, middle: decimal.Decimal) -> bool:
        self.middle = middle
        ordered = sorted(self.options, key=lambda one: (abs(one.strike - middle), one.strike, one.type))
        self._order = [one.symbol for one in ordered]
        self._shown.clear()
        return True

    def render_changes(self, slots: Slots, changed: Collection[Slot]) -> Iterator[tuple[str, str | None]]:
        """Yield the rows that changed, by symbol, as JSON; those that nobody sees any more with None."""
        if ("quote", self.underlying) in changed:
            self.stand(underlying_price(slots.get(("quote", self.underlying))))
        band = self.band
        news = {slot[1] for slot in changed if slot[0] in _OF_OPTIONS} & band
        if band != self._told:
            news |= band - self._told
            for symbol in self._told - band:
                yield symbol, None
            self._told = band
        for symbol in news:
            yield symbol, frames.dumps(self.row(symbol, slots))

    def row(self, symbol: str, slots: Slots) -> Item:
        """Return what is told of one option. What is not known is null."""
        option = self._by_symbol[symbol]
        quote, day = slots.get(("quote", symbol), _NOTHING), slots.get(("day", symbol), _NOTHING)
        greeks = slots.get(("greeks", symbol), _NOTHING)
        return {
            "symbol": symbol,
            "strike": option.strike,
            "type": option.type,
            "bid": quote.get("bid"),
            "ask": quote.get("ask"),
            "delta": greeks.get("delta"),
            "gamma": greeks.get("gamma"),
            "theta": greeks.get("theta"),
            "vega": greeks.get("vega"),
            "iv": greeks.get("iv"),
            "volume": day.get("volume"),
            "open_interest": day.get("open_interest"),
            "greeks_at": greeks.get("at"),
            "greeks_source": greeks.get("source"),
            "quote_at": quote.get("at"),
            "source": quote.get("source"),
            "delayed": quote.get("delayed"),
        }

    def whole(self, slots: Slots) -> bool:
        """Whether every option that is seen has a quote and Greeks, and the underlying a quote."""
        return ("quote", self.underlying) in slots and all(
            ("quote", symbol) in slots and ("greeks", symbol) in slots for symbol in self.band
        )

    def place(self, symbol: str) -> int:
        """Return what rows are sorted by: by strike, the call before the put."""
        return self._places[symbol]


_NOTHING: Item = {}
_OF_OPTIONS = frozenset({"quote", "day", "greeks"})
