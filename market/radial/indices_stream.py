"""`GET /api/market/indices`: the hub's ten symbols as server-sent events."""

import asyncio
import secrets

from lib.clock import now_ms
from market.api import requests, sse
from market.api.sse import Texts
from market.radial import markets
from streaming.runtime import runtime
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.shared_socket import SharedSubscription
from streaming.transports.responses import Receive, Scope, Send


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one client until it leaves."""
    async with requests.refusing(send):
        found = runtime().hub
        access = requests.admitted(scope, found)
        with found.shares.listening(access, "hub", markets.Ten) as (share, listener):
            await sse.serve(scope, receive, send, listener, lambda: _texts(share, listener))


async def _texts(share: SharedSubscription[markets.Ten], listener: SharedClient) -> Texts:
    """Yield what this client is told: at once that it is connected, then the quotes, and how the feed fares."""
    feed = markets.MarketFeed(secrets.token_hex(8), now_ms())
    asyncio.get_running_loop().call_later(markets.UNLINKED_MS / 1000, listener.wake)
    yield sse.event(*feed.connected())
    while True:
        await listener.woken()
        text = sse.beats(listener)
        if share.known.is_set():
            text += "".join(sse.event(*one) for one in feed.update(share.slots, share.waiting, now_ms()))
        news, listener.news = listener.news, {}
        text += "".join(sse.data(share.texts[name]) for name in news)
        if text:
            yield text
