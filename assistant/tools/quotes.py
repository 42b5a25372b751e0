"""`get_quotes` and `market_overview`: prices as the person's own links tell them."""

import typing
from collections.abc import Collection, Sequence

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import Progress
from assistant.contract.tool import NoInput, PagedOutput, Row, Tool, ToolInput, ToolOutput
from assistant.tools.board import links_by_id, open_hub, read_slots, with_age
from brokers.instruments.symbols import parse_option
from lib.clock import now_ms
from market.radial.overview import read_overview
from market.watchlist_rules import read_symbols
from streaming.board.board import Item
from streaming.sockets.shared_socket import Slots
from streaming.wire.subscription import Subscription

Symbols = typing.Annotated[list[str], msgspec.Meta(min_length=1, max_length=50)]

QUOTE = (
    "bid", "ask", "bid_size", "ask_size", "last", "change", "change_percentage", "source", "delayed", "at",
)  # fmt: skip
"""What is told of a quote."""


class GetQuotesInput(ToolInput, frozen=True):
    """Which symbols; with `detail`, the day, the profile and the option activity of each."""

    symbols: Symbols
    detail: bool = False


class GetQuotesOutput(PagedOutput, frozen=True, kw_only=True):
    """A row for each symbol. `unknown`: symbols that no linked venue lists."""

    ROWS: typing.ClassVar[str] = "quotes"
    quotes: list[Row]
    unknown: list[str]


def quote_row(symbol: str, slots: Slots, links: dict[str, Item], now: int) -> Row:
    """Return what is told of the quote of a symbol; what is not known is null. `now` in ms.

    `status` is whether it trades, `state` how the link is that it came by: only `live` is current.
    """
    quote = slots.get(("quote", symbol), {})
    aged = with_age({name: quote.get(name) for name in QUOTE}, now)
    status = slots.get(("profile", symbol), {}).get("status")
    state = links.get(quote.get("link", ""), {}).get("state")
    return {"symbol": symbol, **aged, "status": status, "state": state}


def is_unlisted(symbol: str, slots: Slots) -> bool:
    """Whether the venue has no such symbol."""
    return ("quote", symbol) not in slots and slots.get(("profile", symbol), {}).get("status") == "unlisted"


def require_feed(slots: Slots) -> None:
    """Raise ToolError where no quote came and no link could bring one."""
    if not any(slot[0] in ("quote", "link") for slot in slots):
        raise ToolError("no_feed", "No broker is linked that tells prices. Link one in the settings of the desk.")


async def read_quotes(
    caller: ToolCaller, symbols: Sequence[str], underlyings: Collection[str] = ()
) -> tuple[list[Row], dict[tuple[str, ...], Item]]:
    """Return a row for each symbol, and the slots that they were made of.

    Raises ToolError where nothing can bring prices, SubscriptionError and RpcError.
    """
    view = Subscription(frozenset(symbols), underlyings=frozenset(underlyings), topics=frozenset({"links"}))
    slots = await read_slots(
        caller, view, lambda found: all(("quote", one) in found or is_unlisted(one, found) for one in symbols)
    )
    require_feed(slots)
    now, links = now_ms(), links_by_id(slots)
    return [quote_row(symbol, slots, links, now) for symbol in symbols], slots


async def _get_quotes(caller: ToolCaller, asked: GetQuotesInput, progress: Progress) -> GetQuotesOutput:
    symbols = read_symbols(asked.symbols)
    underlyings = [one for one in symbols if asked.detail and not parse_option(one)]
    rows, slots = await read_quotes(caller, symbols, underlyings)
    now = now_ms()
    unknown = [symbol for symbol in symbols if is_unlisted(symbol, slots)]
    rows = [row for row in rows if row["symbol"] not in unknown]
    if asked.detail:
        rows = [row | _details(row["symbol"], slots, now) for row in rows]
    return GetQuotesOutput(at=now, quotes=rows, unknown=unknown)


def _details(symbol: str, slots: Slots, now: int) -> Row:
    """Return the day, the profile and the option activity of a symbol; null where nothing is known."""
    found: Row = {}
    for kind in ("day", "profile", "underlying"):
        item = slots.get((kind, symbol))
        found[kind] = None if item is None else _without_symbol(with_age(item, now))
    return found


def _without_symbol(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "symbol"}


GET_QUOTES = Tool(
    name="get_quotes",
    title="Get quotes",
    description=(
        "Not for waiting on a change: use watch_quotes. Current bid, ask, last and change of up to 50 symbols, each"
        " with its age and source; detail adds day, profile and option activity."
    ),
    input=GetQuotesInput,
    output=GetQuotesOutput,
    rate=60,
    run=_get_quotes,
)


class MarketOverviewOutput(ToolOutput, frozen=True, kw_only=True):
    """Ten markets, what moved most of all that is held, the session, and the regime of SPY."""

    session: str | None
    next_change: int | None
    indices: list[Row]
    movers: list[Row]
    regime: Row | None


async def _market_overview(caller: ToolCaller, asked: NoInput, progress: Progress) -> MarketOverviewOutput:
    seen, slots = await read_overview(open_hub(), caller.access)
    now, links = seen["at"], links_by_id(slots)
    require_feed(slots)
    return MarketOverviewOutput(
        at=now,
        session=seen["market"]["session"],
        next_change=seen["market"]["next_change"],
        indices=[quote_row(one["symbol"], slots, links, now) for one in seen["indices"]],
        movers=[quote_row(one["symbol"], slots, links, now) for one in seen["movers"]],
        regime=None if seen["brain"] is None else with_age(seen["brain"], now),
    )


MARKET_OVERVIEW = Tool(
    name="market_overview",
    title="Market overview",
    description=(
        "Not for chosen symbols: use get_quotes. Ten markets (SPY QQQ IWM DIA VIX GLD TLT EEM XLF XLE), the session,"
        " the regime of SPY, and the widest movers of what is held."
    ),
    input=NoInput,
    output=MarketOverviewOutput,
    rate=20,
    run=_market_overview,
)
