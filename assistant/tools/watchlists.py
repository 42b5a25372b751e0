"""`list_watchlists` and `change_watchlist`: the lists of symbols that a person keeps."""

import typing

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.outside import move_outside
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolHints, ToolInput, ToolOutput
from assistant.tools.board import open_hub
from assistant.tools.pages import row_id, rows_after
from lib.clock import now_ms
from market import watchlist_rules
from market.models import Watchlist
from market.watchlist_rules import MOST_SYMBOLS, Symbols
from market.watchlists import store
from market.watchlists.views import watchlist_json
from streaming.runtime import runtime

Some = typing.Annotated[list[str], msgspec.Meta(max_length=MOST_SYMBOLS)]


class ListWatchlistsInput(ToolInput, frozen=True):
    """`after` is the `next` of a former answer."""

    after: str = ""


class ListWatchlistsOutput(PagedOutput, frozen=True, kw_only=True):
    """Every list, in the person's order."""

    ROWS: typing.ClassVar[str] = "watchlists"
    watchlists: list[Row]

    def next_after(self, row: Row) -> str:
        return row_id(row)


async def _list_watchlists(caller: ToolCaller, asked: ListWatchlistsInput, progress: Progress) -> ListWatchlistsOutput:
    open_hub()
    rows = await runtime().ledger.write(store.of, caller.person_id)  # who has none is given a first one
    told = [_list_row(row) for row in rows]
    return ListWatchlistsOutput(at=now_ms(), watchlists=rows_after(told, asked.after, row_id))


def _list_row(row: Watchlist) -> Row:
    return move_outside(watchlist_json(row), ("name",))


class ChangeWatchlistInput(ToolInput, frozen=True):
    """A list by its id, and the symbols to add and to remove."""

    list: typing.Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    add: Some = []
    remove: Some = []


class ChangeWatchlistOutput(ToolOutput, frozen=True, kw_only=True):
    """The list as it is now."""

    watchlist: Row


async def _change_watchlist(
    caller: ToolCaller, asked: ChangeWatchlistInput, progress: Progress
) -> ChangeWatchlistOutput:
    open_hub()
    if not asked.add and not asked.remove:
        raise ToolError("bad_message", "Name symbols to add or to remove.", field="add")
    new, gone = watchlist_rules.read_symbols(asked.add), watchlist_rules.read_symbols(asked.remove)

    def change(symbols: Symbols) -> Symbols:
        return watchlist_rules.added(watchlist_rules.without(symbols, gone), new)

    row = await runtime().ledger.write(store.change, caller.person_id, asked.list, change)
    return ChangeWatchlistOutput(at=now_ms(), watchlist=_list_row(row))


LIST_WATCHLISTS = Tool(
    name="list_watchlists",
    title="List watchlists",
    description=(
        "Not for prices: pass the symbols to get_quotes. Every watchlist of the person with its id and symbols."
    ),
    hints=ToolHints(open_world=True),
    input=ListWatchlistsInput,
    output=ListWatchlistsOutput,
    rate=30,
    run=_list_watchlists,
)
CHANGE_WATCHLIST = Tool(
    name="change_watchlist",
    title="Change watchlist",
    description=(
        "Not without the person's wish. Adds symbols to one of their watchlists, named by its id, or removes some;"
        " answers with the list as it is now."
    ),
    scope="trade",
    hints=ToolHints(read_only=False, idempotent=True, open_world=True, destructive=True),
    input=ChangeWatchlistInput,
    output=ChangeWatchlistOutput,
    rate=10,
    run=_change_watchlist,
)
