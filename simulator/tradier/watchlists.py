"""A person's watchlists at the simulated Tradier. Pure."""

import hashlib
import re

import msgspec

from simulator.asgi import Json
from simulator.tradier.format import SimTradierRefusal, plain, several

DEFAULT = "default"
_DEFAULT_SYMBOLS = ("SPY", "QQQ", "AAPL")


class SimTradierWatchlist(msgspec.Struct):
    """One list. Its id is its name, in the letters a path can have."""

    id: str
    name: str
    symbols: list[str]

    @property
    def public_id(self) -> str:
        """An id of the list that says nothing."""
        return "public-" + hashlib.sha256(self.id.encode()).hexdigest()[:8]

    @property
    def head(self) -> Json:
        """The list without what is in it."""
        return {"name": self.name, "id": self.id, "public_id": self.public_id}

    @property
    def body(self) -> Json:
        """The whole list."""
        items = [{"symbol": symbol, "id": symbol.lower()} for symbol in self.symbols]
        return self.head | {"items": {"item": several(items)} if items else None}


class SimTradierWatchlists:
    """The lists of one person, by id."""

    def __init__(self) -> None:
        self._lists = {DEFAULT: SimTradierWatchlist(DEFAULT, DEFAULT, [*_DEFAULT_SYMBOLS])}

    def all(self) -> list[SimTradierWatchlist]:
        """Return every list, oldest first."""
        return [*self._lists.values()]

    def adopt(self, lists: list[SimTradierWatchlist]) -> None:
        """Let these be the lists."""
        self._lists = {each.id: each for each in lists}

    def find(self, id: str) -> SimTradierWatchlist:
        """Return a list. Raises SimTradierRefusal."""
        if id not in self._lists:
            raise SimTradierRefusal(plain(404, f"watchlist not found: {id}"))
        return self._lists[id]

    def create(self, name: str, symbols: list[str]) -> SimTradierWatchlist:
        """Add a list. Raises SimTradierRefusal when its id is taken."""
        id = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or DEFAULT
        if id in self._lists:
            raise SimTradierRefusal(plain(400, f"Invalid parameter, name: {id} already exists."))
        self._lists[id] = SimTradierWatchlist(id, name, list(dict.fromkeys(symbols)))
        return self._lists[id]

    def delete(self, id: str) -> None:
        """Remove a list. Raises SimTradierRefusal; the default one stays."""
        if self.find(id).id == DEFAULT:
            raise SimTradierRefusal(plain(400, "the default watchlist cannot be deleted"))
        del self._lists[id]
