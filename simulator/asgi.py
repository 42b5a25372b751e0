"""The little ASGI the loopback venues need: a request, an answer, a socket with an outbox."""

import asyncio
import collections
import functools
import typing
import urllib.parse

import msgspec

Json = dict[str, typing.Any]
Scope = typing.MutableMapping[str, typing.Any]
Message = typing.MutableMapping[str, typing.Any]
Receive = typing.Callable[[], typing.Awaitable[Message]]
Send = typing.Callable[[Message], typing.Awaitable[None]]
Client = tuple[str, int]
"""The address and port a connection comes from."""

_BODILESS = (204, 304)
_OUTBOX_LIMIT = 5_000
TOO_MUCH = 1008
"""Close code of a client that keeps asking and never reads."""


class SimRequest(msgspec.Struct, frozen=True):
    """One HTTP request. `path` is decoded, so a `%2F` in it has become a slash; header names are lower case."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    address: str = ""
    """Where it comes from."""

    def all(self, name: str) -> list[str]:
        """Return every value of a query key, written `key`, `key[]` or as one comma list."""
        values = (value for key, value in self.query if key in (name, f"{name}[]"))
        return [part for value in values for part in value.split(",") if part]

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a query key."""
        return next((value for key, value in self.query if key == name), default)


class Answer(msgspec.Struct, frozen=True):
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    """Further ones, their names in lower case."""


class Unanswered(msgspec.Struct, frozen=True):
    """No answer at all: the connection is cut after so many seconds (None: never by this side)."""

    cut_after: float | None


class SimLines:
    """What can be done to the connection of a client's address, below WebSockets and HTTP. Here: nothing."""

    def cut(self, client: Client) -> None:
        """End it without a word."""

    def reset(self, client: Client) -> None:
        """End it with a TCP reset."""

    def freeze(self, client: Client) -> None:
        """Read nothing of it any more."""

    def thaw(self, client: Client) -> None:
        """Read it again."""


async def gone(receive: Receive) -> None:
    """Wait until the client has left a request unanswered."""
    while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
        pass


def json_answer(status: int, body: object) -> Answer:
    """Make an answer of a JSON-ready object."""
    return Answer(status, msgspec.json.encode(body))


async def read_request(scope: Scope, receive: Receive) -> SimRequest:
    """Read a whole request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return SimRequest(
        method=scope["method"],
        path=scope["path"],
        query=urllib.parse.parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
        address=scope["client"][0],
    )


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a whole answer. One without content says nothing of its type and length: RFC 9110, 8.6."""
    content = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    headers = [
        *(content if answer.status not in _BODILESS else ()),
        *((name.encode(), value.encode("latin-1")) for name, value in answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def refuse_upgrade(send: Send, answer: Answer) -> None:
    """Answer a WebSocket handshake with plain HTTP instead of accepting it."""
    headers = [(b"content-type", answer.content_type.encode())]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})


Outgoing = str | typing.Callable[[], list[str]]
"""A text, or something that renders its texts at the moment they can be sent (so that what waits is conflated)."""


class SimSocket:
    """One WebSocket of a client. `post` never blocks: a writer sends what waits, in order, as the client reads."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.client: Client = tuple(scope["client"])
        self._receive = receive
        self._send = send
        self._outbox: collections.deque[tuple[float, Outgoing]] = collections.deque()
        self._close_code: int | None = None
        self.closing_at: float | None = None
        """When the loop's clock saw it begin to close."""
        self._wake = asyncio.Event()
        self.sent_at = 0.0
        self.mute_until = 0.0
        """While the loop's clock is before this, everything that would be sent is lost."""
        self.late_s = self.late_until = 0.0
        """While the loop's clock is before `late_until`, everything leaves `late_s` seconds after it was posted."""

    def post(self, outgoing: Outgoing) -> None:
        """Send this as soon as what was posted before it is sent. A client that reads nothing is closed in the end."""
        moment, due = asyncio.get_running_loop().time(), 0.0
        if moment < self.late_until:
            due = moment + self.late_s
            outgoing = outgoing if isinstance(outgoing, str) else functools.partial(list, outgoing())
        self._outbox.append((due, outgoing))
        if len(self._outbox) > _OUTBOX_LIMIT:
            self._overflow()
        self._wake.set()

    def _overflow(self) -> None:
        """Do what becomes of a client that reads nothing."""
        self._outbox.clear()
        self.close(TOO_MUCH)

    def close(self, code: int) -> None:
        """Close after what was posted. The first code counts."""
        if self._close_code is None:
            self._close_code = code
            self.closing_at = asyncio.get_running_loop().time()
        self._wake.set()

    async def serve(self, hear: typing.Callable[[str], None]) -> None:
        """Accept, then carry texts both ways until either side closes."""
        await self._receive()
        await self._send({"type": "websocket.accept"})
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self._write())
            while (message := await self._receive())["type"] == "websocket.receive":
                hear(self._read(message))
            writer.cancel()

    def _read(self, message: Message) -> str:
        """Return the text of a frame."""
        text = message.get("text")
        return text if text is not None else str(message["bytes"], "utf-8", "replace")

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                while self._outbox:
                    due, outgoing = self._outbox.popleft()
                    if due > loop.time():
                        await asyncio.sleep(due - loop.time())
                    for text in (outgoing,) if isinstance(outgoing, str) else outgoing():
                        self.sent_at = loop.time()
                        if self.sent_at >= self.mute_until:
                            await self._carry(text)
                if self._close_code is not None:
                    await self._finish(self._close_code)
                    return
                self._wake.clear()
                await self._wake.wait()
        except OSError:
            return  # the client is gone; the reader is told so and ends this socket

    async def _carry(self, text: str) -> None:
        """Send one text."""
        await self._send({"type": "websocket.send", "text": text})

    async def _finish(self, code: int) -> None:
        """Say that this is all."""
        await self._send({"type": "websocket.close", "code": code})


class Flow(SimSocket):
    """An HTTP answer without an end that takes texts as a socket does. `cut` breaks a text into the chunks to send."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, cut: typing.Callable[[bytes], typing.Iterable[bytes]]
    ) -> None:
        super().__init__(scope, receive, send)
        self._cut = cut

    async def flow(self, content_type: str) -> None:
        """Answer 200 and send what is posted, until either side ends."""
        headers = [(b"content-type", content_type.encode())]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        writer, leaving = asyncio.ensure_future(self._write()), asyncio.ensure_future(gone(self._receive))
        try:
            await asyncio.wait((writer, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writer, leaving):
                task.cancel()
            await asyncio.gather(writer, leaving, return_exceptions=True)

    async def _carry(self, text: str) -> None:
        for chunk in self._cut(text.encode()):
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _finish(self, code: int) -> None:
        await self._send({"type": "http.response.body", "body": b""})
