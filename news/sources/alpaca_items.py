"""Alpaca's news as items, and which of their versions were delivered. Pure.

Source: docs.alpaca.markets (news-data, realtime): `{T: "n", id, headline, summary, author, created_at, updated_at, url,
content, symbols, source}`. `content` is not read, and there is no price among it.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from brokers.instruments.symbols import readable
from news.sources.contract import HEADLINE, SUMMARY, SYMBOLS, Cursor, SourceItem
from news.sources.markup import safe_url, to_text
from news.sources.times import PublicationClock, read_publication

OVERLAP_S = 120.0
"""How much of what was delivered is asked for again after a gap: the socket need not deliver in the order of edits."""
RECENT_MAX = 500
"""How many delivered versions are remembered, in a run and by its cursor."""
_LABEL_MAX = 60
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_US = datetime.timedelta(microseconds=1)


def to_item(
    row: Mapping[str, Any], received_at: datetime.datetime, clock: PublicationClock, *, recovered: bool
) -> SourceItem | None:
    """Return the item of a row; None where it has no id, no headline or no time of its last edit."""
    number, updated = row.get("id"), read_publication(_text(row.get("updated_at")), None).at
    headline = to_text(row.get("headline"), HEADLINE)
    if not isinstance(number, int) or isinstance(number, bool) or not headline or updated is None:
        return None
    at, by = clock.judge(read_publication(_text(row.get("created_at")), None), received_at)
    symbols = row.get("symbols")
    publisher = to_text(row.get("source"), _LABEL_MAX)
    return SourceItem(
        id=str(number),
        headline=headline,
        received_at=received_at,
        published_at=at,
        published_by=by,
        summary=to_text(row.get("summary"), SUMMARY) or None,
        url=safe_url(row.get("url")),
        publisher=publisher.capitalize() if publisher.islower() else publisher or None,
        authors=tuple(filter(None, (to_text(row.get("author"), _LABEL_MAX),))),
        symbols=readable(symbols)[:SYMBOLS] if isinstance(symbols, list) else (),
        updated_at=updated,
        recovered=recovered,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


class DeliveredVersions:
    """Which version of which item was delivered last, and where to ask on. Begins as a cursor says."""

    def __init__(self, cursor: Cursor) -> None:
        self.newest = read_publication(cursor.get("updated_at"), None).at
        """The newest edit that was delivered; None where nothing ever was."""
        self._versions: dict[str, int] = {}
        for text in cursor.get("recent", "").split():
            number, _, version = text.partition("@")
            if version.isdecimal():
                self._versions[number] = int(version)

    @property
    def start(self) -> datetime.datetime | None:
        """From which edit to ask on; None where nothing was ever delivered."""
        return None if self.newest is None else self.newest - datetime.timedelta(seconds=OVERLAP_S)

    def take_new(self, items: Iterable[SourceItem]) -> list[SourceItem]:
        """Return those that are new, or newer than what was delivered of them, in the order of their edits."""
        found = []
        for item in sorted(items, key=_version):
            if _version(item) > self._versions.get(item.id, -1):
                self._versions.pop(item.id, None)
                self._versions[item.id] = _version(item)
                self.newest = max(self.newest or _EPOCH, item.updated_at or _EPOCH)
                found.append(item)
        for number in list(self._versions)[: max(0, len(self._versions) - RECENT_MAX)]:
            del self._versions[number]
        return found

    def begin_at(self, at: datetime.datetime) -> None:
        """Ask on from `at` where nothing was ever delivered."""
        self.newest = self.newest or at

    def cursor(self) -> Cursor:
        """Return what a later run begins with: the newest edit, and the versions around it."""
        if self.newest is None:
            return {}
        since = (self.newest - datetime.timedelta(seconds=OVERLAP_S) - _EPOCH) // _US
        recent = [f"{number}@{version}" for number, version in self._versions.items() if version >= since]
        return {"updated_at": self.newest.isoformat(), "recent": " ".join(recent)}


def _version(item: SourceItem) -> int:
    """Return when an item was edited last, in µs since the epoch."""
    return ((item.updated_at or _EPOCH) - _EPOCH) // _US
