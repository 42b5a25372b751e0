"""The WebSocket carrier: takes a client's messages to its socket in the hub, and ends it with a reason.

Dispatch is our own: Channels' costs a thread hop per message and answers an exception with 1011.
"""

import abc
import asyncio
import contextlib
import logging
import typing

import msgspec
from channels.consumer import AsyncConsumer

from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.hub.hub import Hub
from streaming.runtime import runtime
from streaming.sockets.credit import Credit
from streaming.sockets.socket import CloseReason, Socket
from streaming.transports.admission import SOMEBODY_ELSE, read_cursor, refusal
from streaming.transports.backpressure import line
from streaming.transports.responses import Message, Receive, Scope, Send
from streaming.wire import commands, frames, subscription
from streaming.wire.commands import BadMessageError, TokenBucket
from streaming.wire.frames import Close
from streaming.wire.subscription import Subscription, SubscriptionError, SubscriptionRequest, symbols

logger = logging.getLogger(__name__)

DISCONNECTED = "Disconnected"
"""The name of what Daphne raises for a client that is gone. Its class is Autobahn's, which no other server imports."""
LAST_WORD_S = 2.0
"""How long a client that is being closed may take for why."""


class StreamingConsumer(AsyncConsumer):  # type: ignore[misc]  # channels publishes no types
    """One WebSocket, in the plain dialect or in frames, as the client's subprotocol says."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        framed = frames.SUBPROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": frames.SUBPROTOCOL if framed else None})
        hub = runtime().hub
        gone = await self._admitted(hub, scope, framed, receive, send)
        if gone is not None:
            await send_close(gone, send)

    async def _admitted(self, hub: Hub, scope: Scope, framed: bool, receive: Receive, send: Send) -> CloseReason | None:
        """Serve who may stream; return why the socket is to be closed, or None when its client left."""
        if refused := refusal(scope, hub):
            return refused.gone
        try:
            name = scope["url_route"]["kwargs"].get("preset")
            begins = subscription.preset(name) if name else None
        except SubscriptionError as error:
            hub.counts.turned_away[error.code] += 1
            with contextlib.suppress(OSError):
                await carry(send, {"type": "websocket.send", "text": frames.error(error.code, error.detail)})
            return CloseReason(Close.FORBIDDEN, error.code)
        credit = Credit(hub.limits.window, hub.limits.window_bytes) if framed else None
        socket = Socket(scope["access"], credit, carrier="frames" if framed else "plain")
        dialect = FramesDialect(hub, socket, begins) if framed else PlainDialect(hub, socket, begins)
        return await serve(hub, socket, dialect, receive, send)


class RefuseConsumer(AsyncConsumer):  # type: ignore[misc]  # channels publishes no types
    """Refuses the handshake on a path where no socket lives."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": int(Close.FORBIDDEN)})


async def send_close(gone: CloseReason, send: Send) -> None:
    """Say why a socket ends. Who does not take even that is cut off: its server would wait for it for ever."""
    try:
        async with asyncio.timeout(LAST_WORD_S):
            await carry(send, {"type": "websocket.close", "code": int(gone.code), "reason": gone.reason})
    except TimeoutError:
        line(send).cut()
    except OSError:
        logger.debug("the client closed its socket by itself")


async def carry(send: Send, message: Message) -> None:
    """Send one message. Raises OSError when the client is gone, which each server says in its own words."""
    try:
        await send(message)
    except RuntimeError as error:
        if type(error).__name__ != DISCONNECTED and "websocket.close" not in str(error):
            raise
        raise ConnectionResetError("the client closed the socket") from error


async def serve(hub: Hub, socket: Socket, dialect: "Dialect", receive: Receive, send: Send) -> CloseReason | None:
    """Run one socket until the client leaves (None) or it is to be closed (the reason)."""
    tasks = Tasks(repr(socket))
    try:
        hub.enter(socket)
        dialect.start()
        writer = tasks.start(write(hub, socket, send), "writer")
        async with _until(writer, socket.gone):
            await read(socket, dialect, receive)
    except Exception:
        logger.exception("%r: its messages could not be read", socket)
        return CloseReason(Close.INTERNAL_ERROR, "internal error")
    finally:
        hub.leave(socket)
        await tasks.cancel()
    if socket.gone.done():
        return socket.gone.result()
    if not writer.cancelled() and writer.exception():
        return CloseReason(Close.INTERNAL_ERROR, "internal error")
    return None


@contextlib.asynccontextmanager
async def _until(*ends: "asyncio.Future[typing.Any]") -> typing.AsyncIterator[None]:
    """Break off what the block does as soon as one of `ends` is done. A task for the block would cost 2 KB a socket."""
    is_over = False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as block:

            def interrupt(_: object) -> None:
                if not is_over and not block.expired():
                    block.reschedule(asyncio.get_running_loop().time())

            for one in ends:
                one.add_done_callback(interrupt)
            try:
                yield
            finally:
                is_over = True
                for one in ends:
                    one.remove_done_callback(interrupt)


async def write(hub: Hub, socket: Socket, send: Send) -> None:
    """Send what there is to send until the client is gone."""
    with contextlib.suppress(OSError):
        async with contextlib.aclosing(socket.texts(hub.catch_up)) as texts:
            async for text in texts:
                await carry(send, {"type": "websocket.send", "text": text})


async def read(socket: Socket, dialect: "Dialect", receive: Receive) -> None:
    """Take messages until the client leaves. Bad ones are answered; only repeated abuse ends the socket."""
    loop = asyncio.get_running_loop()
    bucket = TokenBucket(dialect.hub.limits, loop.time())
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        if len(text or message.get("bytes") or "") > dialect.hub.limits.message_bytes:
            socket.close(Close.PROTOCOL_ERROR, "message too large")
            continue
        try:
            handle_text(dialect, text, bucket, loop.time())
        except (BadMessageError, SubscriptionError) as error:
            bucket.strike(loop.time())
            dialect.hub.counts.refused[error.code] += 1
            socket.send_text(frames.error(error.code, error.detail, getattr(error, "ref", None)))
            if bucket.spent:
                code = Close.RATE_LIMITED if error.code == "rate_limited" else Close.PROTOCOL_ERROR
                socket.close(code, "too many bad messages")


def handle_text(dialect: "Dialect", text: str | None, bucket: TokenBucket, now: float) -> None:
    """Take one message. Raises BadMessageError or SubscriptionError."""
    if text is None:
        raise BadMessageError("bad_message", "Messages are text, not bytes.")
    message = dialect.read(text)
    if isinstance(message, commands.Ack) and dialect.socket.acknowledge(message.seq):
        return  # one that says nothing new counts like any other message
    if not bucket.try_acquire(now):
        raise BadMessageError("rate_limited", "Too many messages; this one was not taken.", message.ref)
    try:
        dialect.handle_message(message)
    except SubscriptionError as error:
        raise BadMessageError(error.code, error.detail, message.ref) from error


class Dialect(abc.ABC):
    """What a client and this socket say to each other."""

    begins: Subscription
    """What is watched before the client says anything."""

    def __init__(self, hub: Hub, socket: Socket, preset: Subscription | None = None) -> None:
        self.hub = hub
        self.socket = socket
        if preset is not None:
            self.begins = msgspec.structs.replace(self.begins, topics=preset.topics)

    def start(self) -> None:  # noqa: B027 -- a dialect in which the client speaks first does nothing here
        """The client is here."""

    @abc.abstractmethod
    def read(self, text: str) -> typing.Any:
        """Read one message. Raises BadMessageError."""

    @abc.abstractmethod
    def handle_message(self, message: typing.Any) -> None:
        """Do what a message says. Raises SubscriptionError."""

    def pong(self) -> None:
        """Answer a ping."""
        self.socket.send_text(frames.pong(now_ms()))


class FramesDialect(Dialect):
    """Frames: hello, then welcome and frames."""

    begins = Subscription()

    def read(self, text: str) -> commands.FramesMessage:
        return commands.read_frames(text)

    def handle_message(self, message: commands.FramesMessage) -> None:
        view = self.socket.view
        match message:
            case commands.Ping():
                self.pong()
            case commands.Ack():
                pass
            case commands.Hello():
                if view is not None:
                    raise SubscriptionError("out_of_order", "hello comes once, first.")
                if message.person not in (None, self.socket.person):
                    self.socket.close(Close.SIGNED_OUT, SOMEBODY_ELSE)
                    return
                self.hub.join(self.socket, self.begins.plus(message.watch), read_cursor(message.cursor))
            case _ if view is None:
                raise SubscriptionError("out_of_order", "The first message is hello.")
            case commands.WatchCommand():
                self.hub.show(self.socket, view.minus(message.remove).plus(message.add))
            case commands.Rate():
                self.hub.show(self.socket, msgspec.structs.replace(view, pace_ms=message.interval_ms))


class PlainDialect(Dialect):
    """Plain: begins by itself, with the balance of the default account or a preset; the client subscribes to more."""

    begins = Subscription(dialect="plain", topics=frozenset({"balance"}))

    def start(self) -> None:
        self.hub.join(self.socket, self.begins)

    def read(self, text: str) -> commands.PlainMessage:
        return commands.read_plain(text)

    def handle_message(self, message: commands.PlainMessage) -> None:
        match message:
            case commands.Ping():
                self.pong()
            case commands.SubscribeQuotes():
                self._add(SubscriptionRequest(quotes=message.symbols))
                self._answer("subscribed", message.symbols)
            case commands.UnsubscribeQuotes():
                self._remove(SubscriptionRequest(quotes=message.symbols))
                self._answer("unsubscribed", message.symbols)
            case commands.Subscribe():
                self._add(message.watch)
                self.socket.send_text(frames.dumps({"type": "subscribed", "watch": message.watch}))
            case commands.Unsubscribe():
                self._remove(message.watch)
                self.socket.send_text(frames.dumps({"type": "unsubscribed", "watch": message.watch}))

    def _add(self, watch: SubscriptionRequest) -> None:
        """Watch more; what was watched already is told again, whole."""
        assert self.socket.view is not None  # noqa: S101 (a plain socket joined before its first message)
        self.hub.show(self.socket, self.socket.view.plus(watch), had=self.socket.view.minus(watch))

    def _remove(self, watch: SubscriptionRequest) -> None:
        assert self.socket.view is not None  # noqa: S101 (a plain socket joined before its first message)
        view = self.socket.view.minus(watch)
        self.hub.show(self.socket, view)
        self.socket.forget(view)

    def _answer(self, kind: str, texts: list[str]) -> None:
        asked = dict.fromkeys(symbol for text in texts for symbol in symbols([text]))
        self.socket.send_text(frames.dumps({"type": kind, "symbols": list(asked)}))
