"""What uvicorn leaves to a proxy in front of it: connections whose clients waste, stall or break them.

A request has a size and a time; a handshake that cannot be read is answered; a client's bad text is no error of ours;
and who takes nothing more does not keep its connection.
"""

import asyncio
import struct
import time
import typing
import weakref

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import OPEN

HEAD_BYTES = 65_536
HEAD_S = 20.0
BODY_BYTES = 1_048_576
"""What a request may bring, at most. Django puts all of it on the disk before it asks who sends it."""
BODY_S = 30.0
FLUSH_S = 3.0
"""How long a client has to close a socket with us, and any one for what it has yet to take, before it is cut."""
FIRST_S = 0.5
"""How long a stop waits for the first request of a connection: it may be here already, and nobody has read it."""
TOO_SLOW = 4008
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_MUCH = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TEXT = 0x81
"""The first byte of a whole text."""
_SHORT, _MIDDLE, _LONG = struct.Struct("!BB"), struct.Struct("!BBH"), struct.Struct("!BBQ")
UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Requests(HttpToolsProtocol):
    """A connection for HTTP: the head of a request and what it brings are bounded, in size and in time."""

    _late: asyncio.TimerHandle | None = None
    _asked = _stopping = _refused = False
    _head_bytes = _body_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a head."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_S, self._refuse)

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take more of a request; uvicorn itself would collect a head without end."""
        if self._refused:
            return
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def shutdown(self) -> None:
        """Finish: a request that is being answered, or on its way on a connection that was not asked anything yet."""
        self._stopping = True
        if not self._asked:
            self.loop.call_later(FIRST_S, super().shutdown)
        else:
            super().shutdown()

    def on_message_begin(self) -> None:
        """Another request begins."""
        super().on_message_begin()
        self._in_head = True
        self._body_bytes = 0
        if self._late is None:
            self._late = self.loop.call_later(HEAD_S, self._refuse)

    def on_headers_complete(self) -> None:
        """Its head is here."""
        self._in_head = False
        self._head_bytes = 0
        self._in_time()
        if self._stopping and self._get_upgrade() is not None:
            self.limit_concurrency = 0  # no socket begins here any more: 503
        super().on_headers_complete()
        self._asked = True
        if self._stopping:
            self.cycle.keep_alive = False
        if self._get_upgrade() is None:
            self._late = self.loop.call_later(BODY_S, self._refuse)

    def on_body(self, body: bytes) -> None:
        """Hand on what it brings, as far as that may go."""
        self._body_bytes += len(body)
        if self._body_bytes <= BODY_BYTES:
            super().on_body(body)
        elif not self._refused:
            self._refuse(TOO_MUCH)

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._in_time()
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        """Count a socket as a connection, too: past the limit its handshake is answered as any request."""
        limit = self.limit_concurrency
        return super()._should_upgrade() and (limit is None or len(self.connections) < limit)

    def _refuse(self, answer: bytes = TOO_LATE) -> None:
        """Tell a client whose request took too long, or was too much: a cut would read as a broken network.

        What it sends yet is taken for a while: closed at once, the connection would be reset with the answer unread.
        """
        self._in_time()
        if self.transport.is_closing() or self._is_answering:
            self.transport.abort()
            return
        self._refused = True
        if not self._in_head:  # whoever waits for the rest of it need not
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(answer)
        self.transport.write_eof()
        self.flow.resume_reading()
        self._late = self.loop.call_later(FLUSH_S, self.transport.abort)

    @property
    def _is_answering(self) -> bool:
        """Whether something else is being said on this connection now."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        return self._in_head or bool(self.pipeline) or self.cycle.response_started

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Sockets(WebSocketsSansIOProtocol):
    """A connection for a WebSocket."""

    def data_received(self, data: bytes) -> None:
        """Take what a client sends; a handshake that cannot be read is refused, where uvicorn would wait for ever."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self._refuse()

    def shutdown(self) -> None:
        """End it; a client that closes it at this moment has had its answer, which uvicorn trips over."""
        if self.handshake_complete and not self.close_sent and self.conn.state is not OPEN:
            self.stop_keepalive()
            self.transport.close()
        else:
            super().shutdown()

    def handle_connect(self, event: Request) -> None:
        """Begin the handshake, unless its target is no ASCII, which uvicorn trips over."""
        if event.path.isascii():
            self.close_timeout = FLUSH_S
            super().handle_connect(event)
        else:
            self._refuse()

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message. A text takes the short way: `websockets` would build each frame through three objects."""
        text = message.get("text")
        if not text or message["type"] != "websocket.send" or not self._goes_as_it_is():
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected:
            raise ClientDisconnected()
        payload = str(text).encode()
        size = len(payload)
        if size < 126:
            head = _SHORT.pack(_TEXT, size)
        elif size < 65_536:
            head = _MIDDLE.pack(_TEXT, 126, size)
        else:
            head = _LONG.pack(_TEXT, 127, size)
        self.transport.write(head + payload)

    def _goes_as_it_is(self) -> bool:
        """Whether a text is nothing but a head and its bytes: the socket is open and nothing is to be deflated."""
        return self.handshake_complete and not self.close_sent and self.conn.state is OPEN and not self.conn.extensions

    def _refuse(self) -> None:
        """Answer a handshake that never reaches the application: as the parser said, else with 400."""
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()) or UNREADABLE)
        self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message on. One that is no UTF-8 ends with 1007; uvicorn would log a traceback too."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.fail(1007, "not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """End a socket that answers no ping: its client is too slow, which is no internal error."""
        self.pong_timer = None
        self.pending_ping_payload = None
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(TOO_SLOW, "it answers no ping")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()


class Cutter:
    """Cuts connections that cannot be closed because their clients take nothing: a close waits for them for ever."""

    def __init__(self) -> None:
        self._closing_since: weakref.WeakKeyDictionary[typing.Any, float] = weakref.WeakKeyDictionary()

    def cut(self, connections: typing.Iterable[typing.Any]) -> None:
        """Look at every connection; cut those that have been closing for longer than FLUSH_S."""
        now = time.monotonic()
        for connection in connections:
            transport = connection.transport
            if transport.is_closing() and now - self._closing_since.setdefault(connection, now) > FLUSH_S:
                transport.abort()
