"""Which slots of a board are kept, and how what a board knows now joins what was kept before. Pure."""

from collections.abc import Collection, Iterable

from brokers.contract.events import Slot
from streaming.board.board import KEYS, Item

MARKET_DATA = frozenset({"quote", "day", "profile", "greeks", "underlying"})
HOLDINGS = frozenset({"position", "exposure", "portfolio"})
KEPT = MARKET_DATA | HOLDINGS | {"balance", "link"}
"""The types that are kept. A market's session is not: an hour later it says nothing."""
MOST = 800
"""How many slots of market data are kept of one person; beyond it the oldest are dropped."""
NOW_ONLY = frozenset({"state", "reason", "feed_at", "account_at", "retry_at", "refreshed_at"})
"""What a link says of the moment it was told in."""


def slot_of(item: Item) -> Slot:
    """Return the slot an item is of."""
    return (item["type"], *(item[name] for name in KEYS[item["type"]]))


def merge(kept: Iterable[Item], current: Iterable[Item], links: Collection[str]) -> list[Item]:
    """Return what is to be kept: `current`, and of `kept` what it does not tell anew. Only of `links` (ids).

    Holdings are replaced as a whole once the board has valued them: what was sold is gone. Market data stays until it
    is told anew, so that a symbol that is not watched at the moment keeps its last price. The newer one wins.
    """
    told = [_settled(item) for item in current if item["type"] in KEPT]
    is_valued = any(item["type"] == "portfolio" for item in told)
    found = {slot_of(item): item for item in kept if not (is_valued and item["type"] in HOLDINGS)}
    for item in told:
        slot = slot_of(item)
        if (item.get("at") or 0) >= (found.get(slot, {}).get("at") or 0):
            found[slot] = item
    return _bounded(of_links(found.values(), links))


def of_links(items: Iterable[Item], links: Collection[str]) -> list[Item]:
    """Return the items that came by `links`. Sums go with any link that is gone: they hold what it told."""
    found = [*items]
    is_whole = all(item["link"] in links for item in found if item["type"] == "link")
    return [item for item in found if (item["link"] in links if item.get("link") else is_whole or not _is_sum(item))]


def _is_sum(item: Item) -> bool:
    return item["type"] in ("exposure", "portfolio")


def _settled(item: Item) -> Item:
    """Return a link without what it said of the moment; anything else as it is."""
    if item["type"] != "link":
        return item
    return {name: value for name, value in item.items() if name not in NOW_ONLY} | {"state": "idle"}


def _bounded(items: list[Item]) -> list[Item]:
    market = sorted((item for item in items if item["type"] in MARKET_DATA), key=lambda item: item.get("at") or 0)
    dropped = {slot_of(item) for item in market[:-MOST]}
    return [item for item in items if slot_of(item) not in dropped]
