"""`GET /api/options/chain/<symbol>`: a whole expiration at a moment, as JSON.

However many ask, an expiration is watched and written once. A person has a few under way at the same time, so that a
storm of requests leaves room for what their pages watch; the others wait, or are told when to come again.
"""

import asyncio
import collections
import contextlib
import datetime
import typing
import weakref
from collections.abc import AsyncIterator

import msgspec

from accounts.auth.access import Access
from lib.single_flight import SingleFlight
from market.api import requests
from market.chains import subscription
from market.chains.chain import MOST, ShownChain, Slots
from market.radial import markets
from streaming.hub.hub import Hub
from streaming.rpc.client import RpcError
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames

AT_ONCE = 2
"""Expirations of one person read at the same time."""
WAIT_S = 8.0
"""How long one waits for its turn."""
VALUES_S = 2.5
"""How long values are waited for; what is not known then is null."""
FRESH_S = 1.0
"""How long an answer is good for others."""
KEPT = 32
"""Answers kept, at most."""

Key = tuple[int, str, datetime.date, str]


class SnapshotQuery(msgspec.Struct, frozen=True):
    """What stands in the URL: the day, and the root where a day has several."""

    expiration: datetime.date
    root: str = ""


class ChainSnapshots:
    """The readings of one hub."""

    def __init__(self, found: Hub) -> None:
        self._hub = found
        self._flights: SingleFlight[str] = SingleFlight(found.tasks)
        self._kept: collections.OrderedDict[Key, tuple[float, str]] = collections.OrderedDict()
        self._places: collections.defaultdict[int, asyncio.Semaphore] = collections.defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        self._waiting: collections.Counter[int] = collections.Counter()

    async def read(self, access: Access, symbol: str, asked: SnapshotQuery) -> str:
        """Return an expiration as JSON. Raises RpcError and SubscriptionError."""
        key = access.person, symbol, asked.expiration, asked.root.upper()
        until, text = self._kept.get(key, (0.0, ""))
        if asyncio.get_running_loop().time() < until:
            return text
        return await self._flights.join(key, lambda: self._read(access, key))

    async def _read(self, access: Access, key: Key) -> str:
        person, symbol, expiration, root = key
        async with self._place(person):
            listed = await subscription.listed(self._hub, person, symbol, expiration, root)
            with subscription.watching(self._hub, access, symbol, listed, MOST) as (share, listener):
                await requests.values(share, listener, share.picture.whole, VALUES_S)
                text = frames.dumps(answer(share.picture, share.slots))
        self._kept[key] = asyncio.get_running_loop().time() + FRESH_S, text
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return text

    @contextlib.asynccontextmanager
    async def _place(self, person: int) -> AsyncIterator[None]:
        """Wait for a place among the readings of `person`. Raises RpcError."""
        place = self._places[person]
        self._waiting[person] += 1
        try:
            try:
                async with asyncio.timeout(WAIT_S):
                    await place.acquire()
            except TimeoutError:
                raise RpcError("rate_limited", "Too many chains are asked for at once.", WAIT_S) from None
            try:
                yield
            finally:
                place.release()
        finally:
            self._waiting[person] -= 1
            if not self._waiting[person]:
                del self._waiting[person], self._places[person]


def answer(chain: ShownChain, slots: Slots) -> dict[str, typing.Any]:
    """Return what is told of an expiration: every option that is listed, by strike. `at` is in ms."""
    underlying = slots.get(("quote", chain.underlying), {"symbol": chain.underlying})
    quotes = [slots[slot] for one in chain.options if (slot := ("quote", one.symbol)) in slots]
    sources = [quote["source"] for quote in (*quotes, underlying) if "source" in quote]
    return {
        "symbol": chain.underlying,
        "expiration": chain.listed.date,
        "underlying": {**markets.quote(underlying), "at": underlying.get("at")},
        "at": max((quote["at"] for quote in (*quotes, underlying) if quote.get("at") is not None), default=None),
        "source": sources[0] if sources else None,
        "options": [chain.row(one.symbol, slots) for one in chain.options],
    }


_snapshots: "weakref.WeakKeyDictionary[Hub, ChainSnapshots]" = weakref.WeakKeyDictionary()


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    await requests.serve(scope, receive, send, _find)


async def read_chain(found: Hub, access: Access, symbol: str, asked: SnapshotQuery) -> str:
    """Return a whole expiration as JSON. Raises RpcError and SubscriptionError."""
    snapshots = _snapshots.get(found)
    if snapshots is None:
        snapshots = _snapshots[found] = ChainSnapshots(found)
    return await snapshots.read(access, symbol, asked)


async def _find(found: Hub, access: Access, scope: Scope) -> str:
    return await read_chain(found, access, requests.symbol(scope), requests.question(scope, SnapshotQuery))
