"""Which symbol a filer's shares have: EDGAR names who files by a number, the CIK, and not by a symbol. Pure.

`data/ciks.csv` has the large filers, from SEC's list of companies' tickers, which is in the public domain.
"""

import csv
import functools
import importlib.resources
import json
import typing
from collections.abc import Mapping, Sequence

from brokers.instruments.symbols import is_symbol

LABEL = "cik:"
"""What the label of a filing that names its filer begins with; ten digits follow."""
LEAST_CIK, LARGEST_CIK = 1, 9_999_999_999


class Filers:
    """Symbols by CIK, the main one first."""

    def __init__(self, symbols: Mapping[int, tuple[str, ...]]) -> None:
        self._symbols = symbols

    def __len__(self) -> int:
        return len(self._symbols)

    def __repr__(self) -> str:
        return f"<Filers {len(self)}>"

    def symbols(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return the symbols of the filer that the labels of an item name; none where they name none that is known."""
        ciks = (label.removeprefix(LABEL) for label in labels if label.startswith(LABEL))
        return tuple(symbol for cik in ciks if cik.isdigit() for symbol in self._symbols.get(int(cik), ()))


@functools.cache
def _listed() -> Mapping[int, tuple[str, ...]]:
    file = importlib.resources.files("news.text") / "data" / "ciks.csv"
    found: dict[int, tuple[str, ...]] = {}
    for row in csv.DictReader(file.read_text("utf-8").splitlines()):
        cik = int(row["cik"])
        found[cik] = (*found.get(cik, ()), row["symbol"])
    return found


def load_filers() -> Filers:
    """Return those that come with the desk."""
    return Filers(_listed())


def parse_filers(body: bytes) -> Filers:
    """Read SEC's `company_tickers.json`. Of a company with several symbols the first one counts: the others are mostly
    of preferred shares and notes. The desk's own list goes before it. Raises ValueError, which says what is wrong.
    """
    try:
        told = json.loads(body)
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from error
    if not isinstance(told, Mapping) or not told:
        raise ValueError("it is no object of companies by number")
    found: dict[int, tuple[str, ...]] = {}
    for place, row in told.items():
        cik, symbol = _company(place, row)
        found.setdefault(cik, (symbol,))
    return Filers({**found, **_listed()})


def _company(place: str, row: typing.Any) -> tuple[int, str]:
    """Return the CIK and the symbol of one row. Raises ValueError."""
    cik, ticker = (row.get("cik_str"), row.get("ticker")) if isinstance(row, Mapping) else (None, None)
    symbol = ticker.upper().replace("-", ".") if isinstance(ticker, str) else ""
    if not isinstance(cik, int) or isinstance(cik, bool) or not LEAST_CIK <= cik <= LARGEST_CIK:
        raise ValueError(f"its row {place[:20]} has no cik_str that is a number")
    if not is_symbol(symbol):
        raise ValueError(f"its row {place[:20]} has no ticker")
    return cik, symbol
