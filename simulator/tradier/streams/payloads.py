"""What the market streams say: the five payloads, with numbers and texts typed as Tradier types them. Pure."""

import typing

from simulator.asgi import Json
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState
from simulator.tradier.bodies.quotes import Subject, day, exchange, lots, symbol_of

Payload = typing.Literal["trade", "quote", "summary", "timesale", "tradex"]
PAYLOADS: tuple[Payload, ...] = typing.get_args(Payload)
_DECIMALS = 4
_OPTION_BOOK = "C"
_SESSIONS = {"Pre-market": "pre", "Extended": "post"}


def price_text(price: float) -> str:
    """Write a price as the texts of these streams have it: `281.85`, `288.1`."""
    return f"{price:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def quote(subject: Subject) -> Json:
    """Tell the best bid and ask. Their times are whole seconds."""
    if isinstance(subject, OptionState):
        exchanges, times = (_OPTION_BOOK, _OPTION_BOOK), (subject.at, subject.at)
    else:
        exchanges, times = (subject.bid_exchange, subject.ask_exchange), (subject.bid_at, subject.ask_at)
    return {
        "type": "quote",
        "symbol": symbol_of(subject),
        "bid": subject.bid,
        "bidsz": lots(subject, subject.bid_size),
        "bidexch": exchange(exchanges[0]),
        "biddate": str(times[0] // 1000 * 1000),
        "ask": subject.ask,
        "asksz": lots(subject, subject.ask_size),
        "askexch": exchange(exchanges[1]),
        "askdate": str(times[1] // 1000 * 1000),
    }


def trade(subject: Subject, kind: Payload = "trade") -> Json | None:
    """Tell the last trade. None when there was none."""
    if subject.last is None:
        return None
    return {
        "type": kind,
        "symbol": symbol_of(subject),
        "exch": _OPTION_BOOK if isinstance(subject, OptionState) else exchange(subject.last_exchange),
        "price": price_text(subject.last),
        "size": str(int(subject.last_size or 0)),
        "cvol": str(int(subject.volume or 0)),
        "date": str(subject.last_at),
        "last": price_text(subject.last),
    }


def summary(subject: Subject, market: SimMarket) -> Json:
    """Tell the day's prices, those there are."""
    known = {name: price_text(price) for name, price in day(subject, market).items() if price is not None}
    return {"type": "summary", "symbol": symbol_of(subject), **known, "prevClose": price_text(subject.prev_close)}


def timesale(subject: Subject, market: SimMarket) -> Json:
    """Tell one print of the tape, with the quote it was made at."""
    session = _SESSIONS.get(market.state, "normal")
    return {
        "type": "timesale",
        "symbol": symbol_of(subject),
        "exch": _OPTION_BOOK if isinstance(subject, OptionState) else exchange(subject.last_exchange),
        "bid": price_text(subject.bid),
        "ask": price_text(subject.ask),
        "last": price_text(subject.last or 0.0),
        "size": str(int(subject.last_size or 0)),
        "date": str(subject.last_at),
        "seq": subject.trades,
        "flag": "",
        "cancel": False,
        "correction": False,
        "session": session,
    }


def quotes(subject: Subject) -> int:
    """Return a number that grows with every quote."""
    return subject.revision if isinstance(subject, OptionState) else subject.ticks


def has_book(subject: Subject) -> bool:
    """Whether anybody quotes it: an index is only calculated."""
    return subject.bid_size is not None
