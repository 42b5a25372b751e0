"""Watchlists at Tradier: their names in one answer, each with its symbols in another. Pure but for the reading."""

import urllib.parse

from brokers.contract.broker import SymbolList
from brokers.instruments.symbols import readable
from brokers.tradier.decoding import Raw, rows
from brokers.tradier.rest import TradierRest

PATH = "/v1/watchlists"
MOST = 30
"""Lists that are read, at most: each takes a request out of the minute's."""


def ids(answer: Raw) -> list[str]:
    """Return the ids of all lists."""
    return [row["id"] for row in rows(answer, "watchlists", "watchlist") if isinstance(row.get("id"), str)]


def to_list(answer: Raw) -> SymbolList | None:
    """Read one list. None without a name."""
    for row in rows(answer, "watchlist"):
        name = row.get("name") or row.get("id")
        if isinstance(name, str):
            return SymbolList(name, readable(item.get("symbol") for item in rows(row, "items", "item")))
    return None


async def read(rest: TradierRest, patience: float) -> list[SymbolList]:
    """Return every list, oldest first. `patience`: how long the rate limit may make each request wait, in s."""
    found = []
    for id in ids(await rest.get(PATH, patience))[:MOST]:
        found.append(to_list(await rest.get(f"{PATH}/{urllib.parse.quote(id, safe='')}", patience)))
    return [one for one in found if one is not None]
