"""Programs that leave in the middle of what streams: whatever it was, a second later nothing of it is left."""

import asyncio
import contextlib
import time
import typing

import httpx

from tests.assistant.mcp.messages import META, REVISION, message
from tests.scenarios.leaks.books import pids
from tests.scenarios.leaks.place import Book, look
from tests.scenarios.programs.harness import head
from tests.support.desk import Desk
from tests.support.eventually import aeventually

GONE_S = 1.0
"""Within which nothing is left of a client that went."""
TOOLS: dict[str, dict[str, typing.Any]] = {
    "watch_quotes": {"symbols": ["SPY", "IWM"], "seconds": 60},
    "watch_facts": {"seconds": 60},
    "stream_market_news": {"interval": 1_000, "duration": 600_000, "stream": True},
}
"""The tools that stream, each for longer than the test lasts."""
NEWS = {"interval": "1000", "duration": "600000"}
STAY = {"watch": '{"topics": ["links"]}'}
"""What the person looks at all the time, so that the desk does not let go of their links meanwhile."""


async def check_departures(desk: Desk, token: str) -> None:
    """Leave each tool that streams, in both eras, and the stream of news; count what is left in the desk's process."""
    await aeventually(lambda: desk.get("/api/core/health").json()["services"]["news"] != "none")
    ((_, pid),) = pids(desk).items()

    def look_in() -> Book:
        return look(desk.run_dir, pid)

    async with _visitor(desk, token) as client, client.stream("GET", "/sse/streaming/", params=STAY):
        for name, arguments in TOOLS.items():
            for revision in ("2025-11-25", REVISION):
                call = _call(desk, token, name, arguments, revision)
                await check_departure(look_in, call, f"{name} {revision}")
        await check_departure(look_in, client.stream("GET", "/api/mcp/stream-news", params=NEWS), "stream-news")


async def check_departure(look_in: typing.Callable[[], Book], call: typing.Any, name: str) -> None:
    """Begin something that streams, and leave it as soon as it does."""
    before = await aeventually(lambda: _idle(look_in()))
    async with call:
        book = await aeventually(lambda: _busy(look_in()))
    gone, left = time.monotonic(), _left(before, book)
    assert left, name
    while left:
        assert time.monotonic() - gone < GONE_S, (name, left)
        now = _left(before, await asyncio.to_thread(look_in))
        left = {kind: held for kind, held in now.items() if kind in left}  # tasks of the desk itself come and go


@contextlib.asynccontextmanager
async def _call(
    desk: Desk, token: str, name: str, arguments: dict[str, typing.Any], revision: str
) -> typing.AsyncIterator[None]:
    """Call a tool in a revision of the protocol; leave it at the end."""
    params: dict[str, typing.Any] = {"name": name, "arguments": arguments, "_meta": {"progressToken": 1}}
    headers = {"Mcp_Protocol_Version": revision}
    if revision == REVISION:
        headers |= {"Mcp_Method": "tools/call", "Mcp_Name": name}
        params["_meta"] |= META
    async with _visitor(desk, token, **headers) as client:
        calling = asyncio.ensure_future(client.post("/mcp", json=message("tools/call", params)))
        try:
            yield
        finally:
            calling.cancel()


@contextlib.asynccontextmanager
async def _visitor(desk: Desk, token: str, **headers: str) -> typing.AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=desk.url, headers=head(token, **headers), trust_env=False, timeout=60) as one:
        yield one


def _idle(book: Book) -> Book | None:
    """Return what is held while nothing but one page of the person is there; None before and after."""
    return book if book["open"] == {"calls": 0, "bounded calls": 0, "streams": 0, "watches": 0, "sockets": 1} else None


def _busy(book: Book) -> Book | None:
    """Return what is held while something streams; None before."""
    now = book["open"]
    return book if now["sockets"] > 1 and now["calls"] + now["streams"] else None


def _left(before: Book, after: Book) -> dict[str, tuple[float, float]]:
    """Return what there is more of than before, and how much there was and is."""
    return {
        kind: (before[chapter].get(kind, 0), held)
        for chapter, kinds in after.items()
        for kind, held in kinds.items()
        if held > before[chapter].get(kind, 0)
    }
