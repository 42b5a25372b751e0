"""`GET /api/market/indices`: the hub's ten symbols as server-sent events."""

import asyncio
import secrets

from market import enquiring, hub, serving
from market.serving import Texts
from streaming.answers import Receive, Scope, Send
from streaming.clock import now_ms
from streaming.listeners import Listener
from streaming.runtime import runtime
from streaming.shared import Share


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one client until it leaves."""
    async with enquiring.refusing(send):
        found = runtime().hub
        access = enquiring.admitted(scope, found)
        with found.shares.listening(access, "hub", hub.Ten) as (share, listener):
            await serving.serve(scope, receive, send, listener, lambda: _texts(share, listener))


async def _texts(share: Share[hub.Ten], listener: Listener) -> Texts:
    """Yield what this client is told: at once that it is connected, then the quotes, and how the feed fares."""
    feed = hub.Feed(secrets.token_hex(8), now_ms())
    asyncio.get_running_loop().call_later(hub.UNLINKED_MS / 1000, listener.wake)
    yield serving.event(*feed.connected())
    while True:
        await listener.woken()
        text = serving.beats(listener)
        if share.known.is_set():
            text += "".join(serving.event(*one) for one in feed.hear(share.slots, share.waiting, now_ms()))
        news, listener.news = listener.news, {}
        text += "".join(serving.data(share.texts[name]) for name in news)
        if text:
            yield text
