"""Watchlists of the simulated tastytrade: its own for everybody, and each person's. Pure.

The venue's documentation names no error for a name that is taken; it is a 422 here, as its other rejections are.
"""

import typing
import zlib

import msgspec

from simulator.asgi import Json
from simulator.market.universe import Listing
from simulator.tastytrade.format import SimTastytradeRefusal, present

MOST_LISTS = 200
MOST_ENTRIES = 1_000
"""So many lists a person may keep here, so many symbols in one."""


class SimWatchlistEntry(msgspec.Struct, frozen=True, rename="kebab", omit_defaults=True):
    """One instrument of a list. tastytrade takes any symbol, also one it does not know."""

    symbol: str
    instrument_type: str | None = None


class SimTastytradeWatchlist(msgspec.Struct, frozen=True, rename="kebab"):
    """One list, as a client writes it. `order_index` sorts lists, the smallest first."""

    name: str
    watchlist_entries: list[SimWatchlistEntry]
    group_name: str = "default"
    order_index: int = 9999


class SimPairTrade(msgspec.Struct, frozen=True, rename="kebab"):
    """Two legs that are traded against each other. Quantities in shares."""

    left_action: str
    left_symbol: str
    left_quantity: int
    right_action: str
    right_symbol: str
    right_quantity: int


class PairsWatchlist(msgspec.Struct, frozen=True, rename="kebab"):
    """A list of pairs."""

    name: str
    order_index: int
    pairs_equations: list[SimPairTrade]


class SimTastytradeWatchlists:
    """Every list of one venue."""

    def __init__(self, listings: typing.Iterable[Listing]) -> None:
        known = {listing.symbol: listing for listing in listings}
        self.public = {made.name: made for made in _public(known)}
        self.pairs = {made.name: made for made in _PAIRS}
        self.private: dict[str, dict[str, SimTastytradeWatchlist]] = {}
        """By the id of the customer, and by name."""

    def of(self, customer: str) -> list[SimTastytradeWatchlist]:
        """Return the lists of a customer, by their id, in their order."""
        return sorted(self.private.get(customer, {}).values(), key=lambda made: (made.order_index, made.name))

    def find(self, customer: str, name: str) -> SimTastytradeWatchlist:
        """Return a customer's list. Raises SimTastytradeRefusal 404."""
        found = self.private.get(customer, {}).get(name)
        if found is None:
            raise _unknown(name)
        return found

    def create(self, customer: str, made: SimTastytradeWatchlist) -> None:
        """Keep a new list. Raises SimTastytradeRefusal 422 when its name is taken or there are too many."""
        kept = self.private.setdefault(customer, {})
        self._check(kept, made)
        if len(kept) >= MOST_LISTS:
            raise SimTastytradeRefusal(422, "too_many_watchlists", f"There are {MOST_LISTS} watchlists already")
        kept[made.name] = made

    def replace(self, customer: str, name: str, made: SimTastytradeWatchlist) -> None:
        """Put a list in the place of another, under its own name.

        Raises SimTastytradeRefusal 404, or 422 when that is taken.
        """
        self.find(customer, name)
        kept = {key: value for key, value in self.private[customer].items() if key != name}
        self._check(kept, made)
        self.private[customer] = {**kept, made.name: made}

    def remove(self, customer: str, name: str) -> SimTastytradeWatchlist:
        """Forget a list and return it. Raises SimTastytradeRefusal 404."""
        found = self.find(customer, name)
        del self.private[customer][name]
        return found

    def _check(self, kept: typing.Container[str], made: SimTastytradeWatchlist) -> None:
        if not made.name.strip():
            raise SimTastytradeRefusal(400, "validation_error", "name must not be empty")
        if made.name in kept:
            raise SimTastytradeRefusal(
                422, "watchlist_already_exists", f"A watchlist named {made.name!r} exists already"
            )
        if len(made.watchlist_entries) > MOST_ENTRIES:
            raise SimTastytradeRefusal(
                422, "too_many_watchlist_entries", f"A watchlist has at most {MOST_ENTRIES} entries"
            )


def _unknown(name: str) -> SimTastytradeRefusal:
    return SimTastytradeRefusal(404, "record_not_found", f"There is no watchlist named {name!r}")


def read(body: bytes) -> SimTastytradeWatchlist:
    """Read a list from a request. Raises SimTastytradeRefusal 400."""
    try:
        return msgspec.json.decode(body, type=SimTastytradeWatchlist)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SimTastytradeRefusal(400, "validation_error", str(error)) from None


def body(made: SimTastytradeWatchlist) -> Json:
    """Describe a list."""
    described: Json = msgspec.to_builtins(made)
    return described


def public_body(made: SimTastytradeWatchlist, *, counts_only: bool = False) -> Json:
    """Describe one of the venue's own lists, with its entries or how many there are."""
    described = body(made) | {"cms-id": f"{zlib.crc32(made.name.encode()):08x}"}
    if counts_only:
        described["watchlist-entries-count"] = len(described.pop("watchlist-entries"))
    return described


def pairs_body(made: PairsWatchlist) -> Json:
    """Describe a list of pairs."""
    described: Json = msgspec.to_builtins(made)
    return described


def entry(symbol: str, listing: Listing | None) -> SimWatchlistEntry:
    """Make an entry for a symbol, with its type where it is listed."""
    kind = None if listing is None else "Index" if listing.kind == "index" else "Equity"
    return SimWatchlistEntry(**present({"symbol": symbol, "instrument_type": kind}))


def _public(known: dict[str, Listing]) -> typing.Iterator[SimTastytradeWatchlist]:
    busy = sorted((x for x in known.values() if x.has_options), key=lambda x: x.volume, reverse=True)
    wild = sorted((x for x in known.values() if x.has_options), key=lambda x: x.vol, reverse=True)
    etfs = [x for x in known.values() if x.kind == "etf"]
    hub = [known[symbol] for symbol in _HUB if symbol in known]
    made = (("tasty default", hub), ("Liquid ETFs", etfs), ("High Options Volume", busy[:12]), ("High IV", wild[:10]))
    for index, (name, listings) in enumerate(made, 1):
        yield SimTastytradeWatchlist(name, [entry(x.symbol, x) for x in listings], "tastytrade", index)
    yield SimTastytradeWatchlist("Symbols/Classes", [entry("BRK/B", known.get("BRK/B"))], "tastytrade", len(made) + 1)


_HUB = ("SPY", "QQQ", "IWM", "DIA", "VIX", "GLD", "TLT", "EEM", "XLF", "XLE")
_PAIRS = (
    PairsWatchlist(
        "Index Pairs",
        1,
        [SimPairTrade("Buy", "SPY", 100, "Sell", "QQQ", 121), SimPairTrade("Buy", "DIA", 100, "Sell", "SPY", 76)],
    ),
    PairsWatchlist("Stocks/Sectors", 2, [SimPairTrade("Buy", "KO", 100, "Sell", "JNJ", 44)]),
)
