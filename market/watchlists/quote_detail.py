"""One quote in detail as a page is rendered. Pure; static/js/watchlist/detail.js goes on with the same facts."""

import decimal
import typing
from collections.abc import Mapping

from brokers.contract.events import Day, Profile, Quote, Underlying
from market.watchlists.rows import Find, has_book, mark, mid
from streaming.board.board import Item
from streaming.templatetags.figures import MISSING, count, fixed, price, volatility


class DetailLine(typing.NamedTuple):
    """One value with its title. `aged` says that it has an age of its own."""

    name: str
    title: str
    text: str
    aged: bool = False


class DetailGroup(typing.NamedTuple):
    """What came in one slot, with one age."""

    name: str
    title: str
    facts: tuple[DetailLine, ...]
    item: Item


KINDS = tuple(event.__struct_config__.tag for event in (Quote, Day, Underlying, Profile))


def context(symbol: str, find: Find) -> Mapping[str, object]:
    """Return what the template of a quote's details shows."""
    quote, day, underlying, profile = (find(str(kind), symbol) for kind in KINDS)
    value, used = mark(quote)
    return {
        "symbol": symbol,
        "quote": quote,
        "profile": profile,
        "mark": value,
        "used": used,
        "groups": groups(quote, day, underlying, profile),
    }


def groups(quote: Item, day: Item, underlying: Item, profile: Item) -> tuple[DetailGroup, ...]:
    """Return every fact, by the slot it comes in."""
    bid, ask = quote.get("bid"), quote.get("ask")
    spread = quote["ask"] - quote["bid"] if has_book(quote) else None
    return (
        DetailGroup("quote", "Quote", (
            DetailLine("bid", "Bid", sized(bid, quote.get("bid_size")), True),
            DetailLine("ask", "Ask", sized(ask, quote.get("ask_size")), True),
            DetailLine("last", "Last", sized(quote.get("last"), quote.get("last_size")), True),
            DetailLine("mid", "Mid", price(mid(quote))),
            DetailLine("spread", "Spread", price(spread)),
        ), quote),
        DetailGroup("day", "Day", (
            DetailLine("open", "Open", price(day.get("open"))),
            DetailLine("high", "High", price(day.get("high"))),
            DetailLine("low", "Low", price(day.get("low"))),
            DetailLine("prev_close", "Previous close", price(day.get("prev_close"))),
            DetailLine("volume", "Volume", count(day.get("volume"))),
        ), day),
        DetailGroup("underlying", "Volatility", (
            DetailLine("iv", "IV, 30 days", per_cent(volatility(underlying.get("iv")))),
            DetailLine("iv_rank", "IV rank", fixed(underlying.get("iv_rank"), 0)),
            DetailLine("option_volume", "Option volume", count(underlying.get("option_volume"))),
            DetailLine("put_call_ratio", "Puts per call", fixed(underlying.get("put_call_ratio"), 2)),
        ), underlying),
        DetailGroup("profile", "Profile", (
            DetailLine("low_52w", "52-week low", price(profile.get("low_52w"))),
            DetailLine("high_52w", "52-week high", price(profile.get("high_52w"))),
            DetailLine("beta", "Beta", fixed(profile.get("beta"), 2)),
            DetailLine("shares", "Shares", count(profile.get("shares"))),
        ), profile),
    )  # fmt: skip


def sized(value: decimal.Decimal | None, size: decimal.Decimal | None) -> str:
    """Write a price and how much stands at it."""
    return price(value) if size is None else f"{price(value)} × {count(size)}"


def per_cent(text: str) -> str:
    """Write a percentage that is known with its sign."""
    return text if text == MISSING else f"{text}%"
