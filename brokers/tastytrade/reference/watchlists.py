"""Watchlists at tastytrade: a person's own, and those it publishes. Pure but for the reading."""

from typing import Any

from brokers.contract.broker import SymbolList
from brokers.instruments.symbols import readable
from brokers.tastytrade.session import TastytradeSession


def to_list(raw: dict[str, Any], *, is_public: bool) -> SymbolList | None:
    """Read one list. None without a name."""
    name, entries = raw.get("name"), raw.get("watchlist-entries")
    if not isinstance(name, str) or not name:
        return None
    rows = entries if isinstance(entries, list) else []
    return SymbolList(name, readable(row.get("symbol") for row in rows if isinstance(row, dict)), is_public)


async def read(session: TastytradeSession) -> list[SymbolList]:
    """Return every list, in the venue's order."""
    own = [to_list(raw, is_public=False) for raw in await session.items("/watchlists")]
    public = [to_list(raw, is_public=True) for raw in await session.items("/public-watchlists")]
    return [found for found in (*own, *public) if found is not None]
