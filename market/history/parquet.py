"""Writes bars as a Parquet file, by `pyarrow`: an extra (requirements-parquet.txt), imported when a file is written.

One row a bar: symbol, interval, time (UTC, ms), open, high, low, close, volume, as decimals with 9 digits behind the
point, to which finer ones are rounded. What is not known is null. Values are as the venue told them, not adjusted.
"""

import decimal
import importlib
import importlib.util
import pathlib
import typing
from collections.abc import Iterable

from market.history.kept_bar import KeptBar

PACKAGE = "pyarrow"
DIGITS, DECIMALS = 38, 9
NUMBERS = ("open", "high", "low", "close", "volume")
MISSING = "Parquet is written by an extra that this desk does not have: .ci/packages requirements-parquet.txt"


class ExportError(Exception):
    """Why no file was written."""


def is_installed() -> bool:
    """Whether this desk has the extra."""
    return importlib.util.find_spec(PACKAGE) is not None


def export_bars(path: pathlib.Path, series: Iterable[tuple[str, str, list[KeptBar]]]) -> int:
    """Write bars by (symbol, interval). Returns how many. Raises ExportError; a file that is there stays as it is."""
    if not is_installed():
        raise ExportError(MISSING)
    arrow = importlib.import_module(PACKAGE)
    schema, count = _schema(arrow), 0
    partial = path.with_name(f".{path.name}.partial")
    try:
        with importlib.import_module(f"{PACKAGE}.parquet").ParquetWriter(partial, schema, compression="zstd") as writer:
            for symbol, interval, bars in series:
                writer.write_table(_table(arrow, schema, symbol, interval, bars))
                count += len(bars)
        partial.replace(path)
    except (OSError, arrow.ArrowException) as error:
        raise ExportError(f"{path} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _schema(arrow: typing.Any) -> typing.Any:
    price = arrow.decimal128(DIGITS, DECIMALS)
    return arrow.schema(
        [("symbol", arrow.string()), ("interval", arrow.string()), ("time", arrow.timestamp("ms", tz="UTC"))]
        + [(name, price) for name in NUMBERS]
    )


def _table(arrow: typing.Any, schema: typing.Any, symbol: str, interval: str, bars: list[KeptBar]) -> typing.Any:
    columns: dict[str, list[typing.Any]] = {name: [_rounded(getattr(bar, name)) for bar in bars] for name in NUMBERS}
    columns["time"] = [bar.time for bar in bars]
    return arrow.table({"symbol": [symbol] * len(bars), "interval": [interval] * len(bars), **columns}, schema=schema)


def _rounded(value: decimal.Decimal | None) -> decimal.Decimal | None:
    return None if value is None else round(value, DECIMALS)
