"""What stands between a browser and its desk in the wild: a proxy that refuses, swallows, buffers and cuts."""

import asyncio
import contextlib
import types
import typing

from tests.support.loop_thread import LoopThread, end

Treatment = typing.Literal["pass", "refuse", "swallow", "mute", "drop"]
"""`refuse`: a page of its own with 403. `swallow`: no answer, ever. `mute`: the answer's head comes through, the
rest is kept. `drop`: the connection is reset, as by a machine on which nothing listens."""
Kind = typing.Literal["websocket", "sse", "poll", "view", "page"]
_KINDS: dict[str, Kind] = {"/ws/": "websocket", "/sse/": "sse", "/api/stream/poll": "poll", "/api/stream/view": "view"}
_REFUSAL = b"<!doctype html><title>Blocked</title><p>Blocked by your network."
_HEAD_END = b"\r\n\r\n"


class Middlebox(LoopThread):
    """A proxy in front of one desk, with an event loop in a thread of its own. Use it in a `with`.

    Each connection carries one request. `asked` is what was asked for until now, in order.
    """

    def __init__(self, desk_url: str) -> None:
        super().__init__()
        host, _, port = desk_url.removeprefix("http://").partition(":")
        self._desk = (host, int(port))
        self._treatments: dict[Kind, Treatment] = {}
        self._flows: dict[asyncio.Task[None], Kind] = {}
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.asked: list[tuple[Kind, str]] = []
        self.url = ""
        self.lets_keep = False
        """Whether pages are passed on as if they might be kept: browsers that do so come back to them as they were."""

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        self._server.close()
        await end(self._flows)

    def treat(self, **treatments: Treatment) -> None:
        """Treat requests of these kinds so from now on, and cut those that are open (but for `pass`)."""
        for kind, treatment in treatments.items():
            self._treatments[typing.cast(Kind, kind)] = treatment
            if treatment != "pass":
                self.cut(typing.cast(Kind, kind))

    def cut(self, *kinds: Kind) -> None:
        """Reset the open connections of these kinds; all of them, with none named."""
        self._call(end([flow for flow, kind in self._flows.items() if not kinds or kind in kinds]))

    def forget(self) -> None:
        """Cut everything, forget what was asked for and how anything was treated."""
        self._treatments = {}
        self.cut()
        self.asked = []

    @contextlib.contextmanager
    def holding(self) -> typing.Iterator[None]:
        """Keep back what the desk says meanwhile; what it is told goes through."""
        self._loop.call_soon_threadsafe(self._flowing.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flowing.set)

    def lose(self) -> None:
        """Keep back for ever what the desk says on the connections that are open now: as who slept finds them."""

        def forsake() -> None:
            self._flowing.clear()
            self._flowing = asyncio.Event()
            self._flowing.set()

        self._loop.call_soon_threadsafe(forsake)

    @contextlib.contextmanager
    def down(self) -> typing.Iterator[None]:
        """Let nothing through at all, as if the desk were not there."""
        before = dict(self._treatments)
        self.treat(websocket="drop", sse="drop", poll="drop", view="drop", page="drop")
        yield
        self._treatments = before

    def count(self, kind: Kind) -> int:
        """How often something of this kind was asked for."""
        return [asked for asked, _ in self.asked].count(kind)

    def open(self, kind: Kind) -> int:
        """How many connections of this kind are open now."""
        return list(self._flows.values()).count(kind)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flow = asyncio.current_task()
        assert flow is not None
        self._flows[flow] = "page"  # until it is known: browsers open some that they never use
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                head = await reader.readuntil(_HEAD_END)
                path = head.split(b" ", 2)[1].decode()
                kind = _kind(path)
                self.asked.append((kind, path))
                self._flows[flow] = kind
                await _TREATED[self._treatments.get(kind, "pass")](self, kind, head, reader, writer)
        finally:
            self._flows.pop(flow, None)
            writer.transport.abort()

    async def _refuse(self, _: Kind, __: bytes, ___: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = str(len(_REFUSAL)).encode()
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: ")
        writer.write(length + _HEAD_END + _REFUSAL)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def _swallow(self, _: Kind, __: bytes, reader: asyncio.StreamReader, ___: asyncio.StreamWriter) -> None:
        await reader.read()

    async def _drop(self, *_: object) -> None:
        """The end of every flow."""

    async def _pass(
        self, kind: Kind, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mute: bool = False
    ) -> None:
        desk_reader, desk_writer = await asyncio.open_connection(*self._desk)
        try:
            desk_writer.write(head if kind == "websocket" else _closing(head))
            asking = asyncio.ensure_future(_copy(reader, desk_writer))
            try:
                head = await desk_reader.readuntil(_HEAD_END)
                writer.write(head.replace(b"no-store", b"max-age=0") if self.lets_keep else head)
                if mute:
                    await _drain(desk_reader)
                else:
                    await _copy(desk_reader, writer, self._flowing)
                    writer.close()
                    await writer.wait_closed()
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
        finally:
            desk_writer.transport.abort()

    async def _mute(self, kind: Kind, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._pass(kind, head, reader, writer, mute=True)


_TREATED: types.MappingProxyType[Treatment, typing.Callable[..., typing.Awaitable[None]]] = types.MappingProxyType(
    {
        "pass": Middlebox._pass,
        "refuse": Middlebox._refuse,
        "swallow": Middlebox._swallow,
        "mute": Middlebox._mute,
        "drop": Middlebox._drop,
    }
)


def _kind(path: str) -> Kind:
    return next((kind for start, kind in _KINDS.items() if path.startswith(start)), "page")


def _closing(head: bytes) -> bytes:
    """Return a request's head that asks for no second request on its connection."""
    lines = [
        line for line in head.removesuffix(_HEAD_END).split(b"\r\n") if not line.lower().startswith(b"connection:")
    ]
    return b"\r\n".join([*lines, b"Connection: close"]) + _HEAD_END


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event | None = None
) -> None:
    while data := await reader.read(65_536):
        if flowing is not None:
            await flowing.wait()
        writer.write(data)
        await writer.drain()


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass
