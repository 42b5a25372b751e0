"""The names of companies whose shares are listed in the US, by which headlines mention them. Pure.

`data/listed_names.csv` has a symbol, its names, and those of its names that are ordinary words too (`words`): these
count only where the words around them say that the company is meant.
"""

import csv
import functools
import importlib.resources
import json
import re
import typing

import ahocorasick

_SUFFIX = re.compile(
    r",?\s+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|plc|llc|lp|l\.p\.|holdings?|group|trust|n\.?v\.?"
    r"|s\.?a\.?|ag|se)\.?$",
    re.IGNORECASE,
)


class ListedName(typing.NamedTuple):
    """A name of a company: its symbol, the name as news write it, and whether it is an ordinary word too."""

    symbol: str
    name: str
    is_word: bool


class Names:
    """A dictionary of names that finds all of them in a text in one pass."""

    def __init__(self, listed: typing.Iterable[ListedName]) -> None:
        self._automaton = ahocorasick.Automaton()
        self.symbols: set[str] = set()
        for one in listed:
            self.symbols.add(one.symbol)
            self._automaton.add_word(one.name.lower(), one)
        self._automaton.make_automaton()

    def __len__(self) -> int:
        return len(self._automaton)

    def find(self, text: str) -> list[tuple[int, int, ListedName]]:
        """Return the names in a text, by where they begin and end; of those that overlap, the longest."""
        lower = text.lower()
        if len(lower) != len(text):  # a letter whose lower case is longer would shift what follows
            return []
        found = [(end - len(one.name) + 1, end + 1, one) for end, one in self._automaton.iter(lower)]
        found.sort(key=lambda match: (match[0], -match[1]))
        kept: list[tuple[int, int, ListedName]] = []
        for match in found:
            if _is_whole(text, match[0], match[1]) and (not kept or match[0] >= kept[-1][1]):
                kept.append(match)
        return kept


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit touches a match."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or before in ("-", "'", "’", "$", "@", "#", "_") or after.isalnum() or after == "_")


@functools.cache
def load_names() -> Names:
    """Return the dictionary that comes with the desk."""
    file = importlib.resources.files("news.text") / "data" / "listed_names.csv"
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    return Names(
        ListedName(row["symbol"], name, is_word)
        for row in rows
        for column, is_word in (("names", False), ("words", True))
        for name in row[column].split(";")
        if name
    )


def parse_company_tickers(body: bytes) -> list[ListedName]:
    """Read SEC's `company_tickers.json`: every name of two words or more, without its legal form. Raises ValueError."""
    found = []
    for row in json.loads(body).values():
        name = str(row["title"]).strip()
        while (shorter := _SUFFIX.sub("", name)) != name:
            name = shorter
        if " " in name:
            found.append(ListedName(str(row["ticker"]).upper().replace("-", "."), name, False))
    return found
