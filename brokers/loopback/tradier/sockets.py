"""The WebSocket side of the simulated Tradier: the market stream. A session is all a client shows here."""

import asyncio
import typing

import msgspec

from brokers.loopback.asgi import Json, Receive, Scope, Send, Socket
from brokers.loopback.tradier.rest import split
from brokers.loopback.tradier.sessions import NOT_FOUND, TOO_MANY
from brokers.loopback.tradier.ticks import Payload
from brokers.loopback.tradier.venue import Tradier, now
from brokers.loopback.tradier.viewer import Viewer, Wants

REFUSED_S = 0.05
"""So long after its refusal a socket is closed."""
NORMAL = 1000


class Subscription(msgspec.Struct, rename="camel"):
    """The frame that starts a market stream over WebSocket, and changes its symbols. Each is complete in itself."""

    symbols: typing.Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    sessionid: str
    filter: tuple[Payload, ...] | None = None
    linebreak: bool = False
    valid_only: bool = True
    advanced_details: bool = False

    def wants(self, before: Wants) -> Wants:
        """Return what the stream shows from now on. Its filter cannot be changed after the start."""
        filter = before.filter if before.symbols else frozenset(self.filter) if self.filter else Wants(()).filter
        symbols = tuple(dict.fromkeys(symbol.strip() for symbol in self.symbols))
        return Wants(symbols, filter, self.linebreak, self.valid_only, self.advanced_details)


async def serve(venue: Tradier, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket until it ends."""
    environment, _ = split(scope["path"])
    socket = Socket(scope, receive, send)
    venue.stats.opened["market"] += 1
    viewer = Viewer(venue.market, venue.names, lambda said: carry(socket, viewer.wants, said))
    venue.viewers[viewer] = socket

    def hear(raw: str) -> None:
        if socket.closing_at is None:
            _hear(venue, viewer, socket, raw, is_sandbox=environment == "sandbox")

    try:
        await socket.serve(hear)
    finally:
        del venue.viewers[viewer]


def carry(socket: Socket, wants: Wants, said: list[Json]) -> None:
    """Send what is said in one frame of lines, or in a frame for each."""
    if wants.linebreak:
        socket.post(b"".join(msgspec.json.encode(each) + b"\n" for each in said).decode())
        return
    for each in said:
        socket.post(msgspec.json.encode(each).decode())


def _hear(venue: Tradier, viewer: Viewer, socket: Socket, raw: str, *, is_sandbox: bool) -> None:
    """Take a subscription. A frame that is none ends the stream."""
    try:
        asked = msgspec.json.decode(raw, type=Subscription)
    except msgspec.MsgspecError:
        socket.close(NORMAL)
        return
    session = None if is_sandbox else venue.sessions.find(asked.sessionid, "market", now())
    if session is None or session.token.environment == "sandbox":
        refuse(socket, NOT_FOUND)
    elif venue.is_taken(session, viewer):
        refuse(socket, TOO_MANY)
    else:
        viewer.show(session, asked.wants(viewer.wants), now())


def refuse(socket: Socket, words: str) -> None:
    """Say what is wrong and close a moment later."""
    socket.post(msgspec.json.encode({"error": words}).decode())
    asyncio.get_running_loop().call_later(REFUSED_S, socket.close, NORMAL)
