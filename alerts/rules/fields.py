"""What a rule may look at: the catalogue of fields, and how one is named. Pure.

A field is written `QQQ.last`, `QQQ.move_pct@5m`, `QQQ.ema20@15m`, `QQQ261218C00450000.delta`, `QQQ.position.day_pl`,
`account.net_liq`, `news`, `desk.link_stale_s`. What follows `@` is the length of a window or of a bar. A study is that
of the newest closed bar; `:live` after the interval takes the bar that is still open into account.
"""

import difflib
import re
import typing

import msgspec

from alerts.rules.errors import RuleError
from brokers.contract.events import Interval
from brokers.instruments.symbols import is_symbol, normalise, parse_option

Unit = typing.Literal[
    "price", "percent", "bps", "times", "number", "fraction", "dollars", "contracts", "days", "seconds", "event"
]
"""`percent` is in percent (0.81 is 0.81 %), `fraction` as in 0.183; an `event` has no value: it happens."""
Subject = typing.Literal["symbol", "option", "position", "account", "order", "news", "desk"]
Need = typing.Literal[
    "quote",
    "day",
    "greeks",
    "underlying",
    "profile",
    "candle",
    "position",
    "portfolio",
    "fact",
    "news",
    "link",
    "clock",
    "insight",
]
"""What a field is made of."""
Recovery = typing.Literal["candles", "exact", "no"]
"""How what a field did in a gap is found: from candles, by its own numbered list (facts, news), or not at all."""

LENGTHS: dict[str, int] = {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "1d": 86_400}
"""Bars that studies are made of, in s."""
DEFAULT_INTERVAL: Interval = "5m"
MOST_WINDOW_S = 4 * 3600
MOST_LENGTH = 400
"""How many bars a study looks back at, at most."""


class Field(msgspec.Struct, frozen=True):
    """One field. `title` is how a sentence names it; `argument` what follows `@`; `has_length` as in `ema20`."""

    name: str
    subject: Subject
    unit: Unit
    needs: tuple[Need, ...]
    title: str
    recovery: Recovery = "no"
    argument: typing.Literal["", "window", "bar"] = ""
    has_length: bool = False


class FieldRef(msgspec.Struct, frozen=True):
    """A field as a rule names it. `symbol` is empty where the field has none; `window_s` and `interval` as written."""

    field: Field
    symbol: str = ""
    length: int = 0
    window_s: int = 0
    interval: str = ""
    is_live: bool = False

    @property
    def is_study(self) -> bool:
        """Whether it is a study of closed bars."""
        return self.field.needs == ("candle",)

    @property
    def text(self) -> str:
        """How it is written, the one way."""
        name = f"{self.field.name}{self.length or ''}"
        argument = self.interval or (f"{self.window_s}s" if self.window_s else "")
        tail = (f"@{argument}" if argument else "") + (":live" if self.is_live else "")
        return f"{_prefix(self.field.subject, self.symbol)}{name}{tail}"


def _prefix(subject: Subject, symbol: str) -> str:
    if subject in ("symbol", "option"):
        return f"{symbol}."
    if subject == "position":
        return f"{symbol}.position." if symbol else "position."
    if subject == "news":
        return f"{symbol}." if symbol else ""
    return f"{'orders' if subject == 'order' else subject}."


def _price(name: str, title: str, recovery: Recovery = "no") -> Field:
    return Field(name, "symbol", "price", ("quote",), title, recovery)


def _study(name: str, unit: Unit, title: str, *, has_length: bool = True) -> Field:
    return Field(name, "symbol", unit, ("candle",), title, "candles", "bar", has_length)


def _of(subject: Subject, need: Need, unit: Unit, **titles: str) -> list[Field]:
    recovery: Recovery = "exact" if need in ("fact", "news") else "no"
    return [Field(name, subject, unit, (need,), title, recovery) for name, title in titles.items()]


_ALL: list[Field] = [
    _price("last", "last price", "candles"),
    _price("bid", "bid"),
    _price("ask", "ask"),
    _price("mid", "mid"),
    _price("mark", "mark"),
    Field("spread_bps", "symbol", "bps", ("quote",), "spread"),
    Field("change_pct", "symbol", "percent", ("quote", "day"), "change since the close", "candles"),
    Field("from_open_pct", "symbol", "percent", ("quote", "day"), "change since the open", "candles"),
    Field("from_high_pct", "symbol", "percent", ("quote", "day"), "distance from the day's high"),
    Field("from_low_pct", "symbol", "percent", ("quote", "day"), "distance from the day's low"),
    Field("range_pct", "symbol", "percent", ("quote", "day"), "place in the day's range"),
    Field("move", "symbol", "price", ("quote",), "move", argument="window"),
    Field("move_pct", "symbol", "percent", ("quote",), "move", argument="window"),
    Field("volume", "symbol", "contracts", ("day",), "day's volume"),
    Field("age_s", "symbol", "seconds", ("quote", "clock"), "age of the price"),
    Field("halted", "symbol", "event", ("profile",), "is halted"),
    Field("resumed", "symbol", "event", ("profile",), "trades again"),
    _study("close", "price", "close", has_length=False),
    _study("bar_volume", "contracts", "volume of a bar", has_length=False),
    _study("volume_spike", "times", "volume against the usual of that time of day", has_length=False),
    _study("sma", "price", "SMA"),
    _study("ema", "price", "EMA"),
    _study("rsi", "number", "RSI"),
    _study("atr", "price", "ATR"),
    _study("vwap", "price", "VWAP", has_length=False),
    _study("macd", "number", "MACD", has_length=False),
    _study("macd_signal", "number", "MACD signal", has_length=False),
    _study("macd_histogram", "number", "MACD histogram", has_length=False),
    _study("bollinger_upper", "price", "upper Bollinger band"),
    _study("bollinger_middle", "price", "middle Bollinger band"),
    _study("bollinger_lower", "price", "lower Bollinger band"),
    _study("highest", "price", "highest high of the last"),
    _study("lowest", "price", "lowest low of the last"),
    Field("iv", "symbol", "fraction", ("underlying", "greeks"), "IV"),
    *_of("symbol", "underlying", "fraction", front_iv="front IV", back_iv="back IV"),
    *_of("symbol", "underlying", "number", iv_rank="IV rank", put_call_ratio="put/call ratio"),
    *_of("symbol", "underlying", "contracts", option_volume="option volume"),
    *_of("symbol", "insight", "number", volatility_rank="percentile of volatility"),
    *_of("symbol", "insight", "fraction", confidence="confidence of its signal"),
    *_of(
        "symbol", "insight", "event",
        turns_calm="becomes calm", turns_stressed="becomes stressed", turns_up="begins to trend up",
        turns_down="begins to trend down", turns_flat="trends no more", turns_deep="becomes liquid",
        turns_thin="becomes illiquid", signal_shown="has a signal with a confidence",
        signal_gone="has no signal with a confidence any more",
    ),
    *_of("option", "greeks", "number", delta="delta", gamma="gamma", theta="theta", vega="vega", rho="rho"),
    Field("dte", "option", "days", ("clock",), "days to expiry"),
    *_of("position", "position", "contracts", quantity="quantity held"),
    *_of("position", "position", "event", opened="position is opened", closed="position is closed"),
    *_of(
        "position", "position", "dollars",
        day_pl="P&L of the day", open_pl="open P&L", value="value held", theta="theta held", vega="vega held",
    ),
    *_of("position", "position", "number", delta="delta held", gamma="gamma held"),
    *_of(
        "account", "portfolio", "dollars",
        net_liq="net liquidating value", balance="balance by the venue", cash="cash", buying_power="buying power",
        maintenance="maintenance margin",
        day_pl="P&L of the day", open_pl="open P&L", theta="theta", vega="vega",
    ),
    *_of("account", "portfolio", "number", delta="delta", beta_delta="beta-weighted delta"),
    *_of(
        "order", "fact", "event",
        filled="an order is filled", rejected="an order is rejected", canceled="an order is cancelled",
        expired="an order expires", working="an order works", fill="something is bought or sold",
        activity="money or holdings move",
    ),
    *_of("news", "news", "event", news="news", impact="move after news"),
    *_of(
        "desk", "link", "seconds",
        link_stale_s="time for which a link is stale", link_lost_s="time for which a link is away",
        link_refused_s="time for which a link is refused",
    ),
    *_of("desk", "link", "event", feed_delayed="the feed becomes delayed"),
    *_of(
        "desk", "fact", "event",
        book_differs="book and venue differ", sources_diverge="two links say different prices",
        link_lost="a link is lost", link_refused="a link is refused", link_back="a link is back",
    ),
]  # fmt: skip

CATALOGUE: dict[tuple[str, str], Field] = {(field.subject, field.name): field for field in _ALL}
"""Every field by subject and name."""
EVENTS = frozenset(field for field in _ALL if field.unit == "event")
PRICES = ("last", "bid", "ask", "mid", "mark")
"""Prices of a quote: only what is said within the session of a rule counts for it."""

NEWS = ("news", "impact")
"""What is said of items of news, of a symbol or of any."""
MARKED = frozenset({"net_liq", "value", "day_pl", "open_pl", "delta", "gamma", "theta", "vega", "beta_delta"})
"""Amounts of accounts and positions that are worked out of prices."""

_NAME = re.compile(r"([a-z_]+?)(\d{1,4})?")
_WINDOW = re.compile(r"(\d{1,5})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def parse_field(text: str, place: str = "") -> FieldRef:
    """Read the name of a field. Raises RuleError at `place`."""
    head, at, argument = text.strip().partition("@")
    subject, symbol, name = _split(head, place)
    found = _NAME.fullmatch(name)
    word, digits = (found[1], found[2]) if found else (name, None)
    field = _look_up(subject, word, symbol, place)
    if field.subject == "option" and parse_option(symbol) is None:
        raise RuleError(place, f"{symbol} is no option: {word} is known of options, written like QQQ261218C00450000")
    if field.subject == "position" and not symbol and field.unit != "event":
        raise RuleError(place, f"{word} is of one symbol: write {field.name} like QQQ.position.{field.name}")
    ref = FieldRef(field, symbol, _length(field, digits, place))
    if at and not field.argument:
        raise RuleError(place, f"{word} takes nothing after @")
    if field.argument == "window":
        return msgspec.structs.replace(ref, window_s=_window(word, argument, place))
    if field.argument == "bar":
        interval, live, word_live = (argument if at else DEFAULT_INTERVAL).partition(":")
        if interval not in LENGTHS or (live and word_live != "live"):
            raise RuleError(place, f"{text!r}: after @ stands one of {', '.join(LENGTHS)}, then :live or nothing")
        return msgspec.structs.replace(ref, interval=interval, is_live=bool(live))
    return ref


def _split(head: str, place: str) -> tuple[str, str, str]:
    """Return subject ("symbol" for options too), symbol and name."""
    before, dot, name = head.rpartition(".")
    if head in NEWS:
        return "news", "", head
    if not dot or not name:
        raise RuleError(place, f"{head!r} is no field: write one like QQQ.last, account.net_liq or news")
    if before in ("account", "desk", "orders", "position"):
        return before.removesuffix("s"), "", name
    subject = "symbol"
    if before.endswith(".position"):
        subject, before = "position", before.removesuffix(".position")
    symbol = normalise(before)
    if not is_symbol(symbol):
        raise RuleError(place, f"{before!r} cannot be a symbol")
    return ("news" if name in NEWS else subject), symbol, name


def _look_up(subject: str, name: str, symbol: str, place: str) -> Field:
    subjects = ("symbol", "option") if subject == "symbol" else (subject,)
    for one in subjects:
        if (found := CATALOGUE.get((one, name))) is not None:
            return found
    names = [known for one, known in CATALOGUE if one in subjects]
    close = difflib.get_close_matches(name, names, 1)
    hint = f": did you mean {close[0]}?" if close else f": there are {', '.join(names)}"
    raise RuleError(place, f"no field {name!r}{f' of {symbol}' if symbol else ''}{hint}")


def _length(field: Field, digits: str | None, place: str) -> int:
    if field.has_length != (digits is not None):
        example = f"{field.name}20" if field.has_length else field.name
        raise RuleError(place, f"{field.name} is written {example}")
    length = int(digits or 0)
    if digits is not None and not 1 <= length <= MOST_LENGTH:
        raise RuleError(place, f"{field.name} looks back at 1 to {MOST_LENGTH} bars, not {length}")
    return length


def _window(name: str, text: str, place: str) -> int:
    found = _WINDOW.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 1 <= seconds <= MOST_WINDOW_S:
        raise RuleError(place, f"{name} is written with its window, {name}@30s or {name}@5m, of 1 s to 4 h")
    return seconds


def has_sessions(symbol: str) -> bool:
    """Whether what a symbol trades in has a regular session: futures and coins have none."""
    return "/" not in symbol
