"""Clients of the market side's streams of events, over real connections."""

import contextlib
import time
import typing

import httpx
import httpx_sse

from tests.plain_http import NO_TLS

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
