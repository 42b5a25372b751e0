"""`GET /api/market/indices`: the hub's ten symbols as server-sent events."""

import asyncio
import secrets

from market import hub, serving
from market.serving import Texts
from streaming import admission
from streaming.admission import NotAdmittedError
from streaming.answers import Receive, Scope, Send
from streaming.clock import now_ms
from streaming.listeners import Listener
from streaming.runtime import runtime
from streaming.shared import Share
from streaming.watch import RefusedWatchError


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one client until it leaves."""
    found = runtime().hub
    try:
        access = admission.known(scope, found)
        try:
            with found.shares.listening(access, "hub", lambda: (hub.VIEW, hub.tell)) as (share, listener):
                await serving.serve(scope, receive, send, listener, lambda: _texts(share, listener))
        except RefusedWatchError as error:
            raise admission.of_watch(found, error) from error
    except NotAdmittedError as error:
        await admission.refuse(send, error.refusal)


async def _texts(share: Share, listener: Listener) -> Texts:
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
