"""Clients of the market side's streams of events, over real connections."""

import asyncio
import contextlib
import time
import typing

import httpx
import httpx_sse

from tests.support.desk import Visitor
from tests.support.plain_http import NO_TLS

INDICES = "/api/market/indices"


class Heard(typing.NamedTuple):
    """One event, and how many seconds after the request it came."""

    after_s: float
    event: str
    data: typing.Any


@contextlib.contextmanager
def listening(
    url: str, path: str, headers: typing.Mapping[str, str], **params: typing.Any
) -> typing.Iterator[typing.Iterator[Heard]]:
    """The events of one stream, as they come."""
    begun = time.monotonic()
    with (
        httpx.Client(verify=NO_TLS, base_url=url, timeout=30) as client,
        httpx_sse.connect_sse(client, "GET", path, params=params, headers=headers) as source,
    ):
        yield (Heard(time.monotonic() - begun, event.event, event.json()) for event in source.iter_sse())


def cookie(text: str) -> dict[str, str]:
    """The headers of somebody who is signed in."""
    return {"Cookie": text}


def bearer(secret: str) -> dict[str, str]:
    """The headers of a script with a token."""
    return {"Authorization": f"Bearer {secret}"}


async def asked_again_and_again(
    desk: Visitor, cookie: str, targets: typing.Iterable[str]
) -> typing.AsyncIterator[tuple[int, int]]:
    """Ask for one target after the other on one connection; yield each status with its Retry-After."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(desk.url.rpartition(":")[2]))
    for target in targets:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        fields = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        await reader.readexactly(int(fields["content-length"]))
        yield int(head.split()[1]), int(fields.get("retry-after", 0))
    writer.close()
