"""`GET /api/mcp/stream-news`: news of a symbol, then of the market, as a stream that ends by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterator

from accounts.auth.access import Access
from assistant import rate_limits
from assistant.addresses import client_address
from assistant.counts import counts
from assistant.news_stream import events
from assistant.news_stream.query import NewsStreamQuery, read_query
from assistant.open_streams import enter_stream
from assistant.tools.news_batches import NewsBatches, batch_message, iso_time
from lib.clock import now_ms
from market.api import requests
from streaming.ledger.errors import LedgerError
from streaming.rpc.client import RpcError
from streaming.runtime import runtime
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.shared_socket import Slots
from streaming.transports import sse
from streaming.transports.responses import Receive, Scope, Send, header, start_response
from streaming.wire.frames import Close
from streaming.wire.subscription import Subscription

HEAD = {**sse.HEAD, "Connection": "keep-alive"}
MOST_STARTS, MINUTE_MS = 10, 60_000
"""Starts of one person, and from one address, within a minute."""
WRITE_S = 10.0
"""How long a client may take nothing."""
COMMENT_S = 15.0
"""How long a stream says nothing: proxies end one that is silent for a minute."""
COMMENT = ": still here\n"
"""Without an empty line after it, which some clients take for the end of an event."""
COMPLETE = "Stream complete"
LONGEST_ID = 9
"""Digits of the id of an event, at most."""


class NothingShown:
    """What clients of one person see together who read news by themselves: that their access still holds."""

    view = Subscription(topics=frozenset({"links"}))

    def render_changes(self, slots: Slots, changed: Collection[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        """Tell nothing."""
        yield from ()


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one stream, until it is over or its client leaves."""
    async with requests.refusing(send):
        hub = runtime().hub
        access = requests.admitted(scope, hub)
        last = header(scope, b"last-event-id") or ""
        if last == events.END:
            await start_response(send, 204, {})
            await send({"type": "http.response.body", "body": b""})
            return
        asked = read_query(scope)
        await _count_start(access, client_address(scope))
        async with enter_stream(access.person):
            with _counted(), hub.shares.listening(access, "news stream", NothingShown) as (_, listener):
                texts = _texts(listener, asked, _next_number(last))
                await requests.while_here(receive, _write(scope, send, _with_comments(texts)))


@contextlib.contextmanager
def _counted() -> Iterator[None]:
    """Count a stream that starts, and while it is open."""
    counts.news_starts += 1
    counts.news_streams += 1
    try:
        yield
    finally:
        counts.news_streams -= 1


async def _count_start(access: Access, address: str) -> None:
    """Count one more start. Raises RpcError where there were too many."""
    for key in (f"address:{address}", f"person:{access.person}"):
        wait_s = await rate_limits.count_start(f"news_stream:{key}", MOST_STARTS, MINUTE_MS)
        if wait_s is not None:
            raise RpcError("rate_limited", f"Streams of news start {MOST_STARTS} times a minute at most.", wait_s)


def _next_number(last: str) -> int:
    """Return the number of the first event: that after the last one which the client saw, if it saw any."""
    return int(last) + 1 if last.isascii() and last.isdecimal() and len(last) <= LONGEST_ID else 0


async def _write(scope: Scope, send: Send, texts: AsyncIterator[str]) -> None:
    """Send events until there are no more. A client that takes nothing is cut."""
    await start_response(send, 200, HEAD)
    first = sse.retry()
    async for text in texts:
        try:
            async with asyncio.timeout(WRITE_S):
                await send(sse.body(first + text))
        except TimeoutError:
            scope["line"].cut()
            return
        first = ""
    await send({"type": "http.response.body", "body": b""})


async def _with_comments(texts: AsyncIterator[str]) -> AsyncIterator[str]:
    """Yield texts as they come, and a comment wherever none came for COMMENT_S."""
    coming = asyncio.ensure_future(anext(texts, ""))
    try:
        while True:
            await asyncio.wait([coming], timeout=COMMENT_S)
            if not coming.done():
                yield COMMENT
            elif text := coming.result():
                yield text
                coming = asyncio.ensure_future(anext(texts, ""))
            else:
                return
    finally:
        coming.cancel()


async def _texts(listener: SharedClient, asked: NewsStreamQuery, number: int) -> AsyncIterator[str]:
    """Yield that it is connected, a batch after each interval, and the end."""
    batches = NewsBatches(listener.access.person, asked.symbol)
    yield events.progress_event(number, 0, {"status": "connected", "timestamp": iso_time(now_ms())})
    try:
        if not await batches.has_source():
            yield events.error_event(events.NO_SOURCE, "no news source", is_over=True)
            return
        async for progress, articles in batches.read_each(asked.interval, asked.duration, listener.gone):
            number += 1
            yield events.progress_event(number, progress, batch_message(articles))
    except LedgerError:
        yield events.error_event(events.AWAY, "the database is away", is_over=False)
        return
    yield _farewell(listener) if listener.gone.done() else events.result_event(COMPLETE, is_over=True)


def _farewell(listener: SharedClient) -> str:
    """Say why a stream is cut short."""
    gone = listener.gone.result()
    return events.result_event("signed out" if gone.code is Close.SIGNED_OUT else gone.reason, is_over=False)
