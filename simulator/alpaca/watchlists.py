"""The watchlists of an account. Pure."""

import msgspec

from simulator.alpaca.bodies.assets import asset_body
from simulator.alpaca.format import invalid, missing, moment
from simulator.alpaca.orders.parsing import symbol_of
from simulator.asgi import Json
from simulator.market.universe import LISTINGS


class SimAlpacaWatchlist(msgspec.Struct):
    """One list. Times in ms since the epoch."""

    id: str
    account_id: str
    name: str
    symbols: list[str]
    created_at: int
    updated_at: int

    @property
    def body(self) -> Json:
        """The list, and what is in it."""
        return self.head | {"assets": [asset_body(LISTINGS[symbol]) for symbol in self.symbols]}

    @property
    def head(self) -> Json:
        """The list without what is in it."""
        return {
            "id": self.id,
            "account_id": self.account_id,
            "created_at": moment(self.created_at),
            "updated_at": moment(self.updated_at),
            "name": self.name,
        }

    def put(self, symbols: list[str], at: int) -> None:
        """Let these be what is in it. Raises Refusal."""
        self.symbols, self.updated_at = list(dict.fromkeys(known(symbol) for symbol in symbols)), at


def known(symbol: str) -> str:
    """Return our symbol of an asset. Raises Refusal."""
    found = symbol_of(symbol)
    if found not in LISTINGS:
        raise missing(f"asset not found for {symbol}")
    return found


class SimAlpacaWatchlists:
    """The lists of one account, oldest first."""

    def __init__(self) -> None:
        self.known: dict[str, SimAlpacaWatchlist] = {}

    def find(self, id: str) -> SimAlpacaWatchlist:
        """Return a list. Raises Refusal."""
        if id not in self.known:
            raise missing(f"watchlist not found: {id}")
        return self.known[id]

    def create(self, id: str, account_id: str, name: str, symbols: list[str], at: int) -> SimAlpacaWatchlist:
        """Add a list. Raises Refusal."""
        self.check_name(name)
        made = SimAlpacaWatchlist(id, account_id, name, [], at, at)
        made.put(symbols, at)
        self.known[id] = made
        return made

    def check_name(self, name: str) -> None:
        """Let a name pass that no list has. Raises Refusal."""
        if not name:
            raise invalid("name is required")
        if any(each.name == name for each in self.known.values()):
            raise invalid("watchlist name must be unique")
