"""Citizens for tests of news: items, and a source that delivers what a test says."""

import asyncio
import datetime
import typing
from collections.abc import Mapping, Sequence

from news.owner.runner import SourceSpec
from news.sources.contract import Emit, Report, SourceError, SourceItem
from news.store.writer import Origin

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
"""When items arrive: just now, for stories are those of two days."""


def item(number: int | str, headline: str = "", **fields: typing.Any) -> SourceItem:
    """An item that arrived just when it was published."""
    given = {
        "id": str(number),
        "headline": headline or f"Nvidia raises its outlook for quarter {number}",
        "received_at": NOW,
        "published_at": NOW,
        "published_by": "source",
        "symbols": ("NVDA",),
    }
    return SourceItem(**{**given, **fields})


async def _nothing(items: Sequence[SourceItem], cursor: Mapping[str, str]) -> None:
    """Deliver nothing: nobody runs the source."""


class TalkingSource:
    """A source that delivers what a test says, and breaks as a test says."""

    def __init__(self, name: str = "wire") -> None:
        self.name = name
        self.begun_with: list[Mapping[str, str]] = []
        self.closed = 0
        self.running = asyncio.Event()
        self.report: Report | None = None
        self.emit: Emit = _nothing
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def spec(self) -> SourceSpec:
        """It as an owner runs it."""

        async def begin() -> typing.Any:
            return self

        return SourceSpec(Origin(self.name, f"The {self.name}", True), "desk", True, None, begin)

    async def run(self, cursor: Mapping[str, str], emit: Emit, report: Report) -> None:
        self.begun_with.append(cursor)
        self.emit, self.report = emit, report
        self._broken = asyncio.get_running_loop().create_future()
        report.alive()
        self.running.set()
        try:
            await self._broken
        finally:
            self.running.clear()

    async def deliver(self, *items: SourceItem, cursor: Mapping[str, str] | None = None) -> None:
        """Have items stored; returns once they are."""
        await self.running.wait()
        await self.emit(items, cursor or {"newest": items[-1].id if items else ""})

    def fail(self, error: SourceError) -> None:
        """Break."""
        self._broken.set_exception(error)

    async def verify(self) -> None:
        """Be fine."""

    async def close(self) -> None:
        self.closed += 1


def headlines(messages: Sequence[dict[str, typing.Any]]) -> list[str]:
    """The headlines of all messages of the frames dialect, in their order."""
    return [one["headline"] for message in messages for one in message["articles"]]
