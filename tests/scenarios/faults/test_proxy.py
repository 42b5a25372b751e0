"""The fault proxy does to a connection exactly what it is told, over TCP and over unix sockets."""

import asyncio
import contextlib
import pathlib
import time
import typing

import pytest

from tests.scenarios.faults.proxy import Proxy
from tests.support.eventually import aeventually, eventually

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Sends back what it is sent, in capitals, and says goodbye when nothing more comes."""

    def __init__(self, at: pathlib.Path | None) -> None:
        self.at = at
        self.last_received_at = b""
        self.ends: list[type[BaseException] | None] = []

    async def __aenter__(self) -> "Echo":
        if self.at:
            self._server = await asyncio.start_unix_server(self._serve, self.at)
            self.address: typing.Any = self.at
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.address = self._server.sockets[0].getsockname()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                self.last_received_at += data
                writer.write(data.upper())
                await writer.drain()
            writer.write(b"bye")
            writer.write_eof()
            self.ends.append(None)
        except OSError as error:
            self.ends.append(type(error))
        finally:
            writer.close()


@pytest.fixture(params=["tcp", "unix"])
async def between(request, tmp_path):
    """An echo, and a proxy in front of it."""
    unix = request.param == "unix"
    async with Echo(tmp_path / "echo" if unix else None) as echo:
        with Proxy(echo.address, tmp_path / "proxy" if unix else None, seed=1) as proxy:
            yield proxy, echo


@contextlib.asynccontextmanager
async def connected(proxy: Proxy) -> typing.AsyncIterator[Streams]:
    if isinstance(proxy.address, pathlib.Path):
        reader, writer = await asyncio.open_unix_connection(proxy.address)
    else:
        reader, writer = await asyncio.open_connection(*proxy.address)
    async with asyncio.timeout(10):
        yield reader, writer
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def test_untreated_bytes_come_through_as_they_are_with_their_end(between):
    proxy, echo = between
    async with connected(proxy) as (reader, writer):
        writer.write(b"hello" * 50_000)
        writer.write_eof()
        assert await reader.read(-1) == b"HELLO" * 50_000 + b"bye"
    assert echo.ends == [None]


async def test_latency_delays_each_way_and_does_not_add_up_over_chunks(between):
    proxy, _ = between
    proxy.treat(latency_s=0.1)
    async with connected(proxy) as (reader, writer):
        begun = time.monotonic()
        for _ in range(20):
            writer.write(b"a")
            await writer.drain()
        assert await reader.readexactly(20) == b"A" * 20
    assert 0.2 <= time.monotonic() - begun < 2.0


async def test_bandwidth_lets_so_many_bytes_through_a_second(between):
    proxy, _ = between
    proxy.treat("up", bytes_per_s=40_000)
    async with connected(proxy) as (reader, writer):
        begun = time.monotonic()
        writer.write(b"x" * 10_000)
        await reader.readexactly(10_000)
    assert 0.2 <= time.monotonic() - begun < 2.0


async def test_swallowed_bytes_never_come_out_and_neither_does_an_end_even_after_it(between):
    proxy, echo = between
    async with connected(proxy) as (reader, writer):
        writer.write(b"a")
        assert await reader.readexactly(1) == b"A"
        with proxy.treating(swallow=True):
            writer.write(b"b")
            await writer.drain()
            async with connected(proxy) as (other, asking):
                asking.write(b"c")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(other.read(1), 0.1)
        writer.write(b"d")
        writer.write_eof()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        async with connected(proxy) as (other, asking):
            asking.write(b"e")
            assert await other.readexactly(1) == b"E"
    assert echo.last_received_at == b"ae"


async def test_a_reset_ends_both_sides_without_a_goodbye(between):
    proxy, echo = between
    async with connected(proxy) as (reader, writer):
        writer.write(b"a")
        assert await reader.readexactly(1) == b"A"
        assert proxy.reset() == 1
        if isinstance(proxy.address, pathlib.Path):  # a unix socket knows no reset
            assert await reader.read(-1) == b""
        else:
            with pytest.raises(ConnectionError):
                await reader.read(-1)
        await aeventually(lambda: echo.ends)
    if not isinstance(proxy.address, pathlib.Path):
        assert echo.ends == [ConnectionResetError]
    eventually(lambda: proxy.open == 0)


async def test_one_way_can_be_ended_and_the_other_goes_on(between):
    proxy, _ = between
    async with connected(proxy) as (reader, writer):
        writer.write(b"a")
        assert await reader.readexactly(1) == b"A"
        assert proxy.half_close("up") == 1
        assert await reader.read(-1) == b"bye"


async def test_a_connection_is_cut_after_so_many_bytes(between):
    proxy, _ = between
    proxy.treat("down", cut_after=7)
    async with connected(proxy) as (reader, writer):
        writer.write(b"0123456789")
        got = b""
        with contextlib.suppress(ConnectionError):  # which may overtake the bytes
            while data := await reader.read(100):
                got += data
        assert got in (b"", b"0123456")


async def test_chunks_can_come_twice_or_with_one_wrong_bit(between):
    proxy, echo = between
    proxy.treat("up", duplicate=1.0)
    async with connected(proxy) as (reader, writer):
        writer.write(b"ab")
        assert await reader.readexactly(4) == b"ABAB"
    echo.last_received_at = b""
    proxy.treat("up", corrupt=1.0)
    async with connected(proxy) as (reader, writer):
        writer.write(b"abcd")
        await reader.readexactly(4)
    assert sum(bin(sent ^ heard).count("1") for sent, heard in zip(b"abcd", echo.last_received_at, strict=True)) == 1


async def test_while_it_refuses_nothing_connects_and_what_was_open_is_reset(between):
    proxy, _ = between
    async with connected(proxy) as (reader, writer):
        writer.write(b"a")
        assert await reader.readexactly(1) == b"A"
        with proxy.refusing():
            with contextlib.suppress(ConnectionError):
                assert await reader.read(-1) == b""
            with contextlib.suppress(ConnectionError):
                async with connected(proxy) as (other, asking):
                    asking.write(b"b")
                    assert await other.read(-1) == b""
    async with connected(proxy) as (reader, writer):
        writer.write(b"c")
        assert await reader.readexactly(1) == b"C"
