"""Columns of numbers as bytes, the same on every machine: little-endian, and missing is a bit of its own. Pure."""

import struct
from collections.abc import Sequence


def to_float32(column: Sequence[float | None]) -> list[float | None]:
    """Return the values as a batch keeps them: rounded to 32 bits, missing ones missing."""
    if None in column:
        return [None if value is None else struct.unpack("<f", struct.pack("<f", value))[0] for value in column]
    pattern = f"<{len(column)}f"
    return list(struct.unpack(pattern, struct.pack(pattern, *column)))


def pack_column(column: Sequence[float | None], kind: str = "d") -> bytes:
    """Return a column's bytes: a bit a value that says whether it is there, then the values; 0 stands for missing."""
    present = bytearray((len(column) + 7) // 8)
    for place, value in enumerate(column):
        if value is not None:
            present[place // 8] |= 1 << place % 8
    return bytes(present) + struct.pack(f"<{len(column)}{kind}", *[value or 0 for value in column])


class ColumnReader:
    """Reads columns of one length from bytes, one after the other."""

    def __init__(self, data: bytes, offset: int, length: int) -> None:
        self._data, self._offset, self._length = data, offset, length

    def _take(self, size: int) -> bytes:
        taken = self._data[self._offset : self._offset + size]
        if len(taken) != size:
            raise ValueError("the bytes end too early")
        self._offset += size
        return taken

    def read(self, kind: str = "d") -> list[float | None]:
        """Return the next column. Raises ValueError where there is none."""
        present = self._take((self._length + 7) // 8)
        pattern = f"<{self._length}{kind}"
        values = struct.unpack(pattern, self._take(struct.calcsize(pattern)))
        return [value if present[place // 8] >> place % 8 & 1 else None for place, value in enumerate(values)]

    def finish(self) -> None:
        """Raise ValueError if anything is left."""
        if self._offset != len(self._data):
            raise ValueError("there are bytes behind the last column")
