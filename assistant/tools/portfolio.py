"""`get_portfolio`, `get_positions` and `get_net_liq`: what a person holds, and what it is worth."""

import decimal
import typing
from collections.abc import Iterable

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolInput
from assistant.tools.board import open_hub, with_age
from assistant.tools.pages import rows_after
from brokers.instruments.symbols import normalise
from lib.clock import now_ms
from streaming.board.board import Item
from streaming.runtime import runtime
from trading.api.endpoints import read_history
from trading.portfolio.board_view import BoardView, read_board

POINTS = 120
"""Points of a history, at most, for each account."""
MISSING = ("unmarked", "ungreeked", "unweighted")


class GetPortfolioInput(ToolInput, frozen=True):
    """One environment (`live`, `sandbox`, `simulated`); all of them unless it is given."""

    environment: str = ""


class GetPortfolioOutput(PagedOutput, frozen=True, kw_only=True):
    """Totals of each environment, accounts, and what is held of each underlying.

    `missing` counts the positions without a mark, without Greeks and without a beta: sums leave those out.
    """

    ROWS: typing.ClassVar[str] = "exposures"
    totals: list[Row]
    accounts: list[Row]
    exposures: list[Row]
    missing: dict[str, int]


async def _read(caller: ToolCaller) -> BoardView:
    """Return what a caller holds. Raises RpcError and ToolError."""
    open_hub()
    return await read_board(runtime(), caller.person_id)


async def _get_portfolio(caller: ToolCaller, asked: GetPortfolioInput, progress: Progress) -> GetPortfolioOutput:
    seen = await _read(caller)
    delayed = _delayed_links(seen)

    def rows(items: Iterable[Item]) -> list[Row]:
        chosen = [one for one in items if asked.environment in ("", one["environment"])]
        return [_sum_row(one, seen.at, delayed) for one in chosen]

    totals = rows(seen.totals)
    return GetPortfolioOutput(
        at=seen.at, totals=totals, accounts=rows(seen.accounts), exposures=rows(seen.exposures),
        missing={name: sum(one.get(name) or 0 for one in totals) for name in MISSING},
    )  # fmt: skip


def _delayed_links(seen: BoardView) -> frozenset[str]:
    """Return the links whose prices are delayed."""
    return frozenset(one["link"] for one in seen.links if one.get("delayed"))


def _sum_row(item: Item, now: int, delayed: frozenset[str]) -> Row:
    """Return a sum that the desk made; it may hold delayed marks where any link is delayed."""
    return with_age(item | {"source": "desk", "delayed": bool(delayed)}, now)


class GetPositionsInput(ToolInput, frozen=True):
    """Positions on one underlying or in one account, as far as given; `after` is the `next` of a former answer."""

    underlying: str = ""
    account: str = ""
    after: str = ""


class GetPositionsOutput(PagedOutput, frozen=True, kw_only=True):
    """Positions by symbol. `source` is that of the mark, `at` its time."""

    ROWS: typing.ClassVar[str] = "positions"
    positions: list[Row]

    def next_after(self, row: Row) -> str:
        return "|".join(_place(row))


async def _get_positions(caller: ToolCaller, asked: GetPositionsInput, progress: Progress) -> GetPositionsOutput:
    seen = await _read(caller)
    if asked.account and asked.account not in {one["account"] for one in (*seen.accounts, *seen.positions)}:
        raise ToolError("unknown_account", "You have no such account.", field="account")
    delayed, underlying = _delayed_links(seen), normalise(asked.underlying)
    after = tuple(asked.after.split("|"))
    chosen = [
        one
        for one in seen.positions
        if underlying in ("", one.get("underlying"), one["symbol"])
        if asked.account in ("", one["account"])
        if not asked.after or _place(one) > after
    ]
    return GetPositionsOutput(at=seen.at, positions=[_position_row(one, seen.at, delayed) for one in chosen])


def _place(item: Item) -> tuple[str, ...]:
    """Return what positions are sorted by."""
    return item["symbol"], item["link"], item["account"]


def _position_row(item: Item, now: int, delayed: frozenset[str]) -> Row:
    told = {name: value for name, value in item.items() if name not in ("mark_source", "mark_at")}
    link = item.get("mark_link") or item["link"]
    mark = {"source": item.get("mark_source"), "at": item.get("mark_at"), "delayed": link in delayed}
    return with_age(told | mark, now)


class GetNetLiqInput(ToolInput, frozen=True):
    """How many days back; `after` is the `next` of a former answer."""

    days: typing.Annotated[int, msgspec.Meta(ge=1, le=366)] = 30
    after: str = ""


class GetNetLiqOutput(PagedOutput, frozen=True, kw_only=True):
    """What each account was worth: points [time ms, net_liq, the venue's balance], 120 at most, oldest first."""

    ROWS: typing.ClassVar[str] = "accounts"
    accounts: list[Row]

    def next_after(self, row: Row) -> str:
        return _account_name(row)


def _account_name(row: Row) -> str:
    return f"{row['link']}|{row['account']}"


async def _get_net_liq(caller: ToolCaller, asked: GetNetLiqInput, progress: Progress) -> GetNetLiqOutput:
    open_hub()
    now = now_ms()
    points: dict[tuple[str, str], list[list[int | decimal.Decimal | None]]] = {}
    for one in await read_history(caller.person_id, asked.days):
        points.setdefault((one["link"], one["account"]), []).append([one["at"], one["net_liq"], one["balance"]])
    rows = [
        with_age(
            {"link": link, "account": account, "points": _thinned(found), "source": "desk", "at": found[-1][0]}, now
        )
        for (link, account), found in points.items()
    ]
    return GetNetLiqOutput(at=now, accounts=rows_after(rows, asked.after, _account_name))


def _thinned(points: list[list[int | decimal.Decimal | None]]) -> list[list[int | decimal.Decimal | None]]:
    """Return 120 points at most, evenly chosen, the newest among them."""
    step = -(-len(points) // POINTS)
    return points[(len(points) - 1) % step :: step] if points else points


GET_PORTFOLIO = Tool(
    name="get_portfolio",
    title="Get portfolio",
    description=(
        "Not for single positions: use get_positions. Net liquidating value, cash, profit and Greeks of all accounts,"
        " by environment, account and underlying; real and simulated money are never added."
    ),
    input=GetPortfolioInput,
    output=GetPortfolioOutput,
    rate=30,
    run=_get_portfolio,
)
GET_POSITIONS = Tool(
    name="get_positions",
    title="Get positions",
    description=(
        "Not for totals: use get_portfolio. Every position with its mark and where that came from, value, profit and"
        " Greeks; of one underlying or account if given."
    ),
    input=GetPositionsInput,
    output=GetPositionsOutput,
    rate=30,
    run=_get_positions,
)
GET_NET_LIQ = Tool(
    name="get_net_liq",
    title="Get account history",
    description=(
        "Not for what accounts are worth now: use get_portfolio. What each account was worth in the past, up to 366"
        " days and 120 points."
    ),
    input=GetNetLiqInput,
    output=GetNetLiqOutput,
    rate=10,
    run=_get_net_liq,
)
