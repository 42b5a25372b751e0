"""What came of a batch: mids when it was due, by rules that were fixed when the model was registered. Pure.

A void is decided by what was known before `due`. What is missing at `due` takes the next mid within the horizon's
length; where there is none either, the signal counts as wrong, so that failing to look never helps.
"""

import hashlib
import typing
from collections.abc import Collection, Sequence

import msgspec

from signals.record.batch import SignalBatch
from signals.record.packing import ColumnReader, pack_column

MAGIC = b"TDO1"
WAYS = ("due", "next", "candle", "lost", "void")
"""How an outcome is known; an outcome keeps the place in this list."""
DUE, NEXT, CANDLE, LOST, VOID = range(len(WAYS))
PATIENCE_MS = 5_000
"""Up to how long after `due` a mid is one of `due`, and how old a quote may be at a bar."""
BPS = 1e4


class VoidRule(msgspec.Struct, kw_only=True, frozen=True):
    """Which signals are void from the start. Part of a registration."""

    oldest_quote_ms: int = PATIENCE_MS
    widest_spread_bps: float = 30.0

    def judge(self, mid: float | None, spread: float | None, age: int | None, obstacle: int = 0) -> int:
        """Return the place in VOIDS for one symbol at its bar. `obstacle`: a halt, a delayed feed, an action."""
        if obstacle:
            return obstacle
        if mid is None or spread is None or age is None or mid <= 0:
            return 1
        if age > self.oldest_quote_ms:
            return 2
        return 3 if spread > mid * self.widest_spread_bps / BPS else 0


class EndPrices(msgspec.Struct, kw_only=True, frozen=True):
    """The first mid of each symbol at or after `due`, with its spread, its time, and whether a candle told it."""

    mid: Sequence[float | None]
    spread: Sequence[float | None]
    at: Sequence[int | None]
    is_candle: bool = False
    candles: Collection[int] = ()
    """Places of symbols whose mid a candle told, where it told not all."""
    market: float | None = None
    """The market's mid at `due`, where betas refer to one. Where it is missing, moves beyond it count as lost."""
    actions: Sequence[int] = ()
    """Places of symbols with a corporate action between the bar and `due`, as announced before `due`."""


class SignalOutcome(msgspec.Struct, kw_only=True, frozen=True):
    """What came of a batch, a value a symbol. `y` is 1, 0 or, unchanged, 0.5. Void signals have none: None.

    `move` is the move beyond the market's in bps, `cost` what taking part in it costs in bps, both ways. A lost signal
    moved one sigma against what was said.
    """

    model: str
    version: str
    bar: int
    due: int
    batch: str
    """The digest of the batch."""
    market: float | None = None
    way: list[int]
    mid: list[float | None]
    spread: list[float | None]
    y: list[float | None]
    move: list[float | None]
    cost: list[float | None]

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        text = msgspec.json.encode(
            [self.model, self.version, self.bar, self.due, self.batch, len(self.way), self.market]
        )
        columns = [pack_column(getattr(self, name)) for name in COLUMNS]
        return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, bytes(self.way), *columns])

    @property
    def digest(self) -> str:
        """The sha256 of the canonical bytes, in hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


COLUMNS = ("mid", "spread", "y", "move", "cost")
"""The columns of every outcome behind its ways, in the order of their bytes."""


def read_outcome(data: bytes) -> SignalOutcome:
    """Return the outcome of canonical bytes. Raises ValueError for bytes that are none."""
    if data[:4] != MAGIC:
        raise ValueError("these are no bytes of an outcome")
    start = 8 + int.from_bytes(data[4:8], "little")
    try:
        head = msgspec.json.decode(data[8:start], type=tuple[str, str, int, int, str, int, float | None])
    except msgspec.MsgspecError as error:
        raise ValueError(f"the head of the outcome cannot be read: {error}") from error
    model, version, bar, due, batch, count, market = head
    way = list(data[start : start + count])
    if len(way) != count or any(place >= len(WAYS) for place in way):
        raise ValueError("the ways of the outcome cannot be read")
    reader = ColumnReader(data, start + count, count)
    columns: dict[str, typing.Any] = {name: reader.read() for name in COLUMNS}
    reader.finish()
    return SignalOutcome(model=model, version=version, bar=bar, due=due, batch=batch, market=market, way=way, **columns)


ResolvedSignal = tuple[int, float | None, float | None, float | None, float | None, float | None]
"""How it is known, the mid, its spread, y, the move and the cost."""
NOTHING: ResolvedSignal = (VOID, None, None, None, None, None)


def resolve(batch: SignalBatch, ends: EndPrices, fees_bps: float = 0.0, digest: str = "") -> SignalOutcome:
    """Return what came of a batch. `fees_bps` are those of both ways together, `digest` is the batch's."""
    market = _market_move(batch, ends)
    rows = [
        NOTHING
        if void or start is None or place in ends.actions
        else _resolve_one(batch, place, start, ends, market, fees_bps)
        for place, (void, start) in enumerate(zip(batch.void, batch.mid, strict=True))
    ]
    return SignalOutcome(
        model=batch.model, version=batch.version, bar=batch.bar, due=batch.due, batch=digest, market=ends.market,
        way=[row[0] for row in rows], mid=[row[1] for row in rows], spread=[row[2] for row in rows],
        y=[row[3] for row in rows], move=[row[4] for row in rows], cost=[row[5] for row in rows],
    )  # fmt: skip


def _resolve_one(
    batch: SignalBatch, place: int, start: float, ends: EndPrices, market: float | None, fees_bps: float
) -> ResolvedSignal:
    """Return the outcome of a signal that is not void."""
    end, at, due = ends.mid[place], ends.at[place], batch.due
    half = (batch.spread[place] or 0.0) / 2
    if end is None or at is None or not due <= at <= 2 * due - batch.bar:
        up, move = _against(batch, place)
        return LOST, None, None, up, move, 2 * half / start * BPS + fees_bps
    end_spread = ends.spread[place]
    cost = (half + (half if end_spread is None else end_spread / 2)) / start * BPS + fees_bps
    known = CANDLE if ends.is_candle or place in ends.candles else DUE if at - due <= PATIENCE_MS else NEXT
    beta = batch.beta[place]
    is_lost = beta and market is None
    move = _against(batch, place)[1] if is_lost else (end / start - 1) * BPS - beta * (market or 0.0)
    return known, end, end_spread, 1.0 if end > start else 0.0 if end < start else 0.5, move, cost


def _market_move(batch: SignalBatch, ends: EndPrices) -> float | None:
    """Return the market's move in bps; 0 where the batch refers to no market, None where its end is not known."""
    if not batch.market:
        return 0.0
    return (ends.market / batch.market - 1) * BPS if ends.market else None


def _against(batch: SignalBatch, place: int) -> tuple[float, float]:
    """Return y and the move of a lost signal: against what was said; nothing where nothing was said."""
    lean, sigma = batch.p[place] - batch.q[place], batch.sigma[place] or 0.0
    if not lean:
        return 0.5, 0.0
    return (0.0, -sigma) if lean > 0 else (1.0, sigma)
