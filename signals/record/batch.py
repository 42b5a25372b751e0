"""What a model says of all symbols at one bar, with everything it knew, as canonical bytes. Pure.

Prices are floats here: they are statistics of mids, no money. Times are in ms since the epoch.
"""

import hashlib
import typing

import msgspec

from signals.record.packing import ColumnReader, pack_column

MAGIC = b"TDS1"
COLUMNS: tuple[tuple[str, str], ...] = (
    ("p", "d"), ("q", "d"), ("mid", "d"), ("spread", "d"), ("sigma", "d"), ("beta", "d"), ("quote_age", "I"),
    ("void", "B"), ("said", "B"),
)  # fmt: skip
"""The columns of every batch in the order of their bytes, with their types."""
VOIDS = ("", "no_quote", "old_quote", "wide_spread", "halted", "delayed", "corporate_action", "late", "failed")
"""Why a signal is not scored; a batch and an outcome keep the place in this list. New reasons go to its end."""


class SignalBatch(msgspec.Struct, kw_only=True, frozen=True):
    """One model's signals of one bar. Columns have a value a symbol; None is missing.

    `p` and `q` are probabilities of a rise within the horizon, by the model and by its baseline. `mid` and `spread` are
    prices, `sigma` is the usual size of the horizon's move in bps, `beta` how much of the market's move is taken off,
    `quote_age` is in ms. `void` is a place in VOIDS. `said` is 0 where the model said nothing: its p is q then.
    `market` is the mid of what `beta` refers to. `features` are rounded to 32 bits.
    """

    model: str
    version: str
    session: str
    bar: int
    horizon_s: int
    due: int
    place: int
    """The bar's number in the model's schedule, from 0, bars without a batch included."""
    symbols: list[str]
    p: list[float]
    q: list[float]
    mid: list[float | None]
    spread: list[float | None]
    sigma: list[float | None]
    beta: list[float]
    quote_age: list[int | None]
    void: list[int]
    said: list[int]
    market: float | None = None
    features: dict[str, list[float | None]] = {}

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: a head in JSON behind its length, then the columns."""
        head = [self.model, self.version, self.session, self.bar, self.horizon_s, self.due, self.place, self.market]
        text = msgspec.json.encode([*head, self.symbols, list(self.features)])
        columns = [pack_column(getattr(self, name), kind) for name, kind in COLUMNS]
        columns += [pack_column(column, "f") for column in self.features.values()]
        return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *columns])

    @property
    def digest(self) -> str:
        """The sha256 of the canonical bytes, in hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


class BatchHead(msgspec.Struct, array_like=True):
    """The head of a batch's bytes."""

    model: str
    version: str
    session: str
    bar: int
    horizon_s: int
    due: int
    place: int
    market: float | None
    symbols: list[str]
    features: list[str]


def read_batch(data: bytes) -> SignalBatch:
    """Return the batch of canonical bytes. Raises ValueError for bytes that are none."""
    if data[:4] != MAGIC:
        raise ValueError("these are no bytes of a batch")
    start = 8 + int.from_bytes(data[4:8], "little")
    try:
        head = msgspec.json.decode(data[8:start], type=BatchHead)
    except msgspec.MsgspecError as error:
        raise ValueError(f"the head of the batch cannot be read: {error}") from error
    reader = ColumnReader(data, start, len(head.symbols))
    columns: dict[str, typing.Any] = {name: reader.read(kind) for name, kind in COLUMNS}
    features = {name: reader.read("f") for name in head.features}
    reader.finish()
    fields = {name: getattr(head, name) for name in head.__struct_fields__ if name != "features"}
    return SignalBatch(**fields, **columns, features=features)
