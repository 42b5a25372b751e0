"""The market data of one link: takes what the stream and REST say, gives events. Remembers what it told. Pure.

The venue repeats old ticks when nothing trades, and what REST says may be older than what the stream said meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

import msgspec
from msgspec import UNSET

from brokers.contract.events import Day, Emit, Quote
from brokers.instruments.symbols import normalise
from brokers.tradier.decoding import Raw
from brokers.tradier.market_data.parsing import STREAM, TradierTrade, changes, to_day, to_quote, to_snapshot, to_trade


class Known(msgspec.Struct):
    """What was told of one symbol. Times are ms since the epoch; `quoted` and `traded` when the stream last did."""

    last: Any = UNSET
    previous: Any = UNSET
    row: Any = None
    trade: TradierTrade | None = None
    traded_at: int = 0
    """The venue's time of the newest trade."""
    quoted: int = 0
    traded: int = 0
    bid: float | None = None
    ask: float | None = None
    moved_at: int = 0
    """When bid and ask were last told by whomever."""

    @property
    def mid(self) -> float | None:
        """The middle between bid and ask; None where one is missing, or they cross."""
        if self.bid is None or self.ask is None or self.bid > self.ask:
            return None
        return (self.bid + self.ask) / 2


class TradierNormaliser:
    """Turns what the venue says into events for `emit`, for symbols that are kept; of others it only remembers."""

    def __init__(self, emit: Emit) -> None:
        self.bad = 0
        """How many rows could not be read."""
        self.known: dict[str, Known] = {}
        self.moved: set[str] = set()
        """Symbols whose bid or ask moved since somebody took them away."""
        self._told: Set[str] = frozenset()
        self._emit = emit
        self._readers: Mapping[Any, Callable[[str, Raw, int], bool]] = {
            "quote": self._quote,
            "trade": self._trade,
            "tradex": self._trade,
            "summary": self._summary,
        }

    def retain(self, told: Set[str], remembered: Set[str]) -> None:
        """Tell of `told`, remember `remembered` too, and forget all others."""
        self._told = told
        kept = told | remembered
        self.known = {symbol: self.known.get(symbol) or Known() for symbol in kept}
        self.moved &= kept

    def read(self, raw: Raw, at: int) -> str | None:
        """Take one object of the stream. Returns the symbol that it says something new about."""
        reader = self._readers.get(raw.get("type"))
        try:
            symbol = raw["symbol"]
            if reader is None or symbol not in self.known:
                symbol = normalise(symbol)
                if reader is None or symbol not in self.known:
                    return None
            return symbol if reader(symbol, raw, at) else None
        except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError):
            self.bad += 1
            return None

    def read_snapshots(self, rows: Iterable[Raw], asked: int, at: int, delayed: bool) -> None:
        """Take quotes over REST, which were asked for at `asked` (ms). What the stream said since is newer."""
        for raw in rows:
            try:
                quote, day, profile = to_snapshot(raw, at, delayed)
            except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError):
                self.bad += 1
                continue
            known = self.known.get(quote.symbol)
            if known is None:
                continue
            if known.quoted < asked:
                known.bid, known.ask, known.moved_at = quote.bid, quote.ask, at  # type: ignore[assignment]
                self.moved.add(quote.symbol)
            else:
                quote = msgspec.structs.replace(
                    quote, bid=UNSET, ask=UNSET, bid_size=UNSET, ask_size=UNSET, bid_at=UNSET, ask_at=UNSET
                )
            if known.traded >= asked:
                quote = msgspec.structs.replace(quote, last=UNSET, last_size=UNSET, last_at=UNSET)
            else:
                known.last = quote.last
            known.previous = day.prev_close
            change, percentage = changes(known.last, known.previous)
            quote = msgspec.structs.replace(quote, change=change, change_percentage=percentage)
            if quote.symbol in self._told:
                for event in (quote, day, profile):
                    self._emit(event)

    def _quote(self, symbol: str, raw: Raw, at: int) -> bool:
        known = self.known[symbol]
        row = (raw["bid"], raw["ask"], raw.get("bidsz"), raw.get("asksz"), raw.get("biddate"), raw.get("askdate"))
        if row == known.row:
            return False
        quote = to_quote(symbol, raw, at)
        known.row, known.quoted = row, at
        if (quote.bid, quote.ask) != (known.bid, known.ask):
            known.bid, known.ask = quote.bid, quote.ask  # type: ignore[assignment]
            self.moved.add(symbol)
        known.moved_at = at
        if symbol in self._told:
            self._emit(quote)
        return True

    def _trade(self, symbol: str, raw: Raw, at: int) -> bool:
        known, trade = self.known[symbol], to_trade(raw)
        if trade is None or trade == known.trade or (trade.at or 0) < known.traded_at:
            return False  # of no size; told again; or what was the last one before the one we know
        known.trade, known.traded, known.last = trade, at, trade.last
        known.traded_at = max(known.traded_at, trade.at or 0)
        if symbol in self._told:
            change, percentage = changes(known.last, known.previous)
            quote = Quote(
                symbol=symbol,
                last=trade.last,
                last_size=trade.size,
                change=change,
                change_percentage=percentage,
                source=STREAM,
                delayed=False,
                at=at,
                last_at=trade.at or UNSET,
            )
            self._emit(quote)
            if trade.volume is not None:
                self._emit(Day(symbol=symbol, volume=trade.volume, delayed=False, at=at))
        return True

    def _summary(self, symbol: str, raw: Raw, at: int) -> bool:
        day, known = to_day(symbol, raw, at), self.known[symbol]
        is_told = symbol in self._told
        if is_told:
            self._emit(day)
        if day.prev_close is UNSET or day.prev_close == known.previous:
            return True
        known.previous = day.prev_close
        change, percentage = changes(known.last, known.previous)
        if is_told and change is not UNSET:
            self._emit(Quote(symbol=symbol, change=change, change_percentage=percentage, source=STREAM, delayed=False))
        return True
