"""What a venue lists on a symbol: `GET /api/options/expirations/<symbol>` and `GET /api/options/strikes/<symbol>`."""

import datetime
import typing

import msgspec

from accounts.auth.access import Access
from brokers.contract.broker import Expiration, Strike
from brokers.instruments import calendar
from market.api import requests
from streaming.hub.hub import Hub
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames

_read = msgspec.json.Decoder(Expiration).decode


class StrikesQuery(msgspec.Struct, frozen=True):
    """What stands in the address. Without a `root`, the one with the most strikes is meant."""

    expiration: datetime.date
    root: str = ""


async def serve_expirations(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the days on which options of a symbol end."""
    await requests.serve(scope, receive, send, _expirations)


async def serve_strikes(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the strikes of one expiration, `?expiration=…`, and the options listed at each."""
    await requests.serve(scope, receive, send, _strikes)


async def expirations(hub: Hub, person: int, symbol: str) -> list[dict[str, typing.Any]]:
    """Return the expirations of `symbol`, soonest first, each with the days to it and when it ends, in ms.

    Raises RpcError.
    """
    found: list[dict[str, typing.Any]] = msgspec.json.decode(
        await hub.enquiries.request(person, "expirations", [symbol])
    )
    today = requests.today()
    dated = [(datetime.date.fromisoformat(one["date"]), one) for one in found]
    return [
        {**one, "dte": (date - today).days, "ends": calendar.ends(one["root"], date, one["settlement"])}
        for date, one in dated
        if date >= today
    ]


async def strikes(hub: Hub, person: int, symbol: str, date: datetime.date, root: str = "") -> Expiration:
    """Return what is listed on `symbol` for one day, lowest strike first. Raises RpcError."""
    return _read(await hub.enquiries.request(person, "strikes", [symbol, date.isoformat(), root]))


async def _expirations(hub: Hub, access: Access, scope: Scope) -> str:
    symbol = requests.symbol(scope)
    return frames.dumps({"symbol": symbol, "expirations": await expirations(hub, access.person, symbol)})


async def _strikes(hub: Hub, access: Access, scope: Scope) -> str:
    symbol, asked = requests.symbol(scope), requests.question(scope, StrikesQuery)
    found = await strikes(hub, access.person, symbol, asked.expiration, asked.root.upper()[:24])
    return frames.dumps(
        {
            "symbol": symbol,
            "expiration": found.date,
            "root": found.root,
            "strikes": [_row(row) for row in found.strikes],
        }
    )


def _row(row: Strike) -> dict[str, object]:
    return {"strike": row.strike, "call": row.call, "put": row.put}
