"""`GET /api/options/volatility/<symbol>`: the implied volatility at the money of every expiration, as JSON.

One option an expiration is watched for a moment, however many ask. What was told is kept, and only what is not known is
asked for again: a venue may take a request for each.
"""

import collections
import weakref
from collections.abc import Collection, Iterator

import msgspec

from accounts.auth.access import Access
from lib.clock import now_ms
from lib.single_flight import SingleFlight
from market.api import requests
from market.chains import chain, listing
from streaming.board.board import Item
from streaming.hub.hub import Hub
from streaming.sockets.shared_socket import Slots
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames
from streaming.wire.subscription import Subscription

KEPT_MS = 300_000
"""How old the volatility of a day may be before its option is asked again."""
AGAIN_MS = 15_000
"""How soon a day is asked for again whose volatility was not told in time."""
PRICE_S, VALUES_S = 1.5, 2.5
"""How long the price of the underlying is waited for, and then the volatilities."""
KEPT = 64
"""Underlyings that are kept, at most."""

Day = tuple[str, str]
"""A date and a root."""


class Term(msgspec.Struct):
    """What is watched: the underlying, and one option for each day of which nothing is known."""

    underlying: str
    options: dict[Day, str] = {}

    @property
    def view(self) -> Subscription:
        """What must be watched for it."""
        options = frozenset(self.options.values())
        return Subscription(quotes=options | {self.underlying}, greeks=options, topics=frozenset({"links"}))

    def render_changes(self, slots: Slots, changed: Collection[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        """Tell nothing by itself: it is read as a whole."""
        yield from ()

    def has_price(self, slots: Slots) -> bool:
        """Whether it is known where the money is."""
        return chain.underlying_price(slots.get(("quote", self.underlying))) is not None

    def whole(self, slots: Slots) -> bool:
        """Whether every option has a volatility."""
        return all(("greeks", option) in slots for option in self.options.values())

    def read(self, slots: Slots) -> dict[Day, Item]:
        """Return what is known of each day: `iv` as a fraction a year, `at` in ms, `source`."""
        told = {day: slots.get(("greeks", option), {}) for day, option in self.options.items()}
        return {
            day: {"iv": greeks["iv"], "at": greeks.get("at"), "source": greeks.get("source")}
            for day, greeks in told.items()
            if greeks.get("iv") is not None
        }


class _KeptVolatility(msgspec.Struct):
    """What is known of an underlying's days, and when each was asked for, in ms."""

    told: dict[Day, Item] = {}
    asked: dict[Day, int] = {}

    def due(self, day: Day, now: int) -> bool:
        """Whether a day must be asked for."""
        return now - self.asked.get(day, 0) >= (KEPT_MS if day in self.told else AGAIN_MS)


class Volatilities:
    """Those of one hub, by person and underlying."""

    def __init__(self, found: Hub) -> None:
        self._hub = found
        self._flights: SingleFlight[str] = SingleFlight(found.tasks)
        self._kept: collections.OrderedDict[tuple[int, str], _KeptVolatility] = collections.OrderedDict()

    async def read(self, access: Access, symbol: str) -> str:
        """Return all days of an underlying as JSON. Raises RpcError and SubscriptionError."""
        return await self._flights.join((access.person, symbol), lambda: self._read(access, symbol))

    async def _read(self, access: Access, symbol: str) -> str:
        days = await listing.expirations(self._hub, access.person, symbol)
        kept = self._kept.setdefault((access.person, symbol), _KeptVolatility())
        self._kept.move_to_end((access.person, symbol))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        now = now_ms()
        due = {day for one in days if kept.due(day := (one["date"], one["root"]), now)}
        if due:
            kept.told.update(await self._watched(access, symbol, due))
            kept.asked.update(dict.fromkeys(due, now))
        return frames.dumps({"symbol": symbol, "at": now_ms(), "expirations": [_row(one, kept) for one in days]})

    async def _watched(self, access: Access, symbol: str, due: set[Day]) -> dict[Day, Item]:
        with self._hub.shares.listening(access, f"term {symbol}", lambda: Term(symbol)) as (share, listener):
            term = share.picture
            await requests.values(share, listener, term.has_price, PRICE_S)
            price = chain.underlying_price(share.slots.get(("quote", symbol)))
            text = await self._hub.enquiries.request(
                access.person, "near", [symbol, "" if price is None else repr(price)]
            )
            near: dict[Day, str] = {(day, root): option for day, root, option in msgspec.json.decode(text)}
            term.options = {day: option for day, option in near.items() if day in due}
            share.refresh()
            await requests.values(share, listener, term.whole, VALUES_S)
            return term.read(share.slots)


def _row(day: Item, kept: _KeptVolatility) -> Item:
    told = kept.told.get((day["date"], day["root"]), {"iv": None, "at": None, "source": None})
    return {"date": day["date"], "root": day["root"], "dte": day["dte"], **told}


_volatilities: "weakref.WeakKeyDictionary[Hub, Volatilities]" = weakref.WeakKeyDictionary()


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    await requests.serve(scope, receive, send, _find)


async def read_volatilities(found: Hub, access: Access, symbol: str) -> str:
    """Return the volatility of every expiration of a symbol as JSON. Raises RpcError and SubscriptionError."""
    volatilities = _volatilities.get(found)
    if volatilities is None:
        volatilities = _volatilities[found] = Volatilities(found)
    return await volatilities.read(access, symbol)


async def _find(found: Hub, access: Access, scope: Scope) -> str:
    return await read_volatilities(found, access, requests.symbol(scope))
