"""`GET /trade/…`: what a person holds, ordered and traded, as JSON. Read only."""

import datetime
import typing

import msgspec

from accounts.auth.access import Access
from lib.clock import now_ms
from market.api import requests
from market.api.requests import BadFieldError
from streaming.board.board import Item
from streaming.facts import LATEST
from streaming.hub.hub import Hub
from streaming.ledger.errors import AwayError
from streaming.rpc.client import RpcError
from streaming.runtime import runtime
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames
from trading.api import queries
from trading.portfolio.board_view import read_board

AWAY_S = 5.0
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
FINE_DAYS = 2
"""A history of so many days is told as it was sampled, a longer one hour by hour, and one of months day by day."""
HOURLY_DAYS = 60

Limit = typing.Annotated[int, msgspec.Meta(ge=1, le=500)]


class AboutOrders(msgspec.Struct, frozen=True):
    """What is asked of orders: `since` is a time, `status` is `working` or `all`."""

    since: str = ""
    status: typing.Literal["working", "all"] = "all"
    limit: Limit = 200


class AboutFills(msgspec.Struct, frozen=True):
    """What is asked of fills: those `since` a time, or `after` the number of a fact."""

    since: str = ""
    after: typing.Annotated[int, msgspec.Meta(ge=0, le=LATEST)] | None = None
    limit: Limit = 500


class AboutHistory(msgspec.Struct, frozen=True):
    """How many days of history are asked for."""

    days: typing.Annotated[int, msgspec.Meta(ge=1, le=3660)] = 30


async def portfolio(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with totals, accounts and exposures."""
    await requests.serve(scope, receive, send, _portfolio)


async def positions(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with every position, and how it is marked."""
    await requests.serve(scope, receive, send, _positions)


async def orders(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with orders, the newest first."""
    await requests.serve(scope, receive, send, _orders)


async def fills(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with fills, the oldest first."""
    await requests.serve(scope, receive, send, _fills)


async def history(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what accounts were worth."""
    await requests.serve(scope, receive, send, _history)


async def _portfolio(found: Hub, access: Access, scope: Scope) -> str:
    seen = await read_board(runtime(), access.person)
    return frames.dumps(
        {"at": seen.at, **{name: _bare(getattr(seen, name)) for name in ("links", "totals", "accounts", "exposures")}}
    )


async def _positions(found: Hub, access: Access, scope: Scope) -> str:
    seen = await read_board(runtime(), access.person)
    return frames.dumps({"at": seen.at, "positions": _bare(seen.positions)})


async def _orders(found: Hub, access: Access, scope: Scope) -> str:
    asked = requests.question(scope, AboutOrders)
    since, working = moment(asked.since), asked.status == "working"
    return frames.dumps({"orders": await read_book(queries.orders, access.person, since, working, asked.limit)})


async def _fills(found: Hub, access: Access, scope: Scope) -> str:
    asked = requests.question(scope, AboutFills)
    told = await read_book(queries.fills, access.person, moment(asked.since), asked.after, asked.limit)
    return frames.dumps({"fills": told, "more": len(told) == asked.limit})


async def _history(found: Hub, access: Access, scope: Scope) -> str:
    return frames.dumps({"samples": await read_history(access.person, requests.question(scope, AboutHistory).days)})


async def read_history(person: int, days: int) -> list[Item]:
    """Return what accounts were worth in the last days, in steps that fit. Raises RpcError."""
    every = 1 if days <= FINE_DAYS else HOUR_MS if days <= HOURLY_DAYS else DAY_MS
    return await read_book(queries.net_liqs, person, now_ms() - days * DAY_MS, every)


async def read_book(work: typing.Callable[..., list[Item]], *about: typing.Any) -> list[Item]:
    """Read from the book. Raises RpcError while the database is away."""
    try:
        return await runtime().ledger.read(work, *about)
    except AwayError as error:
        raise RpcError("unavailable", "The database is away. Come again.", AWAY_S) from error


def moment(text: str) -> int:
    """Read a time: milliseconds, or ISO 8601, which is UTC unless it says otherwise. Raises BadFieldError."""
    if not text:
        return 0
    try:
        if text.isascii() and text.isdigit():
            found = int(text[:17])
        else:
            read = datetime.datetime.fromisoformat(text)
            read = read if read.tzinfo else read.replace(tzinfo=datetime.UTC)
            found = int(read.timestamp()) * 1000 + read.microsecond // 1000
        if 0 <= found <= LATEST:
            return found
    except (ValueError, OverflowError):
        pass
    raise BadFieldError("since", f"since is a time, in milliseconds or as ISO 8601, not {text[:40]!r}.")


def _bare(items: list[Item]) -> list[Item]:
    """Return slots without saying of each what it is."""
    return [{name: value for name, value in item.items() if name != "type"} for item in items]
