"""`GET /api/options/strikes/<symbol>?expiration=…`: the strikes of one expiration, and the options listed at each."""

import datetime

import msgspec

from accounts.auth.access import Access
from brokers.contract.broker import Expiration, Strike
from market.api import requests
from streaming.hub.hub import Hub
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames

_read = msgspec.json.Decoder(Expiration).decode


class StrikesQuery(msgspec.Struct, frozen=True):
    """What stands in the address. Without a `root`, the one with the most strikes is meant."""

    expiration: datetime.date
    root: str = ""


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    await requests.serve(scope, receive, send, _find)


async def listed(hub: Hub, person: int, symbol: str, date: datetime.date, root: str = "") -> Expiration:
    """Return what is listed on `symbol` for one day, lowest strike first. Raises RpcError."""
    return _read(await hub.enquiries.ask(person, "strikes", [symbol, date.isoformat(), root]))


async def _find(hub: Hub, access: Access, scope: Scope) -> str:
    symbol, asked = requests.symbol(scope), requests.question(scope, StrikesQuery)
    found = await listed(hub, access.person, symbol, asked.expiration, asked.root.upper()[:24])
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
