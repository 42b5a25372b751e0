"""What a socket wants to see: parsed in one place, checked against limits, compared as a value."""

import functools
import hashlib
import typing

import msgspec

from brokers.contract.broker import Demand, Series
from brokers.contract.events import Interval, Slot
from brokers.instruments.symbols import is_symbol, normalise, parse_option
from streaming.board.board import Item

TOPICS = frozenset({"portfolio", "orders", "links", "market", "balance", "news", "alerts", "signals", "brain"})
"""What can be asked for besides symbols; `balance` is the default account's alone, `brain` what is
worked out of all quotes."""
LATER_TOPICS: frozenset[str] = frozenset()
"""Topics of features that are not built yet; asking for one is answered with `not_available`. There is none now."""

LIST_TOPICS = frozenset({"news"})
"""Topics that bring no state of a board, but a list that grows."""

PRESETS = {
    "market": frozenset({"market", "links", "brain"}),
    "charts": frozenset({"links"}),
    "portfolio": frozenset({"portfolio", "orders", "links"}),
    "news": frozenset({"news", "links"}),
    "alerts": frozenset({"alerts", "links"}),
    "signals": frozenset({"signals", "links"}),
}
"""The topics that the endpoints of one thing begin with. Their clients may watch more: they see what they may see."""

_BY_SYMBOL = {
    "quote": "quotes", "day": "quotes", "profile": "quotes", "greeks": "greeks", "underlying": "underlyings",
    "insight": "insights",
}  # fmt: skip
_BY_TOPIC = {
    "balance": "portfolio", "position": "portfolio", "exposure": "portfolio", "portfolio": "portfolio",
    "link": "links", "market": "market", "alert_state": "alerts",
}  # fmt: skip
_BY_FACT = {
    "notice": "links", "order": "orders", "fill": "orders", "activity": "orders", "alert": "alerts",
    "model": "signals", "signal": "signals", "outcome": "signals", "results": "signals",
}  # fmt: skip

_SUBJECT = {**_BY_SYMBOL, "candle": "candles", **_BY_TOPIC, **_BY_FACT}
SUBJECTS = (*dict.fromkeys(_BY_SYMBOL.values()), "candles", *sorted(TOPICS - {"brain"}))
"""Everything that can be watched: what asks for symbols, and the topics that bring something of their own."""


def topic(kind: str) -> str:
    """Return what brings slots and facts of one kind: a topic, or what asks for symbols."""
    return _SUBJECT[kind]


_INTERVALS = typing.get_args(Interval)


class SubscriptionError(Exception):
    """A watch that cannot be had: `code` as in docs/protocol.md."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class CandleMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A series of candles as a client writes it."""

    symbol: str
    interval: str


class SubscriptionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A watch as a client writes it."""

    quotes: list[str] = []
    greeks: list[str] = []
    underlyings: list[str] = []
    candles: list[CandleMessage] = []
    topics: list[str] = []
    insights: list[str] = []


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """A watch, a dialect and a pace. Equal views are encoded once, however many sockets show them.

    `pace_ms` is the least time between two frames: 0 is live, None is paused.
    """

    quotes: frozenset[str] = frozenset()
    greeks: frozenset[str] = frozenset()
    underlyings: frozenset[str] = frozenset()
    candles: frozenset[Series] = frozenset()
    topics: frozenset[str] = frozenset()
    dialect: typing.Literal["frames", "plain"] = "frames"
    pace_ms: int | None = 0
    insights: frozenset[str] = frozenset()

    @functools.cached_property
    def key(self) -> str:
        """A short name of this view, equal in every process for views that are equal but for the lists they have."""
        candles = [f"{series.symbol}:{series.interval}" for series in self.candles]
        parts = (self.quotes, self.greeks, self.underlyings, candles, self.topics - LIST_TOPICS)
        later = (self.insights,) if self.insights else ()  # one release apart, a view has one name in both
        texts = [",".join(sorted(part)) for part in parts]
        text = "|".join([*texts, self.dialect, str(self.pace_ms), *(",".join(sorted(part)) for part in later)])
        return hashlib.blake2s(text.encode(), digest_size=12).hexdigest()

    @property
    def size(self) -> int:
        """How many symbols it counts against the limits; each series of candles is one."""
        return sum(len(getattr(self, name)) for name in _PARTS if name != "topics")

    @property
    def symbols(self) -> frozenset[str | Series]:
        """What a person's limit counts: each symbol once, and each series of candles."""
        return self.quotes | self.greeks | self.underlyings | self.insights | self.candles

    @property
    def demand(self) -> Demand:
        """What the market-data feed must bring for it."""
        return Demand(self.quotes, self.greeks, self.underlyings, self.candles)

    @property
    def insighted(self) -> frozenset[str]:
        """The symbols of which features and regime are looked at; there are none of options."""
        quoted = self.quotes if "brain" in self.topics else frozenset[str]()
        return frozenset(symbol for symbol in self.insights | quoted if parse_option(symbol) is None)

    def wants(self, slot: Slot, primary: Slot | None) -> bool:
        """Whether a slot is in this view. `primary` is the balance slot of the person's default account."""
        kind = slot[0]
        if (group := _BY_SYMBOL.get(kind)) is not None:
            is_brain = kind == "insight" and "brain" in self.topics
            return slot[1] in getattr(self, group) or (is_brain and slot[1] in self.quotes)
        if kind == "candle":
            return Series(slot[1], typing.cast(Interval, slot[2])) in self.candles
        if _BY_TOPIC[kind] in self.topics:
            return True
        return kind == "balance" and "balance" in self.topics and slot == primary

    def tells(self, fact: Item) -> bool:
        """Whether a fact is in this view."""
        return _BY_FACT[fact["type"]] in self.topics

    def plus(self, message: SubscriptionRequest) -> "Subscription":
        """Return this view with a client's watch added. Raises SubscriptionError."""
        other = _parse(message)
        return msgspec.structs.replace(self, **{name: getattr(self, name) | getattr(other, name) for name in _PARTS})

    def minus(self, message: SubscriptionRequest) -> "Subscription":
        """Return this view with a client's watch taken away. Raises SubscriptionError."""
        other = _parse(message)
        return msgspec.structs.replace(self, **{name: getattr(self, name) - getattr(other, name) for name in _PARTS})

    def both(self, other: "Subscription") -> "Subscription":
        """Return what is in this view and in `other`."""
        return msgspec.structs.replace(self, **{name: getattr(self, name) & getattr(other, name) for name in _PARTS})


_PARTS = ("quotes", "greeks", "underlyings", "insights", "candles", "topics")
"""The parts of a view that are sets of what it shows."""


def _parse(message: SubscriptionRequest) -> Subscription:
    topics = frozenset(message.topics)
    if later := topics & LATER_TOPICS:
        raise SubscriptionError("not_available", f"Not available yet: {', '.join(sorted(later))}")
    if unknown := topics - TOPICS:
        raise SubscriptionError("unknown_topic", f"No such topic: {min(unknown)[:40]}")
    return Subscription(
        quotes=symbols(message.quotes),
        greeks=symbols(message.greeks),
        underlyings=symbols(message.underlyings),
        insights=symbols(message.insights),
        candles=frozenset(map(_series, message.candles)),
        topics=topics,
    )


def _series(message: CandleMessage) -> Series:
    """Read a series of candles. Raises SubscriptionError naming what cannot be one."""
    if message.interval not in _INTERVALS:
        known = ", ".join(_INTERVALS)
        raise SubscriptionError("unknown_interval", f"No such interval: {message.interval[:40]}. There are {known}.")
    (symbol,) = symbols([message.symbol])
    return Series(symbol, typing.cast(Interval, message.interval))


def symbols(texts: list[str]) -> frozenset[str]:
    """Return `texts` as our symbols. Raises SubscriptionError naming the first that cannot be one."""
    found = frozenset(normalise(text) for text in texts)
    for symbol in found:
        if not is_symbol(symbol):
            raise SubscriptionError("unknown_symbol", f"No such symbol: {symbol[:40]}")
    return found


def preset(name: str) -> Subscription:
    """Return what the endpoint of one thing begins with. Raises SubscriptionError for what is not built yet."""
    return Subscription().plus(SubscriptionRequest(topics=[*PRESETS[name]]))


def union(views: typing.Iterable[Subscription | Demand]) -> Demand:
    """Return what a feed must bring for all of `views`."""
    views = tuple(views)
    return Demand(
        quotes=frozenset().union(*(view.quotes for view in views)),
        greeks=frozenset().union(*(view.greeks for view in views)),
        underlyings=frozenset().union(*(view.underlyings for view in views)),
        candles=frozenset().union(*(view.candles for view in views)),
    )
