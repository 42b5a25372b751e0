"""Alpaca's news (Benzinga): by its socket as it happens, over REST what was missed.

The socket is connected first, then the gap is asked for, then what the socket delivered meanwhile follows: so nothing
falls between the two. Known versions of an item, (id, updated_at), are dropped wherever they come from.
"""

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from brokers.adapter.error_mapping import iter_leaves, run_isolated
from news.sources.alpaca_items import DeliveredVersions, to_item
from news.sources.alpaca_socket import AlpacaSocket, AlpacaTimeouts, Row, SocketTaken, open_socket
from news.sources.contract import Cursor, Emit, KeyRejected, Report, SourceError, SourceItem, SourceLost
from news.sources.keyed_rest import KeyedRest
from news.sources.times import PublicationClock

NEWS = "/v1beta1/news"
PAGE = 50
"""The most rows that one answer has."""
PAGES_MAX = 400
"""Of one gap: months of news. A provider that has more pages than that repeats itself."""
BUFFER_MAX = 10_000
"""Rows that the socket may deliver while a gap is asked for; more of them end the run."""

EMPTY = datetime.timedelta(days=1)
"""Where a provider that has no news at all is asked on from: so much before now, by whatever clock."""


class AlpacaNews:
    """One key's news. `credentials` has `key_id` and `secret_key`; `limits` are shortened by tests.

    Raises KeyRejected where one of the two is missing.
    """

    def __init__(
        self, credentials: Mapping[str, str], rest: str, socket: str, limits: AlpacaTimeouts | None = None
    ) -> None:
        key = credentials.get("key_id", ""), credentials.get("secret_key", "")
        if not all(key):
            raise KeyRejected("the key of Alpaca is not whole: it has an id and a secret")
        self._key: Callable[[], tuple[str, str]] = lambda: key
        self._socket_url = socket
        self._limits = limits or AlpacaTimeouts()
        self._rest = KeyedRest("Alpaca", rest, {"APCA-API-KEY-ID": key[0], "APCA-API-SECRET-KEY": key[1]})

    def __repr__(self) -> str:
        return "<AlpacaNews>"

    async def run(self, cursor: Cursor, emit: Emit, report: Report) -> None:
        """Deliver until cancelled. Raises KeyRejected, SourceLost."""
        run = _AlpacaRun(self._rest, DeliveredVersions(cursor), emit, report, self._limits)
        async with open_socket(self._socket_url, report, self._limits) as opened:
            try:
                await opened.sign_in(*self._key())
            except KeyRejected:
                await self.verify()
                raise SourceLost("Alpaca's news socket refuses a key that Alpaca takes elsewhere") from None
            except SocketTaken:
                await run.deliver_gap()  # so news come with every try, until the socket is free
                raise
            await run_isolated(run.go(opened))

    async def verify(self) -> None:
        """Ask once. Raises KeyRejected, SourceLost."""
        await self._rest.get(NEWS, limit="1")

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        await self._rest.close()


class _AlpacaRun:
    """One connection's life."""

    def __init__(
        self, rest: KeyedRest, delivered: DeliveredVersions, emit: Emit, report: Report, limits: AlpacaTimeouts
    ) -> None:
        self._rest = rest
        self._delivered = delivered
        self._emit = emit
        self._report = report
        self._limits = limits
        self._clock = PublicationClock(report)
        self._arrived: asyncio.Queue[tuple[datetime.datetime, list[Row]]] = asyncio.Queue(BUFFER_MAX)

    async def go(self, opened: AlpacaSocket) -> None:
        """Read the socket into a buffer; deliver the gap, then the buffer. Raises SourceError."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(opened))
                tasks.create_task(opened.ping())
                tasks.create_task(self._deliver())
        except ExceptionGroup as broken:
            raise _weightiest(broken) from None

    async def _read(self, opened: AlpacaSocket) -> None:
        while True:
            rows = await opened.read()
            try:
                self._arrived.put_nowait((datetime.datetime.now(datetime.UTC), rows))
            except asyncio.QueueFull:
                raise SourceLost("more news came than can be stored") from None

    async def _deliver(self) -> None:
        await self.deliver_gap()
        while True:
            try:
                async with asyncio.timeout(self._limits.audit_s):
                    received_at, rows = await self._arrived.get()
            except TimeoutError:
                await self._audit()
            else:
                await self._store(self._items(rows, received_at, recovered=False))

    async def deliver_gap(self) -> None:
        """Deliver what happened since the cursor; the newest page where there is none."""
        start = self._delivered.start
        if start is None:
            answer = await self._ask(sort="desc")
            await self._store(self._received(answer))
            self._delivered.begin_at(datetime.datetime.now(datetime.UTC) - EMPTY)
            await self._emit([], self._delivered.cursor())
            return
        async for items in self._pages(start):
            await self._store(items)

    async def _pages(self, start: datetime.datetime) -> AsyncIterator[list[SourceItem]]:
        """Yield the items of each page since `start`, in the order of their edits."""
        token: dict[str, str] = {}
        for _ in range(PAGES_MAX):
            answer = await self._ask(sort="asc", start=f"{start:%Y-%m-%dT%H:%M:%S.%fZ}", **token)
            yield self._received(answer)
            following = answer.get("next_page_token")
            if not isinstance(following, str) or not following or token == {"page_token": following}:
                return
            token = {"page_token": following}
        raise SourceLost("Alpaca's news have no end")

    async def _ask(self, **params: str) -> dict[str, Any]:
        answer = await self._rest.get(NEWS, limit=str(PAGE), include_content="false", **params)
        if not isinstance(answer, dict):
            raise SourceLost("Alpaca answers something that is no news")
        self._report.alive()
        return answer

    def _received(self, answer: Mapping[str, Any]) -> list[SourceItem]:
        rows = answer.get("news")
        found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return self._items(found, datetime.datetime.now(datetime.UTC), recovered=True)

    def _items(self, rows: list[Row], received_at: datetime.datetime, *, recovered: bool) -> list[SourceItem]:
        items = [to_item(row, received_at, self._clock, recovered=recovered) for row in rows]
        if bad := items.count(None):
            self._report.count("unreadable", bad)
        return [item for item in items if item is not None]

    async def _store(self, items: list[SourceItem]) -> None:
        if new := self._delivered.take_new(items):
            await self._emit(new, self._delivered.cursor())

    async def _audit(self) -> None:
        """Ask whether the socket delivers what there is. Raises SourceLost where it does not."""
        now, is_mute = datetime.datetime.now(datetime.UTC), False
        grace = datetime.timedelta(seconds=self._limits.grace_s)
        async for items in self._pages(self._delivered.start or now):
            missed = self._delivered.take_new(
                item for item in items if item.updated_at and item.updated_at < now - grace
            )
            if missed:
                is_mute = True
                await self._emit(missed, self._delivered.cursor())
        if is_mute:
            raise SourceLost("Alpaca's news socket is open and delivers nothing")


def _weightiest(broken: BaseExceptionGroup[Exception]) -> Exception:
    """Return what of several errors decides: a refused key, then a lost source, then whatever else there is."""
    leaves = [leaf for leaf in iter_leaves(broken) if isinstance(leaf, Exception)]
    return min(leaves, key=lambda leaf: (not isinstance(leaf, KeyRejected), not isinstance(leaf, SourceError)))
