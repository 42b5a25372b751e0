"""No venue's answer is read without an end."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import typing

import httpx2
import pytest

from brokers.adapter import http
from brokers.adapter.http import (
    ANSWER_BYTES,
    AnswerTooLargeError,
    BoundedClient,
    client,
    read_bounded,
    require_tls,
    tls,
)
from brokers.contract.errors import LinkLost

pytestmark = pytest.mark.asyncio


@contextlib.asynccontextmanager
async def venue(head: bytes, body: bytes, repeat: int = 1) -> typing.AsyncIterator[tuple[str, list[bytes]]]:
    """Something that answers every request with this; yields where, and the heads of its requests."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + head + b"\r\n")
            for _ in range(repeat):
                writer.write(body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, family=socket.AF_INET)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def asked_once(url: str) -> httpx2.Response:
    async with client(url, {}, 20.0) as opened:
        return await opened.get("/")


async def test_an_answer_is_as_it_was_sent_packed_or_not():
    body = b'{"found": "' + b"x" * 100_000 + b'"}'
    async with venue(b"Content-Type: application/json\r\nX-Told: 1\r\n", body) as (url, asked):
        plain = await asked_once(url)
        assert b"Accept-Encoding: gzip\r\n" in asked[0]
    async with venue(b"Content-Encoding: gzip\r\nX-Told: 1\r\n", gzip.compress(body)) as (url, _):
        packed = await asked_once(url)
    for answer in (plain, packed):
        assert (answer.content, answer.json()["found"][:3], answer.headers["x-told"]) == (body, "xxx", "1")
        assert answer.request.url.path == "/"
        assert answer.is_success


async def test_a_small_answer_that_unpacks_without_an_end_is_refused():
    bomb = gzip.compress(bytes(12 * ANSWER_BYTES))
    assert len(bomb) < 250_000
    async with venue(b"Content-Encoding: gzip\r\n", bomb) as (url, _):
        with pytest.raises(AnswerTooLargeError, match="more than 16 MiB"):
            await asked_once(url)


async def test_an_answer_that_goes_on_for_ever_is_refused():
    async with venue(b"", b"x" * 65_536, 10_000) as (url, _):
        with pytest.raises(AnswerTooLargeError):
            await asked_once(url)


async def test_an_answer_packed_as_nobody_asked_for_is_refused():
    async with venue(b"Content-Encoding: br\r\n", b"\x8b\x03\x80found\x03") as (url, _):
        with pytest.raises(AnswerTooLargeError, match="nobody asked"):
            await asked_once(url)


async def test_what_a_hook_has_read_is_read_once_and_by_everybody():
    seen: list[bytes] = []

    async def hook(response: httpx2.Response) -> None:
        seen.append(await read_bounded(response))

    async with (
        venue(b"", b"found") as (url, _),
        BoundedClient(base_url=url, event_hooks={"response": [hook, hook]}, trust_env=False) as opened,
    ):
        assert (await opened.get("/")).content == b"found"
    assert seen == [b"found", b"found"]


async def test_what_is_streamed_is_left_to_its_reader():
    size = 0
    async with (
        venue(b"", b"x" * 65_536, 400) as (url, _),
        client(url, {}, 20.0) as opened,
        opened.stream("GET", "/") as response,
    ):
        async for part in response.aiter_raw():
            size += len(part)
    assert size == 400 * 65_536 > http.ANSWER_BYTES


@pytest.mark.parametrize("url", ["ws://venue.example/x", "http://192.0.2.1", "ws://127.0.0.1.example", "venue.example"])
async def test_an_address_without_tls_is_refused_unless_it_is_this_machines(url):
    with pytest.raises(LinkLost, match="without TLS"):
        require_tls(url)
    for good in (
        "wss://venue.example",
        "https://venue.example",
        "ws://127.0.0.1:1/x",
        "http://[::1]:1",
        "ws://localhost",
    ):
        require_tls(good)


async def test_a_venue_shows_a_certificate_for_its_name_and_speaks_tls_1_2_or_newer():
    context = tls()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.get_ca_certs(), "it trusts the authorities that everybody trusts"
