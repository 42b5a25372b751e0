"""What a socket wants to see: parsed in one place, checked against limits, compared as a value."""

import functools
import hashlib
import typing

import msgspec

from brokers.contract import Wanted
from brokers.events import Slot
from brokers.symbols import is_symbol, normalise
from streaming.board import Item

TOPICS = frozenset({"portfolio", "links", "market", "balance"})
"""What can be asked for besides symbols; `balance` is the default account's alone."""
LATER_TOPICS = frozenset({"orders", "alerts", "news", "signals"})
"""Topics of features that are not built yet; asking for one is answered with `not_available`."""

_BY_SYMBOL = {
    "quote": "quotes", "day": "quotes", "profile": "quotes", "greeks": "greeks", "underlying": "underlyings",
}  # fmt: skip
_BY_TOPIC = {"balance": "portfolio", "position": "portfolio", "link": "links", "market": "market"}
_BY_FACT = {
    "notice": "links", "order": "orders", "fill": "orders", "activity": "orders", "alert": "alerts",
    "signal": "signals",
}  # fmt: skip

SUBJECTS = (*dict.fromkeys(_BY_SYMBOL.values()), *sorted(TOPICS))
"""Everything that can be watched: what asks for symbols, and the topics."""


def topic(kind: str) -> str:
    """Return what brings slots and facts of one kind: a topic, or what asks for symbols."""
    return _BY_SYMBOL.get(kind) or _BY_TOPIC.get(kind) or _BY_FACT[kind]


class RefusedWatchError(Exception):
    """A watch that cannot be had: `code` as in docs/protocol.md."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class WatchMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A watch as a client writes it."""

    quotes: list[str] = []
    greeks: list[str] = []
    underlyings: list[str] = []
    candles: list[typing.Any] = []
    topics: list[str] = []


class View(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """A watch, a dialect and a pace. Equal views are encoded once, however many sockets show them.

    `pace_ms` is the least time between two frames: 0 is live, None is paused.
    """

    quotes: frozenset[str] = frozenset()
    greeks: frozenset[str] = frozenset()
    underlyings: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    dialect: typing.Literal["frames", "plain"] = "frames"
    pace_ms: int | None = 0

    @functools.cached_property
    def key(self) -> str:
        """A short name of this view, equal for equal views in every process."""
        parts = [*(",".join(sorted(part)) for part in (self.quotes, self.greeks, self.underlyings, self.topics))]
        text = "|".join([*parts, self.dialect, str(self.pace_ms)])
        return hashlib.blake2s(text.encode(), digest_size=12).hexdigest()

    @property
    def size(self) -> int:
        """How many symbols it counts against the limits."""
        return len(self.quotes) + len(self.greeks) + len(self.underlyings)

    @property
    def wanted(self) -> Wanted:
        """What the market-data feed must bring for it."""
        return Wanted(self.quotes, self.greeks, self.underlyings)

    def wants(self, slot: Slot, primary: Slot | None) -> bool:
        """Whether a slot is in this view. `primary` is the balance slot of the person's default account."""
        kind = slot[0]
        if (group := _BY_SYMBOL.get(kind)) is not None:
            return slot[1] in getattr(self, group)
        if _BY_TOPIC[kind] in self.topics:
            return True
        return kind == "balance" and "balance" in self.topics and slot == primary

    def tells(self, fact: Item) -> bool:
        """Whether a fact is in this view."""
        return _BY_FACT[fact["type"]] in self.topics

    def plus(self, message: WatchMessage) -> "View":
        """Return this view with a client's watch added. Raises RefusedWatchError."""
        quotes, greeks, underlyings, topics = _parse(message)
        return msgspec.structs.replace(
            self,
            quotes=self.quotes | quotes,
            greeks=self.greeks | greeks,
            underlyings=self.underlyings | underlyings,
            topics=self.topics | topics,
        )

    def minus(self, message: WatchMessage) -> "View":
        """Return this view with a client's watch taken away. Raises RefusedWatchError."""
        quotes, greeks, underlyings, topics = _parse(message)
        return msgspec.structs.replace(
            self,
            quotes=self.quotes - quotes,
            greeks=self.greeks - greeks,
            underlyings=self.underlyings - underlyings,
            topics=self.topics - topics,
        )

    def both(self, other: "View") -> "View":
        """Return what is in this view and in `other`."""
        return msgspec.structs.replace(
            self,
            quotes=self.quotes & other.quotes,
            greeks=self.greeks & other.greeks,
            underlyings=self.underlyings & other.underlyings,
            topics=self.topics & other.topics,
        )


def _parse(message: WatchMessage) -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    if message.candles:
        raise RefusedWatchError("not_available", "Candles are not available yet.")
    topics = frozenset(message.topics)
    if later := topics & LATER_TOPICS:
        raise RefusedWatchError("not_available", f"Not available yet: {', '.join(sorted(later))}")
    if unknown := topics - TOPICS:
        raise RefusedWatchError("unknown_topic", f"No such topic: {min(unknown)[:40]}")
    return symbols(message.quotes), symbols(message.greeks), symbols(message.underlyings), topics


def symbols(texts: list[str]) -> frozenset[str]:
    """Return `texts` as our symbols. Raises RefusedWatchError naming the first that cannot be one."""
    found = frozenset(normalise(text) for text in texts)
    for symbol in found:
        if not is_symbol(symbol):
            raise RefusedWatchError("unknown_symbol", f"No such symbol: {symbol[:40]}")
    return found


def union(views: typing.Iterable[View]) -> Wanted:
    """Return what a feed must bring for all of `views`."""
    views = tuple(views)
    return Wanted(
        quotes=frozenset().union(*(view.quotes for view in views)),
        greeks=frozenset().union(*(view.greeks for view in views)),
        underlyings=frozenset().union(*(view.underlyings for view in views)),
    )
