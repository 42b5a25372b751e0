"""`get_expirations` and `get_option_chain`: the options on a symbol, with prices, volatilities and Greeks."""

import datetime
import typing

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolInput
from assistant.tools.board import open_hub, with_age
from assistant.tools.candles import read_symbol
from assistant.tools.quotes import read_quotes
from lib.clock import now_ms
from market.chains.chain import underlying_price
from market.chains.listing import expirations
from market.chains.snapshot import SnapshotQuery, read_chain
from market.chains.volatility import read_volatilities

DAY = ("date", "root", "kind", "settlement", "multiplier", "strikes", "dte", "ends")
MOST_ROWS = 40


class GetExpirationsInput(ToolInput, frozen=True):
    """The underlying."""

    symbol: str


class GetExpirationsOutput(PagedOutput, frozen=True, kw_only=True):
    """The days on which its options end, soonest first. `iv`: at the money, a fraction a year."""

    ROWS: typing.ClassVar[str] = "expirations"
    symbol: str
    expirations: list[Row]


async def _get_expirations(caller: ToolCaller, asked: GetExpirationsInput, progress: Progress) -> GetExpirationsOutput:
    symbol, hub = read_symbol(asked.symbol), open_hub()
    days = await expirations(hub, caller.person_id, symbol)
    read = msgspec.json.decode(await read_volatilities(hub, caller.access, symbol))
    volatilities = {(one["date"], one["root"]): one for one in read["expirations"]}
    now = now_ms()
    rows = [_day_row(one, volatilities.get((one["date"], one["root"]), {}), now) for one in days]
    return GetExpirationsOutput(at=now, symbol=symbol, expirations=rows)


def _day_row(day: Row, volatility: Row, now: int) -> Row:
    told = {name: day.get(name) for name in DAY} | {name: volatility.get(name) for name in ("iv", "source", "at")}
    return with_age(told, now)


class GetOptionChainInput(ToolInput, frozen=True):
    """One expiration of an underlying, and how many of its options nearest the money; of a day with several, a root."""

    symbol: str
    expiration: datetime.date
    root: str = ""
    rows: typing.Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)] = 20
    side: typing.Literal["both", "call", "put"] = "both"


class GetOptionChainOutput(PagedOutput, frozen=True, kw_only=True):
    """Options by strike, those nearest the money; the others are counted in `left_out`."""

    ROWS: typing.ClassVar[str] = "options"
    underlying: Row
    options: list[Row]


async def _get_option_chain(caller: ToolCaller, asked: GetOptionChainInput, progress: Progress) -> GetOptionChainOutput:
    symbol = read_symbol(asked.symbol)
    text = await read_chain(open_hub(), caller.access, symbol, SnapshotQuery(asked.expiration, asked.root))
    (underlying,), _ = await read_quotes(caller, [symbol])
    chain, now = msgspec.json.decode(text), now_ms()
    listed = [one for one in chain["options"] if asked.side in ("both", one["type"])]
    shown = _nearest(listed, underlying_price(underlying), asked.rows)
    return GetOptionChainOutput(
        at=now,
        underlying=underlying,
        options=[_option_row(one, now) for one in shown],
        left_out=len(listed) - len(shown),
    )


def _nearest(options: list[Row], price: float | None, rows: int) -> list[Row]:
    """Return so many options with the strikes nearest to a price, by strike; without one, those in the middle."""
    if price is None:
        first = max(0, (len(options) - rows) // 2)
        return options[first : first + rows]
    chosen = sorted(options, key=lambda one: (abs(one["strike"] - price), one["strike"], one["type"]))[:rows]
    return sorted(chosen, key=lambda one: (one["strike"], one["type"]))


def _option_row(option: Row, now: int) -> Row:
    """Return what is told of an option. `at` is when its bid and ask were told, `greeks_at` that of the others."""
    told = {name: value for name, value in option.items() if name != "quote_at"}
    return {"type": option["type"]} | with_age(told | {"at": option["quote_at"]}, now)


GET_EXPIRATIONS = Tool(
    name="get_expirations",
    title="Get expirations",
    description=(
        "Not for strikes or prices: use get_option_chain. The days on which a symbol's options end, with root, days to"
        " expiration, number of strikes and implied volatility at the money."
    ),
    input=GetExpirationsInput,
    output=GetExpirationsOutput,
    rate=20,
    run=_get_expirations,
)
GET_OPTION_CHAIN = Tool(
    name="get_option_chain",
    title="Get option chain",
    description=(
        "Not for one option whose symbol is known: use get_quotes. Up to 40 options of one expiration nearest the"
        " money, with bid, ask, volatility, Greeks, volume and open interest."
    ),
    input=GetOptionChainInput,
    output=GetOptionChainOutput,
    rate=20,
    run=_get_option_chain,
)
