"""Columns survive as bytes, and missing stays missing."""

import pytest

from signals.record.packing import ColumnReader, pack_column, to_float32


def test_missing_is_no_zero():
    column = [1.5, None, 0.0, None, -2.25, 3.0, None, 8.0, None]
    reader = ColumnReader(pack_column(column), 0, 9)
    assert reader.read() == column
    reader.finish()
    assert pack_column([None]) != pack_column([0.0])


def test_features_are_rounded_to_32_bits():
    assert to_float32([0.1, None]) == [0.10000000149011612, None]
    assert to_float32([0.1]) == [0.10000000149011612]


def test_bytes_that_end_too_early_or_too_late_are_refused():
    data = pack_column([1.0, 2.0])
    with pytest.raises(ValueError, match="too early"):
        ColumnReader(data[:-1], 0, 2).read()
    reader = ColumnReader(data + b"x", 0, 2)
    reader.read()
    with pytest.raises(ValueError, match="behind the last"):
        reader.finish()
