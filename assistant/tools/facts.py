"""`get_orders`, `get_fills` and `get_facts`: what was ordered, what traded, and all that happened, by number."""

import typing

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.outside import move_outside
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolHints, ToolInput
from assistant.tools.board import open_hub, with_age
from lib.clock import now_ms
from streaming.facts import LATEST, Fact
from streaming.ledger.store import page
from streaming.runtime import runtime
from trading.api import queries
from trading.api.endpoints import moment, read_book

PROSE = ("reason", "text", "note", "detail", "venue_status", "venue_kind")
"""Fields that a venue, or another program, may write anything into."""
WITH_PROSE = ToolHints(open_world=True)
Kind = typing.Literal["order", "fill", "activity", "alert", "notice", "model", "signal", "outcome", "results"]
PLACE = r"^([0-9]{1,18}\.[0-9]{1,18})?$"
"""Where an order stands among others: when it changed (ms), and by which fact."""
FactNumber = typing.Annotated[int, msgspec.Meta(ge=0, le=LATEST)]


def ledger_row(item: Row, now: int) -> Row:
    """Return what is told of something stored. `delayed`: it was found late, after a gap."""
    told = item | {"source": "ledger", "delayed": bool(item.get("recovered"))}
    return move_outside(with_age(told, now), PROSE)


def fact_row(fact: Fact, now: int) -> Row:
    """Return what is told of a fact; `type` says what it is, `kind` of which kind an order or an activity is."""
    return {"type": fact.kind} | ledger_row(fact.item, now)


class GetOrdersInput(ToolInput, frozen=True):
    """Orders that changed since a time (ms, or ISO 8601), all or those that work.

    `before` is the `next` of a former answer.
    """

    status: typing.Literal["working", "all"] = "all"
    since: str = ""
    before: typing.Annotated[str, msgspec.Meta(pattern=PLACE)] = ""
    limit: typing.Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class GetOrdersOutput(PagedOutput, frozen=True, kw_only=True):
    """Orders, the newest first."""

    ROWS: typing.ClassVar[str] = "orders"
    orders: list[Row]

    def next_after(self, row: Row) -> str:
        return f"{row['at']}.{row['fact']}"


async def _get_orders(caller: ToolCaller, asked: GetOrdersInput, progress: Progress) -> GetOrdersOutput:
    open_hub()
    since, working = moment(asked.since), asked.status == "working"
    before = tuple(map(int, asked.before.split("."))) if asked.before else None
    found = await read_book(queries.orders, caller.person_id, since, working, asked.limit + 1, before)
    now = now_ms()
    rows = [ledger_row(one, now) for one in found[: asked.limit]]
    told = GetOrdersOutput(at=now, orders=rows)
    return told if len(found) == len(rows) else msgspec.structs.replace(told, next=told.next_after(rows[-1]))


class GetFillsInput(ToolInput, frozen=True):
    """Fills after a fact (`next` of a former answer), or since a time (ms, or ISO 8601)."""

    after: FactNumber = 0
    since: str = ""
    limit: typing.Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class GetFillsOutput(PagedOutput, frozen=True, kw_only=True):
    """Fills by the number of their fact, the oldest first. `more`: there are more after `next`."""

    ROWS: typing.ClassVar[str] = "fills"
    fills: list[Row]
    more: bool

    def next_after(self, row: Row) -> int:
        return int(row["fact"])


async def _get_fills(caller: ToolCaller, asked: GetFillsInput, progress: Progress) -> GetFillsOutput:
    open_hub()
    since = moment(asked.since)
    found = await read_book(queries.fills, caller.person_id, since, asked.after, asked.limit + 1)
    now, shown = now_ms(), found[: asked.limit]
    rows = [ledger_row(one, now) for one in shown]
    following = rows[-1]["fact"] if rows else asked.after
    return GetFillsOutput(at=now, fills=rows, more=len(found) > len(shown), next=following)


class GetFactsInput(ToolInput, frozen=True):
    """Facts after a number (`next` of a former answer; 0 is the beginning), of some kinds if given."""

    after: FactNumber = 0
    kinds: list[Kind] = []
    limit: typing.Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class GetFactsOutput(PagedOutput, frozen=True, kw_only=True):
    """Facts by their number, the oldest first. `more`: there are more after `next`; `newest`: the last one there is."""

    ROWS: typing.ClassVar[str] = "facts"
    facts: list[Row]
    more: bool
    newest: int

    def next_after(self, row: Row) -> int:
        return int(row["fact"])


async def _get_facts(caller: ToolCaller, asked: GetFactsInput, progress: Progress) -> GetFactsOutput:
    open_hub()
    ledger = runtime().ledger
    newest = await ledger.head(caller.person_id)
    found = await ledger.read(page, caller.person_id, asked.after, asked.limit + 1, asked.kinds)
    now, shown = now_ms(), found[: asked.limit]
    following = shown[-1].number if shown else asked.after
    return GetFactsOutput(
        at=now, facts=[fact_row(one, now) for one in shown], more=len(found) > len(shown), next=following, newest=newest
    )


GET_ORDERS = Tool(
    name="get_orders",
    title="Get orders",
    description=(
        "Not for what traded: use get_fills. Orders with legs, price, status and what was filled, the newest first; the"
        " working ones alone if asked."
    ),
    hints=WITH_PROSE,
    input=GetOrdersInput,
    output=GetOrdersOutput,
    rate=30,
    run=_get_orders,
)
GET_FILLS = Tool(
    name="get_fills",
    title="Get fills",
    description=(
        "Not for orders that did not trade: use get_orders. Fills with price, quantity and fees, by the number of their"
        " fact; call again with next as after."
    ),
    hints=WITH_PROSE,
    input=GetFillsInput,
    output=GetFillsOutput,
    rate=30,
    run=_get_fills,
)
GET_FACTS = Tool(
    name="get_facts",
    title="Get facts",
    description=(
        "Not for waiting: use watch_facts. All that happened, by number: orders, fills, activities, alerts, notices,"
        " signals; nothing is missed where next is passed as after."
    ),
    hints=WITH_PROSE,
    input=GetFactsInput,
    output=GetFactsOutput,
    rate=30,
    run=_get_facts,
)
