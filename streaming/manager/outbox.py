"""What happened to one person and is to be stored: in order, on its way to their recorder. Notices join when due."""

import asyncio
import contextlib
import math
from collections.abc import Sequence

from lib.clock import now_ms
from streaming.facts import Entry, Fact
from streaming.ledger.recorder import Recorder
from streaming.links.notices import LinkNotices
from streaming.links.state import LinkState


class Outbox:
    """The entries of one person that the recorder did not take yet.

    There is no bound: whoever tells something cannot be made to wait for a database that is away, and nothing that
    happened is dropped. Venues tell a few facts a minute.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._notices = LinkNotices()
        self._waiting: list[Entry] = []
        self._called = asyncio.Event()
        self._passed_on = asyncio.Event()
        """Set while nothing waits."""
        self._passed_on.set()
        self._cursors: dict[str, dict[str, str]] = {}

    def __repr__(self) -> str:
        return f"<Outbox {len(self._waiting)} waiting>"

    def start(self, newest: Sequence[Fact], cursors: dict[str, dict[str, str]]) -> None:
        """Go on where the former owner stood: with the newest facts, the newest first, and the cursors by link."""
        self._cursors = cursors
        self._notices.remember(newest, now_ms(), asyncio.get_running_loop().time())

    def resume(self, entries: Sequence[Entry]) -> None:
        """Know the cursors of what a former manager here could not store; the recorder has the entries."""
        for entry in entries:
            self._learn(entry)

    def publish(self, entry: Entry) -> None:
        """Have `entry` stored and announced, after those before it. Never blocks."""
        self._learn(entry)
        self._waiting.append(entry)
        self._passed_on.clear()
        self._called.set()

    def note_state(self, link: str, label: str, state: LinkState, reason: str) -> None:
        """A link's state changed, which may be worth telling, now or later."""
        self._notices.changed(link, label, state, reason, now_ms(), asyncio.get_running_loop().time())
        self._called.set()

    def forget(self, link: str) -> None:
        """A link was removed: nothing more is told of how it fares."""
        self._notices.forget(link)

    def cursors_of(self, link: str) -> dict[str, str]:
        """Return what the adapter of `link` wants to be told again: what waits to be stored counts."""
        return dict(self._cursors.get(link, {}))

    def _learn(self, entry: Entry) -> None:
        if entry.link is not None and entry.cursors:
            self._cursors.setdefault(entry.link, {}).update(entry.cursors)

    async def stored(self) -> None:
        """Wait until everything is stored and announced that was told before."""
        await self._passed_on.wait()
        await self._recorder.stored()

    async def run(self) -> None:
        """Pass on what comes, and what of the links is worth telling when it is due, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._called.clear()
            self._waiting += self._notices.due(loop.time())
            while self._waiting:
                await self._recorder.record(self._waiting[0])
                del self._waiting[0]
            self._passed_on.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._notices.wait_s(loop.time())):
                    await self._called.wait()

    def rest(self) -> list[Entry]:
        """Take out what was not passed on, and what was held back of the links. Call it when `run` has ended."""
        waiting, self._waiting = self._waiting, []
        return waiting + self._notices.due(math.inf)
