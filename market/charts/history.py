"""`GET /api/charts/<symbol>?interval=5m`: the past candles of a series, a page at a time."""

import typing

import msgspec
from channels.db import database_sync_to_async

from accounts.auth.access import Access
from brokers.contract.events import Interval
from market.api import requests
from market.api.requests import BadFieldError
from market.charts.kept import kept_page
from streaming.hub.hub import Hub
from streaming.transports.responses import Receive, Scope, Send

INTERVALS: tuple[Interval, ...] = typing.get_args(Interval)
WITHIN_S = 25.0
"""How long a venue may take: it gives everything since a time at once."""
LIMIT = 500

Limit = typing.Annotated[int, msgspec.Meta(ge=1, le=LIMIT)]
Millis = typing.Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class HistoryQuery(msgspec.Struct, frozen=True):
    """What stands in the address: the newest `limit` candles that began before `before` (ms), or all that began.

    With `kept` they are the newest that the desk keeps, and no venue is asked.
    """

    interval: str = "1d"
    before: Millis | None = None
    limit: Limit = LIMIT
    kept: bool = False


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    await requests.serve(scope, receive, send, _find)


async def past(hub: Hub, person: int, symbol: str, interval: Interval, before: int | None, limit: int) -> str:
    """Return a page of candles, oldest first, as JSON. Raises RpcError."""
    about = [symbol, interval, "" if before is None else str(before), str(limit)]
    return await hub.enquiries.request(person, "candles", about, WITHIN_S)


async def _find(hub: Hub, access: Access, scope: Scope) -> str:
    symbol, asked = requests.symbol(scope), requests.question(scope, HistoryQuery)
    if asked.interval not in INTERVALS:
        detail = f"interval is one of {' '.join(INTERVALS)}, not {asked.interval[:40]!r}."
        raise BadFieldError("interval", detail, "unknown_interval")
    if asked.kept:
        text: str = await database_sync_to_async(kept_page)(access.person, symbol, asked.interval, asked.limit)
        return text
    return await past(hub, access.person, symbol, asked.interval, asked.before, asked.limit)
