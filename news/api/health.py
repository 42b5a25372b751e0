"""`GET /api/core/health`: how the desk's services are, in one word each. For anybody, so without detail."""

import asyncio
import typing

from django.conf import settings

from news.store import reader
from streaming.ledger.errors import LedgerError
from streaming.runtime import Runtime, runtime
from streaming.status.health import database, layer
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames

HEALTHY, DEGRADED = "healthy", "degraded"
WORKING = frozenset({"live", "asked", "quiet", "late"})


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 where every service works, else 503. A service that nobody set up does not count."""
    services = await describe_services(runtime())
    is_well = all(word in ("working", "none") for word in services.values())
    body = {"status": HEALTHY if is_well else DEGRADED, "services": services}
    await answer(send, 200 if is_well else 503, frames.dumps(body), {"Cache-Control": "no-store"})


async def describe_services(found: Runtime) -> dict[str, str]:
    """Return each service with a word: `working`, `away`, or `none` where there is none to work."""
    is_stored, joined = await asyncio.gather(database(), layer())
    takers = await found.takers()
    streams = found.host.willing or bool(takers)
    return {
        "database": _word(is_stored["ok"]),
        "layer": _word(joined["ok"]),
        "streams": _word(streams),
        "news": await _news(found),
        "portfolio": _word(is_stored["ok"] and streams),
        "alerts": _word(is_stored["ok"] and streams),
        "signals": _word(is_stored["ok"] and streams),
        "mcp": _word(is_stored["ok"]) if settings.MCP else "none",
    }


def _word(works: typing.Any) -> str:
    return "working" if works else "away"


async def _news(found: Runtime) -> str:
    """Return whether any of the desk's sources works."""
    try:
        states = [one["state"] for one in await found.ledger.read(reader.statuses, 0)]
    except LedgerError:
        return "away"
    if not states:
        return "none"
    return _word(WORKING.intersection(states) or "waiting" in states)
