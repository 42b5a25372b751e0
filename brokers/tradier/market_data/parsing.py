"""From the venue's market data to events: one row in, events out. Pure.

Prices and sizes are the venue's own numbers. It writes 0 where it has no price; that is None, and so is what a row does
not have. Functions raise ValueError, TypeError or KeyError on rows that make no sense.
"""

import decimal
import functools
import typing

from msgspec import UNSET, UnsetType

from brokers.contract.events import Day, Greeks, Profile, Quote
from brokers.instruments.symbols import normalise
from brokers.tradier.decoding import Raw, millis, number, price, utc
from brokers.tradier.symbols import lot

STREAM, REST = "tradier_stream", "tradier_rest"
CENT = decimal.Decimal("0.01")

Change = decimal.Decimal | UnsetType | None


@functools.lru_cache(maxsize=4096, typed=True)  # many people watch the same prices
def changes(last: float | UnsetType | None, previous: float | UnsetType | None) -> tuple[Change, Change]:
    """Return the change since the previous close, exact, and in percent to two decimals."""
    if last is UNSET or previous is UNSET:
        return UNSET, UNSET
    if last is None or not previous:
        return None, None
    close = decimal.Decimal(str(previous))
    change = decimal.Decimal(str(last)) - close
    return change, (change * 100 / close).quantize(CENT)


def _size(symbol: str, value: typing.Any) -> float | None:
    read = number(value)
    return read * lot(symbol) if read else None


def to_quote(symbol: str, raw: Raw, at: int) -> Quote:
    """Return the top of book from the stream. Its times are whole seconds."""
    bid, ask = price(raw["bid"]), price(raw["ask"])
    return Quote(
        symbol=symbol,
        bid=bid,
        ask=ask,
        bid_size=None if bid is None else _size(symbol, raw.get("bidsz")),
        ask_size=None if ask is None else _size(symbol, raw.get("asksz")),
        source=STREAM,
        delayed=False,
        at=at,
        bid_at=millis(raw.get("biddate")) or UNSET,
        ask_at=millis(raw.get("askdate")) or UNSET,
    )


class TradierTrade(typing.NamedTuple):
    """A trade from the stream. `size` is in shares or contracts; `at` ms since the epoch, or None."""

    last: float
    size: float
    volume: float | None
    at: int | None


def to_trade(raw: Raw) -> TradierTrade | None:
    """Read a `trade` or `tradex`. None for one of no size, which is no trade."""
    last, size = price(raw["last"] if raw.get("price") in (None, "", "null") else raw["price"]), number(raw["size"])
    if last is None:
        raise ValueError("a trade without a price")
    return TradierTrade(last, size, number(raw.get("cvol")), millis(raw.get("date"))) if size else None


def to_day(symbol: str, raw: Raw, at: int) -> Day:
    """Return the day's prices from a `summary`: before the market opens it has some of them only."""
    open_, high, low, previous = (
        price(raw[name]) if name in raw else UNSET for name in ("open", "high", "low", "prevClose")
    )
    return Day(symbol=symbol, open=open_, high=high, low=low, prev_close=previous, delayed=False, at=at)


class Snapshot(typing.NamedTuple):
    """What a quote over REST says of one symbol."""

    quote: Quote
    day: Day
    profile: Profile


def to_snapshot(raw: Raw, at: int, delayed: bool) -> Snapshot:
    """Read one `quote` over REST. Sizes of stocks are in round lots there too."""
    symbol = normalise(raw["symbol"])
    bid, ask, last, previous = (price(raw.get(name)) for name in ("bid", "ask", "last", "prevclose"))
    change, percentage = changes(last, previous)
    quote = Quote(
        symbol=symbol,
        bid=bid,
        ask=ask,
        bid_size=None if bid is None else _size(symbol, raw.get("bidsize")),
        ask_size=None if ask is None else _size(symbol, raw.get("asksize")),
        last=last,
        last_size=number(raw.get("last_volume")) or None,
        change=change,
        change_percentage=percentage,
        source=REST,
        delayed=delayed,
        at=at,
        bid_at=millis(raw.get("bid_date")) or UNSET,
        ask_at=millis(raw.get("ask_date")) or UNSET,
        last_at=millis(raw.get("trade_date")) or UNSET,
    )
    description = raw.get("description")
    profile = Profile(
        symbol=symbol,
        description=description if isinstance(description, str) and description else None,
        status=None,
        high_52w=price(raw.get("week_52_high")),
        low_52w=price(raw.get("week_52_low")),
        at=at,
    )
    return Snapshot(quote, _day(symbol, raw, at, delayed), profile)


def _day(symbol: str, raw: Raw, at: int, delayed: bool) -> Day:
    return Day(
        symbol=symbol,
        open=price(raw.get("open")),
        high=price(raw.get("high")),
        low=price(raw.get("low")),
        prev_close=price(raw.get("prevclose")),
        volume=number(raw.get("volume")),
        open_interest=number(raw["open_interest"]) if "open_interest" in raw else UNSET,
        delayed=delayed,
        at=at,
    )


def to_greeks(raw: Raw, delayed: bool) -> Greeks | None:
    """Return the Greeks of one row of a chain: ORATS's, computed about once an hour, with the time of that.

    None where the venue has none. Theta is per calendar day, vega and rho per percentage point, as ours are.
    """
    greeks = raw.get("greeks")
    if not isinstance(greeks, dict):
        return None
    return Greeks(
        symbol=normalise(raw["symbol"]),
        iv=price(greeks.get("mid_iv")) or price(greeks.get("smv_vol")),
        delta=number(greeks.get("delta")),
        gamma=number(greeks.get("gamma")),
        theta=number(greeks.get("theta")),
        vega=number(greeks.get("vega")),
        rho=number(greeks.get("rho")),
        source="venue",
        delayed=delayed,
        at=utc(greeks.get("updated_at")) or UNSET,
    )
