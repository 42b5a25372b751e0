"""DXLink's FEED_DATA as columns: COMPACT and FULL, several types in a message, rows that are too short. Pure.

Source: dxLink AsyncAPI 1.0.2. COMPACT is `["Quote", [flat values…], "Trade", […]]` in the order of the venue's last
FEED_CONFIG; FULL is `[{"eventType": "Quote", "eventSymbol": …}, …]`, and a server may change over mid-session.
"""

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec import UNSET

FIELDS: dict[str, tuple[str, ...]] = {
    "Quote": ("eventSymbol", "bidTime", "askTime", "bidPrice", "askPrice", "bidSize", "askSize"),
    "Trade": ("eventSymbol", "time", "price", "size", "dayVolume"),
    "Summary": (
        "eventSymbol", "dayOpenPrice", "dayHighPrice", "dayLowPrice", "prevDayClosePrice", "openInterest",
    ),
    "Profile": (
        "eventSymbol", "description", "tradingStatus", "statusReason", "high52WeekPrice", "low52WeekPrice", "beta",
        "shares",
    ),
    "Greeks": ("eventSymbol", "eventFlags", "price", "volatility", "delta", "gamma", "theta", "rho", "vega"),
    "TheoPrice": ("eventSymbol", "eventFlags", "price"),
    "Underlying": (
        "eventSymbol", "eventFlags", "volatility", "frontVolatility", "backVolatility", "callVolume", "putVolume",
        "optionVolume", "putCallRatio",
    ),
    "Candle": (
        "eventSymbol", "eventFlags", "time", "count", "volume", "vwap", "open", "high", "low", "close",
    ),
}  # fmt: skip
"""The fields asked for, by event type, in the order in which rows are handed on."""

Row = tuple[Any, ...]


class Layout:
    """How the venue lays out one type's COMPACT rows. Raises ValueError when the symbol is not among the fields."""

    def __init__(self, kind: str, fields: Sequence[str]) -> None:
        places = {name: place for place, name in enumerate(fields)}
        if "eventSymbol" not in places:
            raise ValueError(f"{kind} rows without eventSymbol")
        self.width = len(fields)
        self.symbol = places["eventSymbol"]
        self.picks = tuple(places.get(name) for name in FIELDS[kind])

    def columns(self, values: list[Any]) -> list[list[Any]]:
        """Split flat values into the columns of FIELDS. A field that the venue does not send is UNSET throughout."""
        width, count = self.width, len(values) // self.width
        return [[UNSET] * count if at is None else values[at::width] for at in self.picks]


LAYOUTS = {kind: Layout(kind, fields) for kind, fields in FIELDS.items()}


def compact(values: list[Any], layout: Layout, known: Collection[str]) -> tuple[list[list[Any]], int]:
    """Read flat values. Returns columns, and how many rows were lost because they had too few or too many values."""
    lost = 0
    if len(values) % layout.width or not _aligned(values[layout.symbol :: layout.width], known):
        values, lost = _realigned(values, layout, known)
    return layout.columns(values), lost


def _aligned(symbols: list[Any], known: Collection[str]) -> bool:
    return all(symbol.__class__ is str and symbol in known for symbol in symbols)


def _realigned(values: list[Any], layout: Layout, known: Collection[str]) -> tuple[list[Any], int]:
    """Find the whole rows again by their symbols: a row of the wrong length costs itself, not those behind it."""
    width, lead = layout.width, layout.symbol
    found = [at for at, value in enumerate(values) if value.__class__ is str and value in known]
    starts = [at - lead for at in found if at >= lead]
    whole: list[Any] = []
    lost = int(not starts and len(values) % width > 0)
    for start, end in itertools.pairwise([*starts, len(values)]):
        if (end - start) % width == 0:  # rows of symbols that are no longer known may follow
            whole += values[start : start + width]
        else:
            lost += 1
    return whole, lost


def full(rows: list[Any]) -> Iterator[tuple[str, list[list[Any]], int]]:
    """Read rows written as objects. Yields type, columns and how many were no rows, per type."""
    by_kind: dict[str, list[Row]] = {}
    lost = 0
    for row in rows:
        kind = row.get("eventType") if isinstance(row, dict) else None
        if kind in FIELDS:
            by_kind.setdefault(kind, []).append(tuple(row.get(name, UNSET) for name in FIELDS[kind]))
        elif not isinstance(kind, str):
            lost += 1
    for kind, found in by_kind.items():
        yield kind, [list(column) for column in zip(*found, strict=True)], lost
        lost = 0
    if lost:
        yield "", [], lost
