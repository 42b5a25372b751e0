"""`GET /api/options/chain/<symbol>/greeks`: rows around the money, with their Greeks, as server-sent events."""

import asyncio
import datetime
import secrets
import typing

import msgspec

from lib.clock import now_ms
from market.api import requests, sse
from market.api.sse import Texts
from market.chains import subscription
from market.chains.chain import MOST, ShownChain
from market.radial import markets
from streaming.runtime import runtime
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.shared_socket import SharedSubscription
from streaming.transports.responses import Receive, Scope, Send


class GreeksQuery(msgspec.Struct, frozen=True):
    """What stands in the URL: the day, the root where a day has several, and how many options are shown."""

    expiration: datetime.date
    root: str = ""
    rows: typing.Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 20


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one client until it leaves."""
    async with requests.refusing(send):
        found = runtime().hub
        access = requests.admitted(scope, found)
        symbol, asked = requests.symbol(scope), requests.question(scope, GreeksQuery)
        finding = subscription.listed(found, access.person, symbol, asked.expiration, asked.root.upper())
        listed = await requests.while_here(receive, finding)
        if listed is None:
            return
        with subscription.watching(found, access, symbol, listed, asked.rows) as (share, listener):
            await sse.serve(scope, receive, send, listener, lambda: _texts(share, listener, asked.rows))


async def _texts(share: SharedSubscription[ShownChain], listener: SharedClient, rows: int) -> Texts:
    """Yield what this client is told: its rows, at once and then those that changed, and how the feed fares."""
    chain = share.picture
    feed = markets.MarketFeed(secrets.token_hex(8), now_ms())
    asyncio.get_running_loop().call_later(markets.UNLINKED_MS / 1000, listener.wake)
    yield sse.event(*feed.connected())
    mine: frozenset[str] = frozenset()
    while True:
        await listener.woken()
        text = sse.beats(listener)
        if share.known.is_set():
            text += "".join(sse.event(*one) for one in feed.update(share.slots, share.waiting, now_ms()))
        before, mine = mine, chain.shown(rows)
        news, listener.news = listener.news.keys() & mine | (mine - before), {}
        told = sorted(news & share.texts.keys(), key=chain.place)
        mine -= news - share.texts.keys()
        text += "".join(sse.data(share.texts[name]) for name in told)
        if text:
            yield text
