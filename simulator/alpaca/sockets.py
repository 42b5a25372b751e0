"""The streams of the simulated Alpaca: trade updates over WebSocket, and server-sent events with their past."""

import msgspec

from simulator.alpaca import http
from simulator.alpaca.format import FORBIDDEN, NOWHERE, TOO_MANY, SimAlpacaRefusal
from simulator.alpaca.streams import sse
from simulator.alpaca.streams.event_log import Topic
from simulator.alpaca.streams.sse import SimAlpacaFeed, SimAlpacaQuery
from simulator.alpaca.streams.websocket import SimAlpacaListener
from simulator.alpaca.venue import BROKER_PREFIX, PREFIX, STREAM_PATH, SimAlpaca, now
from simulator.asgi import (
    Answer,
    Flow,
    Message,
    Receive,
    Scope,
    Send,
    SimRequest,
    SimSocket,
    read_request,
    refuse_upgrade,
    send_answer,
)
from simulator.faults.actions import NO_JSON
from simulator.faults.corrupted_answers import BAD_GATEWAY

NORMAL = 1000
MOST_FEEDS = 25
"""So many streams of events one pair of keys may have open."""
EVENT_STREAM = "text/event-stream"
_MSGPACK = b"application/msgpack"


class Source(msgspec.Struct, frozen=True):
    """What is streamed at a path: a topic, with ids that are whole numbers or not, to people or to their broker."""

    topic: Topic
    is_old: bool = False
    is_broker: bool = True


SOURCES = {
    PREFIX + "/v2/events/trades": Source("trades", is_broker=False),
    BROKER_PREFIX + "/v2/events/trades": Source("trades"),
    BROKER_PREFIX + "/v2beta1/events/trades": Source("trades"),
    BROKER_PREFIX + "/v1/events/trades": Source("trades", is_old=True),
    BROKER_PREFIX + "/v1/events/accounts/status": Source("accounts", is_old=True),
    BROKER_PREFIX + "/v1/events/nta": Source("activities", is_old=True),
}
"""Every stream of events, by its path."""


class SimAlpacaWire(SimSocket):
    """A socket whose frames are binary, with JSON in them, or MessagePack where that is asked for."""

    is_packed = False
    is_text = False
    """Whether its frames are texts instead, as the documentation says of some."""

    async def _carry(self, text: str) -> None:
        if self.is_text and not self.is_packed:
            await super()._carry(text)
            return
        content = text.encode()
        if self.is_packed and text != NO_JSON:
            content = msgspec.msgpack.encode(msgspec.json.decode(text))
        await self._send({"type": "websocket.send", "bytes": content})

    def _read(self, message: Message) -> str:
        if not self.is_packed or message.get("bytes") is None:
            return super()._read(message)
        try:
            return msgspec.json.encode(msgspec.msgpack.decode(message["bytes"])).decode()
        except msgspec.MsgspecError:
            return ""  # no request at all


class EventFlow(Flow):
    """A stream of events. Who reads too slowly is told so, and what waited is thrown away."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send, lambda text: (text,))

    def _overflow(self) -> None:
        self.skip()

    def skip(self) -> None:
        """Throw away what waits to be sent, and say how many events that was."""
        count = len(self._outbox)
        self._outbox.clear()
        self.post(sse.dropped(count))


async def serve(venue: SimAlpaca, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket until it ends."""
    refused = _refused(venue, scope)
    if refused is not None:
        await receive()
        await refuse_upgrade(send, refused)
        return
    socket = SimAlpacaWire(scope, receive, send)
    socket.is_packed = (b"content-type", _MSGPACK) in scope["headers"]
    socket.is_text = bool(venue.faults.all("text_frames", (), now()))
    socket.mute_until = venue.faults.silence((), "updates", now())
    listener = SimAlpacaListener(socket.post, lambda id, secret: venue.find_listener(id, secret, socket.client[0]))
    venue.stats.opened["updates"] += 1

    def receive_text(raw: str) -> None:
        """Take what a client says. What makes no sense ends its stream."""
        if socket.closing_at is None and not listener.receive(raw):
            socket.close(NORMAL)
        socket.mute_until = max(socket.mute_until, venue.faults.silence(listener.accounts, "updates", now()))

    venue.listeners[listener] = socket
    try:
        await socket.serve(receive_text)
    finally:
        del venue.listeners[listener]
        venue.delivery.forget(listener)


def _refused(venue: SimAlpaca, scope: Scope) -> Answer | None:
    """Return how a handshake is refused, if it is."""
    if scope["path"] != STREAM_PATH:
        return NOWHERE
    fault = venue.faults.find("refuse_upgrade", (), now(), stream="updates")
    if fault is not None and fault.mode == "502":
        return BAD_GATEWAY
    return TOO_MANY if fault is not None or not venue.is_open_to(scope["client"][0]) else None


def is_stream(method: str, path: str) -> bool:
    """Whether a request is for a stream of events."""
    return method == "GET" and path in SOURCES


async def serve_events(venue: SimAlpaca, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one stream of events until it ends."""
    request = await read_request(scope, receive)
    venue.stats.requests[f"{request.method} {request.path}"] += 1
    source = SOURCES[request.path]
    asked = _asked(venue, request, source)
    venue.stats.statuses[asked.status if isinstance(asked, Answer) else 200] += 1
    if isinstance(asked, Answer):
        await send_answer(send, asked)
        return
    query, accounts = asked
    socket = EventFlow(scope, receive, send)
    socket.mute_until = venue.faults.silence(accounts or frozenset(), "events", now())
    feed = SimAlpacaFeed(query, accounts, socket.post, lambda: socket.close(NORMAL), of_account=source.is_broker)
    venue.stats.opened["events"] += 1
    feed.start(venue.records[source.topic], now())
    venue.feeds[feed] = source.topic, socket
    try:
        await socket.flow(EVENT_STREAM)
    finally:
        del venue.feeds[feed]
        venue.delivery.forget(feed)


def _asked(
    venue: SimAlpaca, request: SimRequest, source: Source
) -> tuple[SimAlpacaQuery, frozenset[str] | None] | Answer:
    """Return what a stream tells, and of which accounts (all, for the broker); or how it is refused."""
    owner = http.broker(venue, request) if source.is_broker else http.owner(venue, request)
    if isinstance(owner, Answer):
        venue.stats.unauthorised += 1
        return owner
    accounts = None if owner is None else owner.numbers
    if (fault := venue.faults.find("no_events", accounts or frozenset(), now())) is not None:
        return FORBIDDEN if fault.mode == "403" else NOWHERE
    fault = venue.faults.find("too_many", accounts or frozenset(), now())
    if fault or sum(feed.accounts == accounts for feed in venue.feeds) >= MOST_FEEDS:
        return TOO_MANY
    try:
        query = sse.read(dict(request.query), is_old=source.is_old)
    except SimAlpacaRefusal as refusal:
        return refusal.answer
    is_inclusive = bool(venue.faults.all("inclusive", accounts or frozenset(), now()))
    return msgspec.structs.replace(query, is_inclusive=is_inclusive), accounts
