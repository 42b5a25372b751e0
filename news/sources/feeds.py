"""RSS and Atom feeds as sources: asked as often as they allow, read in a process of its own."""

import asyncio
import datetime
import hashlib
import random
import time
import typing
import zoneinfo
from collections.abc import Sequence

import msgspec

from brokers import VERSION
from news.sources.catalogue import Opening
from news.sources.contract import Cursor, Emit, Report, SourceItem, SourceLost
from news.sources.feed_parser_process import FeedParser
from news.sources.feed_text import FeedJob
from news.sources.fetch import Fetcher
from news.sources.times import Published, TimeCheck

PACE_S = 30.0
SLOWEST_S = 3_600.0
"""However seldom a feed says that it changes, it is asked this often."""
KNOWN = 2_000
"""Items whose last text is remembered, so that one that did not change is not stored again."""


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A feed: where it is, how often it may be asked (s), and the zone of its times where they name none."""

    id: str
    name: str
    address: str
    kind: typing.Literal["feed", "edgar", "halts"] = "feed"
    pace_s: float = PACE_S
    zone: str = ""
    contact: str = ""
    """Who asks, for servers that want to know: goes into the User-Agent."""


class Feed:
    """One feed. See `news.sources.contract.NewsSource`."""

    def __init__(self, settings: FeedSettings, fetcher: Fetcher, parser: FeedParser) -> None:
        self.settings = settings
        self._fetcher = fetcher
        self._parser = parser
        self._check = TimeCheck()
        self._known: dict[str, str] = {}
        agent = f"Tapedeck/{VERSION} {settings.contact}".strip()
        self._headers = {"User-Agent": agent}

    def __repr__(self) -> str:
        return f"<Feed {self.settings.id}>"

    async def run(self, cursor: Cursor, emit: Emit, report: Report) -> None:
        """Ask at the feed's pace until cancelled. Raises SourceError. See `news.sources.contract.NewsSource`."""
        if cursor:  # many sources begin at once when a desk starts; a new one is asked at once
            await asyncio.sleep(random.uniform(0, min(self.settings.pace_s, 5.0)))
        while True:
            began = time.monotonic()
            cursor, fresh_s = await self._ask(cursor, emit, report)
            pace_s = min(max(self.settings.pace_s, fresh_s or 0.0), SLOWEST_S)
            await asyncio.sleep(max(0.0, began + pace_s - time.monotonic()))

    async def _ask(self, cursor: Cursor, emit: Emit, report: Report) -> tuple[Cursor, float | None]:
        """Ask once; return where the feed is then, and for how long it says that it stays so."""
        fetched = await self._fetcher.fetch(self.settings.address, headers=self._headers, cursor=cursor)
        if fetched.body is None:
            report.alive()
            return cursor, fetched.fresh_s
        received = time.time()
        kind = self.settings.kind
        job = FeedJob(fetched.body, fetched.content_type, received, self.settings.zone, kind)
        result = await self._parser.read(job)
        if result.error:
            raise SourceLost(result.error)
        report.alive()
        for anomaly, number in result.anomalies.items():
            report.count(anomaly, number)
        changed = self._changed([self._judged(item, report) for item in result.items])
        if changed or fetched.cursor != cursor:
            await emit(changed, fetched.cursor)
        self._remember(changed)
        ages = [one for one in (fetched.fresh_s, result.ttl_s) if one is not None]
        return fetched.cursor, max(ages, default=None)

    def _judged(self, item: SourceItem, report: Report) -> SourceItem:
        """Return an item with a time to go by, and count what is odd about the one it came with."""
        told = Published(item.published_at, item.published_by)
        judged = self._check.judge(told, item.received_at) if told.by == "source" else told
        if judged != told:
            report.count("future")
        if judged.by == "arrival":
            report.count("undated")
        return msgspec.structs.replace(item, published_at=judged.at, published_by=judged.by)

    def _changed(self, items: Sequence[SourceItem]) -> list[SourceItem]:
        return [item for item in items if self._known.get(item.id) != _digest(item)]

    def _remember(self, items: Sequence[SourceItem]) -> None:
        for item in items:
            self._known.pop(item.id, None)
            self._known[item.id] = _digest(item)
        while len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]

    async def verify(self) -> None:
        """Ask once whether this is a feed. Raises SourceError."""
        fetched = await self._fetcher.fetch(self.settings.address, headers=self._headers)
        now = datetime.datetime.now(datetime.UTC).timestamp()
        job = FeedJob(fetched.body or b"", fetched.content_type, now, self.settings.zone, self.settings.kind)
        result = await self._parser.read(job)
        if result.error:
            raise SourceLost(result.error)

    async def close(self) -> None:
        """Close its connections; the parser is its owner's."""
        await self._fetcher.close()


def _digest(item: SourceItem) -> str:
    """Return what an item says, short."""
    said = (item.headline, item.summary, item.url, item.symbols, item.categories)
    return hashlib.blake2s(repr(said).encode(), digest_size=12).hexdigest()


def open_feed(opening: Opening) -> Feed:
    """Make a feed as the catalogue says. Raises ValueError for a zone that does not exist."""
    if opening.zone:
        zoneinfo.ZoneInfo(opening.zone)
    kind: typing.Any = opening.kind.id
    settings = FeedSettings(
        id=opening.id, name=opening.name, address=opening.address, kind=kind, zone=opening.zone,
        pace_s=opening.pace_s, contact=opening.contact,
    )  # fmt: skip
    return Feed(settings, Fetcher(opening.targets), opening.parser)
