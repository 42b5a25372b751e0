"""Past candles: asked of a person's own venue by their owner, kept for a while, and never asked in a storm.

What is kept goes on with the slot of the series while somebody watches it, by the same rule as any chart's bars
(candle_join.py): an answer from here is never older than what the board had told when it was asked for.
"""

import asyncio
import bisect
import collections
import datetime
import typing

import msgspec

from brokers.adapter.candle_slot import DAY, LENGTHS
from brokers.contract.broker import Series
from brokers.contract.events import Bar, Candle, Interval
from lib.clock import now_ms
from lib.single_flight import SingleFlight
from lib.tasks import Tasks
from streaming.board.board import Item
from streaming.board.candle_join import Noted, holds, note, shown
from streaming.manager.extensions import RpcHandler
from streaming.rpc.client import RpcError
from streaming.rpc.venue_queries import LinkSource, VenueQueries

TTL_S = {"1m": 20, "5m": 60, "15m": 120, "30m": 120, "1h": 300, "4h": 300, "1d": 600, "1w": 600, "1mo": 600}
"""How long what a venue said is taken for true: it tells no corrections of what is more than 60 candles old."""
UNWATCHED_S = 5.0
"""The same, at most, of a series that nobody watches: nothing tells here how it goes on."""
DEPTH = {"1m": 10, "5m": 45, "15m": 120, "30m": 240, "1h": 365, "4h": 1095, "1d": 3650, "1w": 7300, "1mo": 14600}
"""How many days back a history goes, at most: a venue gives all of it since then at once."""
PAGE = 500
"""Candles that are asked for together at least."""
KEPT = 60_000
"""Candles kept per person, at most; beyond, what was asked for longest ago is forgotten."""
TRIES = 3
"""How often a history is asked for that was corrected while it was under way."""
HOUR_MS = 3_600_000
GAP_MS = 7 * DAY // 2
"""How long a market is closed in one piece, at most, or nearly so."""

_encoder = msgspec.json.Encoder()


class _History(msgspec.Struct):
    """What a link told of a series from `since` (ms) on: the times of its candles, and each as JSON.

    Good until `until` (s, monotonic), as long as what was `noted` of its slot holds.
    """

    link: str
    since: int
    until: float
    noted: Noted | None
    times: list[int]
    texts: list[str]

    def join(self, slot: Item) -> None:
        """Put what the slot shows in the place of what was known from there on."""
        newest = shown(slot)
        at = bisect.bisect_left(self.times, newest[0]["time"])
        self.times[at:] = [item["time"] for item in newest]
        self.texts[at:] = [_text(item) for item in newest]
        self.noted = note(slot)

    def page(self, series: Series, before: int | None, limit: int, floor: int) -> str:
        """Write the newest `limit` candles before a time; `more` says whether there may be older ones."""
        end = len(self.times) if before is None else bisect.bisect_left(self.times, before)
        begin = max(0, end - limit)
        more = "true" if begin > 0 or (end > 0 and self.since > floor) else "false"
        head = _encoder.encode({"symbol": series.symbol, "interval": series.interval}).decode()
        return f'{head[:-1]},"more":{more},"candles":[{",".join(self.texts[begin:end])}]}}'


class CandleQueries:
    """The past candles of one person's series. `links` is read when something is asked."""

    def __init__(self, links: LinkSource, tasks: Tasks) -> None:
        self._links = links
        self._flights: SingleFlight[_History] = SingleFlight(tasks)
        self._kept: collections.OrderedDict[Series, _History] = collections.OrderedDict()
        self.questions: VenueQueries[list[Candle]] = VenueQueries(
            links, "candles", "histories", lambda offered: offered.candles, bool
        )
        self.finders: dict[str, RpcHandler] = {"candles": self._candles}
        """Answers `candles` of a symbol and an interval, before a time in ms (or ""), and how many at most."""

    async def _candles(self, symbol: str, interval: str, before: str, limit: str) -> str:
        series = Series(symbol, typing.cast(Interval, interval))
        end, count = int(before) if before else None, int(limit)
        now = now_ms()
        floor = (now - DEPTH[interval] * DAY) // DAY * DAY
        since = max(floor, reach(series, min(end or now, now)))
        found = await self._since(series, since)
        if since > floor and _few(found, end, count):
            found = await self._since(series, floor)
        return found.page(series, end, count, floor)

    async def _since(self, series: Series, since: int) -> _History:
        """Return the history of a series from `since` (ms) on, or from before that."""
        kept = self._kept.get(series)
        if kept is not None and self._is_good(series, kept):
            self._kept.move_to_end(series)
            if kept.since <= since:
                return kept
        elif kept is not None:
            del self._kept[series]
            since = min(since, kept.since)
        return await self._flights.join((series, since), lambda: self._read(series, since))

    def _slot(self, series: Series) -> Item | None:
        return self._links.board.whole(("candle", series.symbol, series.interval))

    def _is_good(self, series: Series, kept: _History) -> bool:
        """Whether what is kept is still all there is; it is brought up to what its slot shows."""
        slot = self._slot(series)
        if asyncio.get_running_loop().time() >= kept.until or not holds(slot, kept.noted):
            return False
        if not self._links.shows(kept.link):
            return False
        if slot is not None:
            kept.join(slot)
        return True

    async def _read(self, series: Series, since: int) -> _History:
        """Ask the venues, until nothing was corrected meanwhile, and keep what they say. Raises RpcError."""
        start = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
        for _ in range(TRIES):
            slot = self._slot(series)
            noted = note(slot)
            # That whose feed shows the series comes first.
            link, candles = await self.questions.query(
                lambda broker: broker.candles(series, start), slot.get("link") if slot else None
            )
            if holds(self._slot(series), noted):
                return self._cache(series, link, since, noted, candles)
        raise RpcError("unavailable", "The venue corrects these candles while they are asked for.", 1)

    def _cache(self, series: Series, link: str, since: int, noted: Noted | None, candles: list[Candle]) -> _History:
        ttl_s = TTL_S[series.interval] if noted else min(UNWATCHED_S, TTL_S[series.interval])
        until = asyncio.get_running_loop().time() + ttl_s
        times, texts = [one.time for one in candles], [_text(_item(one)) for one in candles]
        found = _History(link, since, until, noted, times, texts)
        if (slot := self._slot(series)) is not None:
            found.join(slot)
        self._kept[series] = found
        while sum(len(one.times) for one in self._kept.values()) > KEPT and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return found


def reach(series: Series, end: int) -> int:
    """Return the time (ms) so far before `end` that a page of candles lies between, as a rule: markets rest.

    It is the same for everybody who asks within an hour, so that they ask for the same.
    """
    length = LENGTHS[series.interval]
    return int(end - PAGE * length * (2.2 if length < DAY else 1.5) - GAP_MS) // HOUR_MS * HOUR_MS


def _few(found: _History, end: int | None, count: int) -> bool:
    return (len(found.times) if end is None else bisect.bisect_left(found.times, end)) < count


def _item(candle: Candle) -> Item:
    return {name: getattr(candle, name) for name in Bar.__struct_fields__}


def _text(item: Item) -> str:
    """Write one candle; what is not known is null."""
    values = ((name, item.get(name)) for name in Bar.__struct_fields__)
    return _encoder.encode({name: None if value is msgspec.UNSET else value for name, value in values}).decode()
