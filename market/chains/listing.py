"""`GET /api/options/expirations/<symbol>`: the days on which options of a symbol end."""

import datetime
import typing

import msgspec

from accounts.auth.access import Access
from brokers.instruments import calendar
from market.api import requests
from streaming.hub.hub import Hub
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    await requests.serve(scope, receive, send, _find)


async def days(hub: Hub, person: int, symbol: str) -> list[dict[str, typing.Any]]:
    """Return the expirations of `symbol`, soonest first, each with the days to it and when it ends, in ms.

    Raises RpcError.
    """
    found: list[dict[str, typing.Any]] = msgspec.json.decode(await hub.enquiries.ask(person, "expirations", [symbol]))
    today = requests.today()
    dated = [(datetime.date.fromisoformat(one["date"]), one) for one in found]
    return [
        {**one, "dte": (date - today).days, "ends": calendar.ends(one["root"], date, one["settlement"])}
        for date, one in dated
        if date >= today
    ]


async def _find(hub: Hub, access: Access, scope: Scope) -> str:
    symbol = requests.symbol(scope)
    return frames.dumps({"symbol": symbol, "expirations": await days(hub, access.person, symbol)})
