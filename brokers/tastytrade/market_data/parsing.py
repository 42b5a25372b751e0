"""From the venue's market data to events: one row in, one event out. Pure.

A row is a tuple in the order of `rows.FIELDS`. A NaN or an infinity is None (known to be missing); a field that was
not carried is UNSET. Prices and sizes are the venue's own numbers. Functions raise ValueError or TypeError on rows
that make no sense.
"""

import decimal
import functools
import math
from typing import Any

from msgspec import UNSET, UnsetType

from brokers.contract.broker import Series
from brokers.contract.events import Candle, Day, Greeks, Profile, Quote, Underlying
from brokers.instruments.symbols import parse_option
from brokers.tastytrade.market_data.rows import Row

SOURCE = "dxfeed_stream"
REMOVED = 0x2
"""dxFeed's REMOVE_EVENT flag: the row takes an event back, its values mean nothing."""

LATEST = 2**53
"""A time beyond this, in ms, is none: JavaScript could not hold it."""
CENT = decimal.Decimal("0.01")
_STATUS: dict[Any, Any] = {"ACTIVE": "active", "HALTED": "halted"}

Change = decimal.Decimal | UnsetType | None


def number(value: Any) -> Any:
    """Read a JSONDouble: a number, `"NaN"`, `"Infinity"` or `"-Infinity"` (None), or UNSET."""
    kind = value.__class__
    if kind is float:
        return value
    if kind is int:
        return value if abs(value) < 2**63 else float(value)
    if value is None or value is UNSET:
        return value
    if kind is str:
        read = float(value)
        return read if math.isfinite(read) else None
    raise ValueError(f"no number: {kind.__name__}")


def moment(value: Any) -> Any:
    """Read a time in milliseconds. The venue writes 0 where it has none: that is not carried."""
    if value.__class__ is int and 0 < value < LATEST:
        return value
    value = number(value)
    return int(value) if value else UNSET


def text(value: Any) -> Any:
    """Read a text; an empty one is known to be missing, and so is the NaN that stands for a missing one."""
    if value is None or value is UNSET:
        return value
    if value.__class__ is str:
        return value if value and value != "NaN" else None
    raise ValueError("no text")


def to_quote(symbol: str, row: Row, at: int, delayed: bool) -> Quote:
    """Return the top of book."""
    _, bid_at, ask_at, bid, ask, bid_size, ask_size = row
    return Quote(
        symbol=symbol,
        bid=bid if bid.__class__ is float else number(bid),
        ask=ask if ask.__class__ is float else number(ask),
        bid_size=bid_size if bid_size.__class__ is float else number(bid_size),
        ask_size=ask_size if ask_size.__class__ is float else number(ask_size),
        source=SOURCE,
        delayed=delayed,
        at=at,
        bid_at=moment(bid_at),
        ask_at=moment(ask_at),
    )


@functools.lru_cache(maxsize=4096, typed=True)  # many people watch the same prices
def changes(last: Any, previous: Any) -> tuple[Change, Change]:
    """Return the change since the previous close, exact, and in percent to two decimals."""
    if last is UNSET or previous is UNSET:
        return UNSET, UNSET
    if last is None or not previous:
        return None, None
    close = decimal.Decimal(str(previous))
    change = decimal.Decimal(str(last)) - close
    return change, (change * 100 / close).quantize(CENT)


def to_trade(symbol: str, row: Row, at: int, delayed: bool, previous: Any) -> tuple[Quote, Day | None]:
    """Return the last trade, and the day's volume if the row has it. `previous` is the previous close."""
    _, last_at, price, size, volume = row
    last, volume = number(price), number(volume)
    change, percentage = changes(last, previous)
    quote = Quote(
        symbol=symbol,
        last=last,
        last_size=number(size),
        change=change,
        change_percentage=percentage,
        source=SOURCE,
        delayed=delayed,
        at=at,
        last_at=moment(last_at),
    )
    return quote, None if volume is UNSET else Day(symbol=symbol, volume=volume, delayed=delayed, at=at)


def to_day(symbol: str, row: Row, at: int, delayed: bool) -> Day:
    """Return the day's prices. Open interest is carried for options only: elsewhere the venue fills in a 0."""
    _, open_, high, low, previous, interest = row
    return Day(
        symbol=symbol,
        open=number(open_),
        high=number(high),
        low=number(low),
        prev_close=number(previous),
        open_interest=number(interest) if parse_option(symbol) else UNSET,
        delayed=delayed,
        at=at,
    )


def to_profile(symbol: str, row: Row, at: int) -> Profile:
    """Return what the instrument is, and whether it trades."""
    _, description, status, reason, high, low, beta, shares = row
    return Profile(
        symbol=symbol,
        description=text(description),
        status=UNSET if status is UNSET else _STATUS.get(status),
        status_reason=text(reason),
        high_52w=number(high),
        low_52w=number(low),
        beta=number(beta),
        shares=number(shares),
        at=at,
    )


def to_greeks(symbol: str, row: Row, at: int, delayed: bool) -> Greeks | None:
    """Return one option's Greeks. dxFeed states theta per day, vega and rho per percentage point, as we do."""
    _, flags, price, iv, delta, gamma, theta, rho, vega = row
    if _removed(flags):
        return None
    return Greeks(
        symbol=symbol,
        price=number(price),
        iv=number(iv),
        delta=number(delta),
        gamma=number(gamma),
        theta=number(theta),
        vega=number(vega),
        rho=number(rho),
        source="feed",
        delayed=delayed,
        at=at,
    )


def to_theo(symbol: str, row: Row, at: int, delayed: bool) -> Greeks | None:
    """Return an option's theoretical price: one field of the slot its Greeks are in."""
    _, flags, price = row
    if _removed(flags):
        return None
    return Greeks(symbol=symbol, theo=number(price), delayed=delayed, at=at)


def to_underlying(symbol: str, row: Row, at: int, delayed: bool) -> Underlying | None:
    """Return the option activity of an underlying."""
    _, flags, iv, front, back, calls, puts, options, ratio = row
    if _removed(flags):
        return None
    return Underlying(
        symbol=symbol,
        iv=number(iv),
        front_iv=number(front),
        back_iv=number(back),
        call_volume=number(calls),
        put_volume=number(puts),
        option_volume=number(options),
        put_call_ratio=number(ratio),
        delayed=delayed,
        at=at,
    )


def to_candle(series: Series, row: Row, at: int, delayed: bool) -> Candle:
    """Return one row's candle. Raises ValueError or TypeError on a row that makes no sense."""
    _, _, time, count, volume, vwap, open_, high, low, close = row
    when = number(time)
    if not isinstance(when, int | float) or not 0 <= when < LATEST:
        raise ValueError("a candle without a time")
    return Candle(
        symbol=series.symbol,
        interval=series.interval,
        time=int(when),
        open=number(open_),
        high=number(high),
        low=number(low),
        close=number(close),
        volume=number(volume),
        vwap=number(vwap),
        trades=number(count),
        delayed=delayed,
        at=at,
    )


def _removed(flags: Any) -> bool:
    return flags.__class__ is int and flags & REMOVED != 0
