"""The connection under a stream, as far as ASGI says nothing of it: whether it takes anything, and how to cut it.

uvicorn holds `send` back while a client takes nothing, and waits for it for ever when the answer ends. Daphne never
holds back: it buffers whatever the client does not take. Of other servers nothing is known, and nothing is done.
"""

import asyncio
import functools
import socket
import struct
import typing

from streaming.transports.responses import App, Message, Receive, Scope, Send

AT_ONCE = struct.pack("ii", 1, 0)
"""Tells the kernel to end a connection with a reset, and not to keep what it has yet to deliver."""


class ClientConnection:
    """The connection under one request."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, message: Message) -> None:
        """Send one message, and wait while the client takes nothing. Raises OSError when it is gone."""
        await self._send(message)

    def cut(self) -> bool:
        """Drop the connection with all that waits to be sent. Returns whether that can be done here."""
        return False


class UvicornLine(ClientConnection):
    """A line under uvicorn, whose `send` belongs to an object that knows the transport."""

    def __init__(self, send: Send, transport: asyncio.Transport) -> None:
        super().__init__(send)
        self._transport = transport

    async def send(self, message: Message) -> None:
        """Send one message. Behind a request that a client sent too early, uvicorn does not say that it is gone."""
        if self._transport.is_closing():
            raise ConnectionResetError("the client is gone")
        await self._send(message)

    def cut(self) -> bool:
        if (connection := self._transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._transport.abort()
        return True


class DaphneLine(ClientConnection):
    """A line under Daphne, whose request is asked, as Twisted's producers are, to pause while its client is slow."""

    def __init__(self, send: Send, request: typing.Any) -> None:
        super().__init__(send)
        self._request = request
        self._flows = asyncio.Event()
        self._flows.set()
        self._registered = False

    async def send(self, message: Message) -> None:
        """Send one message, after what was sent before has left the buffer."""
        await self._flows.wait()
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if self._request.channel is None:
            raise ConnectionResetError("the client is gone")
        if last and self._registered:
            self._request.unregisterProducer()
        elif not last and not self._registered:
            self._request.registerProducer(self, True)
            self._registered = True
        await self._send(message)

    def cut(self) -> bool:
        if self._request.channel is not None:
            self._request.channel.transport.abortConnection()
        return True

    # What Twisted calls

    def pauseProducing(self) -> None:
        """The client is slow."""
        self._flows.clear()

    def resumeProducing(self) -> None:
        """It took what waited."""
        self._flows.set()

    def stopProducing(self) -> None:
        """It is gone."""
        self._flows.set()


def line(send: Send) -> ClientConnection:
    """Return the connection that a server's own `send` leads to."""
    if (transport := getattr(getattr(send, "__self__", None), "transport", None)) is not None:
        return UvicornLine(send, transport)
    if isinstance(send, functools.partial) and hasattr(send.args[0], "registerProducer"):
        return DaphneLine(send, send.args[0])
    return ClientConnection(send)


def on_line(app: App) -> App:
    """Return `app` with the line under each request in its scope. Stands before all that wraps `send`."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        found = line(send)
        await app({**scope, "line": found}, receive, found.send)

    return served
