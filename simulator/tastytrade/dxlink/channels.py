"""DXLink feed channels: what a client subscribed to on each, what changed since, and the messages that say so. Pure.

Tickers are conflated: however often a symbol ticks, a flush carries its newest values once. Candles are told so that
none is missed, prints one and all.
"""

import typing

import msgspec

from simulator.faults.faults import Fault
from simulator.tastytrade.dxlink.candle_events import CandleLines, CandleSymbol, Line, spoil_snapshot
from simulator.tastytrade.dxlink.events import (
    CANDLE,
    EVENT_TYPE,
    FIELDS,
    PRINT,
    TICKERS,
    TYPES,
    SimDxlinkFeed,
    Values,
    compact_row,
)

FRAME_BYTES = 60_000
"""Data of one FEED_DATA stays below this: clients of the SDK's kind read no frame over 64 KiB."""
CONTRACTS: dict[str, typing.Collection[str]] = {
    "AUTO": TYPES,
    "TICKER": TICKERS,
    "STREAM": {PRINT},
    "HISTORY": {CANDLE},
}
"""What a channel of each contract carries. AUTO gives each type the contract that fits it."""
_PRINTS = 50_000
"""Prints that may wait for one client: one that is further behind cannot be told all of them any more."""


class Channel:
    """One FEED channel of one connection."""

    def __init__(self, number: int, feed: SimDxlinkFeed, contract: str = "AUTO") -> None:
        self.number = number
        self.feed = feed
        self.contract = contract
        self.period = 0.1
        self.format = "COMPACT"
        self.fields: dict[str, tuple[str, ...]] = dict(FIELDS)
        self.wanted: dict[str, set[str]] = {}
        self.lines = CandleLines()
        self.prints: list[tuple[str, Values]] = []
        self.dirty: dict[str, dict[str, None]] = {}
        self.muted: typing.Collection[str] = ()
        """Symbols this channel says nothing about: a fault."""
        self.find_unkind: typing.Callable[[], Fault | None] | None = None
        """Finds the fault by which the next snapshot of candles is told unkindly; None where no fault stands."""
        self.is_silent = False
        """Whether nothing of this channel leaves any more, though it is open: a fault."""
        self.is_posted = False
        self.flushed_at = float("-inf")
        self._announced: set[str] = set()

    def setup(self, message: Values) -> str:
        """Apply a FEED_SETUP: wishes the server grants where it can. Returns the FEED_CONFIG that answers it."""
        self.period = max(0.0, float(message.get("acceptAggregationPeriod", self.period)))
        if message.get("acceptDataFormat") in ("COMPACT", "FULL"):
            self.format = message["acceptDataFormat"]
        for kind, asked in (message.get("acceptEventFields") or {}).items():
            if kind in FIELDS:
                self.fields[kind] = tuple(f for f in asked if f in FIELDS[kind] or f == EVENT_TYPE)
                self._announced.discard(kind)
        return text(self._config())

    def switch(self, data_format: str) -> str:
        """Change the data format in mid-session, as production does. Returns the FEED_CONFIG that says so."""
        self.format = data_format
        return text(self._config())

    def _config(self) -> Values:
        return {
            "type": "FEED_CONFIG",
            "channel": self.number,
            "dataFormat": self.format,
            "aggregationPeriod": self.period,
        }

    def touch(self, kind: str, symbol: str) -> None:
        """Remember that an event changed."""
        self.dirty.setdefault(kind, {})[symbol] = None

    def subscribe_candles(self, symbol: CandleSymbol, since: int | None) -> bool:
        """Want candles from `since` on. Returns False when they were wanted already."""
        self.wanted.setdefault(CANDLE, set()).add(symbol.normalised)
        return self.lines.add(symbol, since)

    def unfollow(self, symbol: CandleSymbol) -> bool:
        """Want these candles no more. Returns whether none of the instrument's are wanted any more."""
        self.wanted.get(CANDLE, set()).discard(symbol.normalised)
        return self.lines.discard(symbol)

    def print(self, symbol: str, values: Values) -> None:
        """Take a print that nobody may miss."""
        self.prints.append((symbol, values))
        self.touch(PRINT, symbol)

    @property
    def is_overrun(self) -> bool:
        """Whether more prints wait than this server keeps for one client."""
        return len(self.prints) > _PRINTS

    def drop(self) -> None:
        """Want nothing any more."""
        self.wanted.clear()
        self.lines.clear()
        self.prints.clear()
        self.dirty.clear()

    def render(self) -> list[str]:
        """Return the messages that carry everything dirty, and forget it."""
        self.is_posted = False
        dirty, self.dirty = self.dirty, {}
        if self.is_silent:
            self.prints.clear()
            return []
        messages: list[str] = []
        for kind, changed in dirty.items():
            parts = self._parts(kind, changed)
            if parts and kind not in self._announced:
                self._announced.add(kind)
                messages.append(text(self._config() | {"eventFields": {kind: self.fields[kind]}}))
            messages.extend(map(self.frame, parts))
        return messages

    def _parts(self, kind: str, changed: dict[str, None]) -> typing.Sequence[str]:
        """Encode what changed, in parts that each fit a frame. Channels that want the same share one encoding."""
        if kind not in TICKERS or self.muted or not changed.keys() <= self.wanted.get(kind, frozenset()):
            return self._encode(kind, changed)
        key = (self.format, kind, self.fields[kind], *changed)
        return self.feed.shared(key, lambda: self._encode(kind, changed))

    def _encode(self, kind: str, changed: typing.Iterable[str]) -> list[str]:
        parts = chunks(self._rows(kind, changed))
        return [self.pair(kind, part) if self.format == "COMPACT" else b",".join(part).decode() for part in parts]

    def _rows(self, kind: str, changed: typing.Iterable[str]) -> list[bytes]:
        if kind == CANDLE:
            lines = (line for base in changed if base not in self.muted for line in self.lines.of(base))
            return [self.encoded(kind, event) for line in lines for event in self._candles(line)]
        if kind == PRINT:
            prints, self.prints = self.prints, []
            wanted = self.wanted.get(kind, ())
            return [self.encoded(kind, event) for s, event in prints if s in wanted and s not in self.muted]
        return [row for row in (self._row(kind, symbol) for symbol in changed) if row is not None]

    def _candles(self, line: Line) -> typing.Iterable[Values]:
        fault = None if line.is_told or self.find_unkind is None else self.find_unkind()
        events = self.feed.candles(line)
        return events if fault is None else spoil_snapshot(events, fault)

    def encoded(self, kind: str, event: Values) -> bytes:
        """Encode one event as this channel's client has asked for."""
        fields = self.fields[kind]
        return compact_row(kind, event, fields) if self.format == "COMPACT" else full_row(kind, event, fields)

    def _row(self, kind: str, symbol: str) -> bytes | None:
        if symbol in self.muted or symbol not in self.wanted.get(kind, ()):
            return None
        if self.format == "COMPACT":
            return self.feed.row(kind, symbol, self.fields[kind])
        values = self.feed.event(kind, symbol)
        if values is None:
            return None
        return full_row(kind, values, self.fields[kind])

    def data(self, kind: str, rows: typing.Iterable[bytes]) -> str:
        """Return one FEED_DATA of encoded rows."""
        return self.frame(self.pair(kind, rows) if self.format == "COMPACT" else b",".join(rows).decode())

    def pair(self, kind: str, rows: typing.Iterable[bytes]) -> str:
        """Return one type and its rows as COMPACT has them."""
        return f'"{kind}",[{b",".join(rows).decode()}]'

    def frame(self, inner: str) -> str:
        """Return one FEED_DATA of what is encoded already."""
        return f'{{"type":"FEED_DATA","channel":{self.number},"data":[{inner}]}}'


def full_row(kind: str, values: Values, fields: tuple[str, ...]) -> bytes:
    """Return an event in the FULL format."""
    return msgspec.json.encode({EVENT_TYPE: kind, **{field: values[field] for field in fields if field != EVENT_TYPE}})


def chunks(rows: list[bytes], limit: int = FRAME_BYTES) -> typing.Iterator[list[bytes]]:
    """Split rows so that each part stays below `limit` bytes."""
    part: list[bytes] = []
    size = 0
    for row in rows:
        if part and size + len(row) > limit:
            yield part
            part, size = [], 0
        part.append(row)
        size += len(row) + 1
    if part:
        yield part


def text(message: Values) -> str:
    """Encode one message."""
    return msgspec.json.encode(message).decode()


LONGEST_SILENCE_S = 60.0
_LAST_MS = 2**43


def seconds(value: object) -> float:
    """Read a keepalive timeout a client asked for: at most the longest silence this server bears."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return min(float(value), LONGEST_SILENCE_S)
    return LONGEST_SILENCE_S


def are_subscriptions(items: object) -> bool:
    """Whether `items` are what `add` and `remove` hold."""
    return isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("type"), str) and isinstance(item.get("symbol"), str)
        for item in items
    )


def subscriptions(items: object) -> typing.Iterator[tuple[str, str, int | None]]:
    """Read the (type, symbol, fromTime) of an `add` or `remove`; what this server does not carry is passed over."""
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("type") in TYPES and isinstance(item.get("symbol"), str):
            since = item.get("fromTime")
            if not isinstance(since, int | float) or isinstance(since, bool) or not 0 <= since < _LAST_MS:
                since = None
            yield item["type"], item["symbol"], None if since is None else int(since)
