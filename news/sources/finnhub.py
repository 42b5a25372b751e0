"""Finnhub's market news, polled: `GET /news?category=…&minId=…`.

Source: finnhub.io/docs/api/market-news, and the model of its own Go client (2026-06): a list of `{category, datetime
(Unix s), headline, id, image, related (symbols, by comma), source, summary, url}`. `minId` leaves out what is older.
"""

import asyncio
import datetime
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from brokers.instruments.symbols import readable
from news.sources.contract import (
    HEADLINE,
    SUMMARY,
    SYMBOLS,
    Cursor,
    Emit,
    KeyRejected,
    Report,
    SourceItem,
    SourceLost,
)
from news.sources.keyed_rest import KeyedRest
from news.sources.markup import safe_url, to_text
from news.sources.times import EARLIEST, UNDATED, Publication, PublicationClock

LEAST_PACE_S = 1.0
"""Free keys may ask 60 times a minute."""
CATEGORIES = ("general",)
_LABEL_MAX = 60
_SLICE = 25
Sleep = Callable[[float], Awaitable[None]]


class FinnhubNews:
    """One key's news. `credentials` has `api_key`; it is sent as a header, never in an address.

    Each of `categories` (general, forex, crypto, merger) is asked for every `pace_s` seconds, requests at least one
    second apart. `sleep` and `draw` are for tests.
    """

    def __init__(
        self,
        credentials: Mapping[str, str],
        rest: str,
        pace_s: float = 30.0,
        *,
        categories: tuple[str, ...] = CATEGORIES,
        sleep: Sleep = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        key = credentials.get("api_key", "")
        if not key:
            raise KeyRejected("there is no Finnhub key")
        self._rest = KeyedRest("Finnhub", rest, {"X-Finnhub-Token": key})
        self._pace_s = max(pace_s, LEAST_PACE_S * len(categories))
        self._categories = categories
        self._sleep = sleep
        self._draw = draw

    def __repr__(self) -> str:
        return f"<FinnhubNews every {self._pace_s:g} s>"

    async def run(self, cursor: Cursor, emit: Emit, report: Report) -> None:
        """Poll until cancelled. Raises KeyRejected, SourceLost."""
        newest = {name: _number(cursor.get(name)) or 0 for name in self._categories}
        clock, is_first = PublicationClock(report), True
        report.keep_pace(self._pace_s)
        await self._sleep(self._draw() * LEAST_PACE_S)
        while True:
            for category in self._categories:
                items = await self._poll(category, newest[category], report, clock, is_first)
                if items:
                    newest[category] = max(int(item.id) for item in items)
                    await emit(items, {name: str(number) for name, number in newest.items()})
                await self._sleep(self._pace_s / len(self._categories))
            is_first = False

    async def verify(self) -> None:
        """Ask once. Raises KeyRejected, SourceLost."""
        await self._ask(self._categories[0], 0)

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        await self._rest.close()

    async def _ask(self, category: str, newest: int) -> list[Any]:
        """Return the rows of a category. Raises SourceLost, its `retry_after` never sooner than the pace."""
        try:
            rows = await self._rest.get("/news", category=category, minId=str(newest))
        except SourceLost as lost:
            raise SourceLost(lost.reason, retry_after=max(self._pace_s, lost.retry_after or 0.0)) from None
        if not isinstance(rows, list):
            raise SourceLost("Finnhub answers something that is no list of news", retry_after=self._pace_s)
        return rows

    async def _poll(
        self, category: str, newest: int, report: Report, clock: PublicationClock, is_first: bool
    ) -> list[SourceItem]:
        """Return what is newer than `newest`, oldest first."""
        rows = await self._ask(category, newest)
        received_at = datetime.datetime.now(datetime.UTC)
        report.alive()
        by_number = {number: row for row in rows if isinstance(row, dict) and (number := _number(row.get("id")))}
        if bad := len(rows) - len(by_number):
            report.count("unreadable", bad)
        items = list[SourceItem]()
        for at, number in enumerate(sorted(number for number in by_number if number > newest), 1):
            item = _item(number, by_number[number], received_at, clock, self._pace_s if is_first else None)
            if item is None:
                report.count("unreadable")
            else:
                items.append(item)
            if at % _SLICE == 0:
                await asyncio.sleep(0)
        return items


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) < 19:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _said(row: Mapping[str, Any]) -> Publication:
    """Return when an article was published: `datetime`, in whole seconds."""
    seconds = _number(row.get("datetime"))
    if seconds is None or seconds > 253_402_300_799:  # the year 9999
        return UNDATED
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return Publication(at, "source") if at >= EARLIEST else UNDATED


def _item(
    number: int, row: Mapping[str, Any], received_at: datetime.datetime, clock: PublicationClock, pace_s: float | None
) -> SourceItem | None:
    """Return the item of a row; None where it has no text. `pace_s` is None but at the first poll of a run."""
    summary = to_text(row.get("summary"), SUMMARY)
    headline = to_text(row.get("headline"), HEADLINE) or summary
    if not headline:
        return None
    at, by = clock.judge(_said(row), received_at)
    related = row.get("related")
    late_s = (received_at - at).total_seconds()
    return SourceItem(
        id=str(number),
        headline=headline,
        received_at=received_at,
        published_at=at,
        published_by=by,
        summary=summary or None,
        url=safe_url(row.get("url")),
        publisher=to_text(row.get("source"), _LABEL_MAX) or None,
        symbols=readable(related.split(","))[:SYMBOLS] if isinstance(related, str) else (),
        categories=tuple(filter(None, (to_text(row.get("category"), _LABEL_MAX),))),
        recovered=pace_s is not None and by != "arrival" and late_s > pace_s,
    )
