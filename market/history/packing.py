"""Packs bars into a few bytes each: integers of the finest price step in them, as differences, as varints. Pure.

A day of a series is a row of batches, in the order in which they came to be known. A batch is

    version, bytes of the rest, known_at (ms), first slot, slots from there to the last, number of bars,
    decimals of prices, decimals of volumes, decimals of average prices, the bars

where a slot is a time in lengths of the interval: a reader passes over batches that are too old. A bar is a byte that
says which values it has and whether it follows its predecessor at once, the distance in time where it does not, then
open, close, high, low as differences, the volume, and the average price as a difference from the close. Values come
back exactly. Rows of version 1 know no average price.
"""

import decimal
from collections.abc import Iterable, Iterator

import msgspec

from market.history.kept_bar import KeptBar

VERSION = 2
READABLE = (1, 2)
SIZE_BYTES = 3
HAS_OPEN, HAS_HIGH, HAS_LOW, HAS_CLOSE, HAS_VOLUME, FOLLOWS, HAS_VWAP = 1, 2, 4, 8, 16, 32, 64
FLAGS = (
    ("open", HAS_OPEN), ("high", HAS_HIGH), ("low", HAS_LOW), ("close", HAS_CLOSE), ("volume", HAS_VOLUME),
    ("vwap", HAS_VWAP),
)  # fmt: skip
PRICES = ("open", "high", "low", "close")
EXACT = decimal.Context(prec=2_000)
"""Rounds nothing: a float has fewer than 1,100 digits."""


class PackingError(ValueError):
    """What was read is no row of packed bars."""


class _Form(msgspec.Struct, frozen=True):
    """The length of a bar in ms, and the decimals of prices, of volumes and of average prices."""

    length: int
    price: int
    volume: int
    vwap: int


class Batch(msgspec.Struct, frozen=True):
    """Bars that came to be known together, at `known_at` (ms)."""

    known_at: int
    bars: tuple[KeptBar, ...]


def pack(batch: Batch, length: int) -> bytes:
    """Return a batch as bytes. `length` (ms) is that of a bar; every time is a multiple of it."""
    form = _form(batch.bars, length)
    slots = [bar.time // length for bar in batch.bars]
    first = min(slots, default=0)
    body = bytearray()
    for number in (batch.known_at, first, max(slots, default=0) - first, len(slots)):
        _write(body, number)
    for decimals in (form.price, form.volume, form.vwap):
        _write(body, decimals)
    slot, last = first - 1, 0
    for bar in batch.bars:
        last = _pack_bar(body, bar, slot, last, form)
        slot = bar.time // length
    return bytes([VERSION]) + len(body).to_bytes(SIZE_BYTES) + bytes(body)


def _form(bars: Iterable[KeptBar], length: int) -> _Form:
    """Return the form that writes bars exactly. An average price is written from the close, and as finely."""
    bars = list(bars)
    price = _decimals(getattr(bar, name) for bar in bars for name in PRICES)
    vwap = _decimals(bar.vwap for bar in bars)
    return _Form(length, price, _decimals(bar.volume for bar in bars), max(vwap, price))


def _pack_bar(out: bytearray, bar: KeptBar, before: int, last: int, form: _Form) -> int:
    """Write one bar after one that began in the slot `before` and ended at `last`. Returns its last price."""
    slot, decimals = bar.time // form.length, form.price
    head = sum(flag for name, flag in FLAGS if getattr(bar, name) is not None)
    head |= FOLLOWS if slot == before + 1 else 0
    out.append(head)
    if not head & FOLLOWS:
        _write_signed(out, slot - before)
    start = _whole(bar.open, decimals, last)
    end = _whole(bar.close, decimals, start)
    if head & HAS_OPEN:
        _write_signed(out, start - last)
    if head & HAS_CLOSE:
        _write_signed(out, end - start)
    if head & HAS_HIGH:
        _write_signed(out, _whole(bar.high, decimals, 0) - max(start, end))
    if head & HAS_LOW:
        _write_signed(out, min(start, end) - _whole(bar.low, decimals, 0))
    if head & HAS_VOLUME:
        _write_signed(out, _whole(bar.volume, form.volume, 0))
    if head & HAS_VWAP:
        _write_signed(out, _whole(bar.vwap, form.vwap, 0) - end * 10 ** (form.vwap - decimals))
    return end


def unpack(packed: bytes, length: int, since: int = 0) -> list[Batch]:
    """Return the batches of a row that have a bar of `since` (ms) or later, in their order. Raises PackingError."""
    try:
        return [
            Batch(known_at, tuple(_unpack_bars(rest, length, first, version)))
            for version, known_at, first, last, rest in _heads(packed)
            if last * length >= since
        ]
    except StopIteration:
        raise PackingError("packed bars end in the middle of one") from None


def last_time(packed: bytes, length: int) -> int:
    """Return when the newest bar of a row began, in ms; 0 where there is none. Raises PackingError."""
    return max((last * length for _, _, _, last, _ in _heads(packed)), default=0)


def _heads(packed: bytes) -> Iterator[tuple[int, int, int, int, Iterator[int]]]:
    """Yield of each batch its version, when it was known, the slots of its first and its last bar, and what follows."""
    at = 0
    while at < len(packed):
        version = packed[at]
        if version not in READABLE:
            raise PackingError(f"bars are packed in form {version}, which this release does not know")
        begin = at + 1 + SIZE_BYTES
        at = begin + int.from_bytes(packed[at + 1 : begin])
        if at > len(packed):
            raise PackingError("packed bars end in the middle of one")
        rest = iter(packed[begin:at])
        known_at, first, extent = _read(rest), _read(rest), _read(rest)
        yield version, known_at, first, first + extent, rest


def _unpack_bars(numbers: Iterator[int], length: int, first: int, version: int) -> list[KeptBar]:
    count, decimals, volume_decimals = _read(numbers), _read(numbers), _read(numbers)
    form = _Form(length, decimals, volume_decimals, decimals if version == 1 else _read(numbers))
    bars: list[KeptBar] = []
    slot, last = first - 1, 0
    for _ in range(count):
        head = next(numbers)
        slot += 1 if head & FOLLOWS else _read_signed(numbers)
        bar, last = _unpack_bar(numbers, head, slot, last, form)
        bars.append(bar)
    return bars


def _unpack_bar(numbers: Iterator[int], head: int, slot: int, last: int, form: _Form) -> tuple[KeptBar, int]:
    """Read one bar after one that ended at `last`. Returns it and its last price."""
    start = last + (_read_signed(numbers) if head & HAS_OPEN else 0)
    end = start + (_read_signed(numbers) if head & HAS_CLOSE else 0)
    high = max(start, end) + _read_signed(numbers) if head & HAS_HIGH else None
    low = min(start, end) - _read_signed(numbers) if head & HAS_LOW else None
    volume = _read_signed(numbers) if head & HAS_VOLUME else None
    vwap = end * 10 ** (form.vwap - form.price) + _read_signed(numbers) if head & HAS_VWAP else None
    bar = KeptBar(
        slot * form.length,
        _decimal(start if head & HAS_OPEN else None, form.price),
        _decimal(high, form.price),
        _decimal(low, form.price),
        _decimal(end if head & HAS_CLOSE else None, form.price),
        _decimal(volume, form.volume),
        _decimal(vwap, form.vwap),
    )
    return bar, end


def _decimals(values: Iterable[decimal.Decimal | None]) -> int:
    """Return how many decimals the finest of some values has."""
    return max((-_exponent(value) for value in values if value is not None), default=0)


def _exponent(value: decimal.Decimal) -> int:
    """Return the exponent of a finite value, at most 0."""
    return min(0, int(value.as_tuple().exponent))


def _whole(value: decimal.Decimal | None, decimals: int, missing: int) -> int:
    """Return a value as a number of steps, exactly."""
    if value is None:
        return missing
    return int(value.scaleb(decimals, EXACT))


def _decimal(number: int | None, decimals: int) -> decimal.Decimal | None:
    return None if number is None else decimal.Decimal(number).scaleb(-decimals, EXACT)


def _write(out: bytearray, number: int) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def _write_signed(out: bytearray, number: int) -> None:
    _write(out, number << 1 if number >= 0 else (-number << 1) - 1)


def _read(numbers: Iterator[int]) -> int:
    number = shift = 0
    while (byte := next(numbers)) > 127:
        number |= (byte & 127) << shift
        shift += 7
    return number | byte << shift


def _read_signed(numbers: Iterator[int]) -> int:
    number = _read(numbers)
    return -((number + 1) >> 1) if number & 1 else number >> 1
