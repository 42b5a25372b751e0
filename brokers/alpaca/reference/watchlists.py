"""Watchlists at Alpaca: their names in one answer, each with its assets in another. Pure but for the reading."""

import urllib.parse
from typing import Any

from brokers.alpaca.decoding import objects, text
from brokers.alpaca.rest import AlpacaRest
from brokers.alpaca.symbols import symbol_of
from brokers.contract.broker import SymbolList
from brokers.instruments.symbols import readable

PATH = "/v2/watchlists"
MOST = 30
"""Lists that are read, at most: each takes a request of its own."""


def to_list(raw: dict[str, Any]) -> SymbolList | None:
    """Read one list. None without a name."""
    name, assets = text(raw.get("name")), raw.get("assets")
    if name is None:
        return None
    rows = [(row, text(row.get("symbol"))) for row in objects(assets or [])]
    return SymbolList(name, readable(symbol_of(symbol, row.get("class")) for row, symbol in rows if symbol))


async def read(rest: AlpacaRest, patience: float) -> list[SymbolList]:
    """Return every list, oldest first. `patience`: how long the rate limit may make each request wait, in s."""
    heads = [id for row in objects(await rest.get(PATH, patience)) if (id := text(row.get("id")))]
    found = [to_list(await rest.get(f"{PATH}/{urllib.parse.quote(id, safe='')}", patience)) for id in heads[:MOST]]
    return [one for one in found if one is not None]
