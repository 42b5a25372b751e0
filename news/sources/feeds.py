"""RSS and Atom, polled at their own pace: a wire's feed, EDGAR's filings, Nasdaq's trade halts."""

import asyncio
import datetime
import random
import ssl
import typing
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from brokers.adapter.http import USER_AGENT
from lib.outbound.addresses import AddressRules
from news.sources.contract import Cursor, Emit, PublishedBy, Report, SourceItem, SourceLost
from news.sources.entries import Entry, FeedKind
from news.sources.fetch import SLOW_S, Fetched, Fetcher, Validators, read_url
from news.sources.parsed_feed import ParsedFeed, ParseRequest
from news.sources.parser_process import AGAIN_S, ParserProcess, shared_parser
from news.sources.times import Publication, PublicationClock

PACE_MAX_S = 3_600.0
"""What a server's wish for patience (max-age, ttl) lengthens a pace to at most."""
START_S = 10.0
"""At the start a feed waits a random part of so many seconds, or of its pace: many begin at once."""
SEEN_MAX = 2_000
"""How many ids a running feed remembers, so that it delivers only what is new or changed."""
_SLICE = 50
"""How many entries become items before the event loop has its turn."""

REFUSALS: Mapping[str, str] = {
    "page": "answers a page instead of a feed",
    "not_xml": "answers something that is no XML",
    "entities": "declares entities, which no feed needs",
    "broken": "answers something that cannot be read as a feed",
    "memory": "answers a feed that takes too much memory to parse",
    "no_feed": "answers XML that is neither RSS nor Atom",
}
AGAIN: Mapping[str, float] = {"memory": AGAIN_S, "no_feed": SLOW_S}
"""How soon a feed is asked again after these, in s; after others at its pace."""
Sleep = Callable[[float], Awaitable[None]]


class FeedSettings(msgspec.Struct, frozen=True):
    """One feed. `zone` is the one of its times where they name none, as `America/New_York`; empty: unknown.

    `pace_s` is how often it is asked for at most. `agent` is what it is asked as.
    """

    address: str
    kind: FeedKind = "feed"
    zone: str = ""
    pace_s: float = 30.0
    agent: str = USER_AGENT

    def __repr__(self) -> str:
        return f"<FeedSettings {self.kind}>"  # the address may hold a key


class _Seen(typing.NamedTuple):
    content: int
    published_at: datetime.datetime
    published_by: PublishedBy


class FeedSource:
    """A feed behind the contract. `parser`, `sleep`, `draw` and `context` are for tests."""

    def __init__(
        self,
        settings: FeedSettings,
        rules: AddressRules,
        *,
        parser: ParserProcess | None = None,
        sleep: Sleep = asyncio.sleep,
        draw: Callable[[], float] = random.random,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._host = read_url(settings.address).host
        self._fetcher = Fetcher(rules, settings.agent, context=context)
        self._parser = parser
        self._is_holding = False
        self._sleep = sleep
        self._draw = draw

    def __repr__(self) -> str:
        return f"<FeedSource {self._settings.kind} {self._host}>"

    async def run(self, cursor: Cursor, emit: Emit, report: Report) -> None:
        """Poll until cancelled. Raises SourceError; its `retry_after` is never sooner than the feed's pace."""
        run = _FeedRun(self._settings, cursor, emit, report)
        await self._sleep(run.first_wait_s(datetime.datetime.now(datetime.UTC), self._draw()))
        try:
            while True:
                fetched = await self._fetcher.fetch(self._settings.address, run.validators)
                await self._take(fetched, run)
                await self._sleep(run.pace_s)
        except SourceLost as lost:
            raise SourceLost(lost.reason, retry_after=max(run.pace_s, lost.retry_after or 0.0)) from None

    async def verify(self) -> None:
        """Fetch and parse it once. Raises SourceError."""
        fetched = await self._fetcher.fetch(self._settings.address)
        await self._parse(fetched.body or b"", fetched.content_type)

    async def close(self) -> None:
        """Close connections and give back the parser. Safe to call twice."""
        await self._fetcher.close()
        if self._is_holding and self._parser is not None:
            self._is_holding = False
            await self._parser.release()

    async def _take(self, fetched: Fetched, run: "_FeedRun") -> None:
        if fetched.body is None:
            run.mark_unchanged(fetched)
            return
        await run.deliver(fetched, await self._parse(fetched.body, fetched.content_type))

    async def _parse(self, body: bytes, content_type: str) -> ParsedFeed:
        """Parse an answer. Raises SourceLost; its `retry_after` is longer where the same would come again."""
        if self._parser is None:
            self._parser = shared_parser()
        if not self._is_holding:
            self._is_holding = True
            self._parser.acquire()
        parsed = await self._parser.parse(ParseRequest(self._settings.kind, body, content_type, self._settings.zone))
        if parsed.refusal:
            raise SourceLost(f"{self._host} {REFUSALS[parsed.refusal]}", retry_after=AGAIN.get(parsed.refusal))
        return parsed


class _FeedRun:
    """One run of a feed: its validators, what it delivered, and when it may be asked again."""

    def __init__(self, settings: FeedSettings, cursor: Cursor, emit: Emit, report: Report) -> None:
        self.validators = Validators(cursor.get("etag", ""), cursor.get("modified", ""))
        self.pace_s = settings.pace_s
        self._settings = settings
        self._cursor = cursor
        self._emit = emit
        self._report = report
        self._clock = PublicationClock(report)
        self._seen: dict[str, _Seen] = {}
        self._is_first = True

    def first_wait_s(self, now: datetime.datetime, part: float) -> float:
        """Return how long to wait at first: until the pace allows it, else a random `part` of some seconds."""
        try:
            due = datetime.datetime.fromisoformat(self._cursor["due_at"])
            left_s = (due - now).total_seconds()
        except (KeyError, ValueError, TypeError):
            left_s = 0.0
        return min(max(left_s, part * min(START_S, self._settings.pace_s)), PACE_MAX_S)

    def mark_unchanged(self, fetched: Fetched) -> None:
        """Take an answer that nothing changed."""
        self._is_first = False
        self._pace(fetched.max_age_s)
        self._report.alive()

    async def deliver(self, fetched: Fetched, parsed: ParsedFeed) -> None:
        """Emit what is new or changed, and what the feed is to be asked with the next time."""
        self._pace(max(fetched.max_age_s, parsed.ttl_s))
        self._report.alive()
        for anomaly, number in (("oversized", parsed.excess), ("unreadable", parsed.unreadable)):
            if number:
                self._report.count(anomaly, number)
        items = list[SourceItem]()
        for at, entry in enumerate(parsed.entries, 1):
            if (item := self._item(entry, fetched.received_at)) is not None:
                items.append(item)
            if at % _SLICE == 0:
                await asyncio.sleep(0)
        self._is_first = False
        if items or fetched.validators != self.validators:
            await self._emit(items, self._leads_to(fetched))
        self.validators = fetched.validators
        self._forget()

    def _pace(self, wish_s: float) -> None:
        self.pace_s = max(self._settings.pace_s, min(wish_s, PACE_MAX_S))
        self._report.keep_pace(self.pace_s)

    def _leads_to(self, fetched: Fetched) -> Cursor:
        due_at = fetched.received_at + datetime.timedelta(seconds=self.pace_s)
        known = {"etag": fetched.validators.etag, "modified": fetched.validators.modified}
        return {"due_at": due_at.isoformat(), **{name: value for name, value in known.items() if value}}

    def _item(self, entry: Entry, received_at: datetime.datetime) -> SourceItem | None:
        """Return the item of an entry; None where it was delivered already as it is."""
        content, seen = hash(entry), self._seen.pop(entry.id, None)
        if seen is not None and seen.content == content:
            self._seen[entry.id] = seen
            return None
        at, by = self._clock.judge(Publication(entry.published, entry.published_by), received_at)
        if seen is not None and by == "arrival":
            at = seen.published_at if seen.published_by == "arrival" else at
        if seen is not None and at != seen.published_at:
            self._report.count("redated")
        self._seen[entry.id] = _Seen(content, at, by)
        late_s = (received_at - at).total_seconds()
        return SourceItem(
            id=entry.id,
            headline=entry.headline,
            received_at=received_at,
            published_at=at,
            published_by=by,
            summary=entry.summary,
            url=entry.url,
            publisher=entry.publisher,
            authors=entry.authors,
            symbols=entry.symbols,
            categories=entry.categories,
            updated_at=entry.updated,
            recovered=self._is_first and by != "arrival" and late_s > self._settings.pace_s,
        )

    def _forget(self) -> None:
        """Forget the ids that left the feed longest ago."""
        for known in list(self._seen)[: max(0, len(self._seen) - SEEN_MAX)]:
            del self._seen[known]
