"""One request to a model server: bounded in time and size, never redirected, closed as soon as nobody reads on."""

import asyncio
import contextlib
import datetime
import importlib
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

import httpx2

from assistant.chat.provider.errors import ProviderError
from assistant.chat.server import ModelServer
from brokers.adapter.http import USER_AGENT, is_loopback, tls
from lib.outbound.waits import retry_after_s

CONNECT_S = 3.0
SILENCE_S = 30.0
"""How long a server may say nothing: before its first byte, when it may load the model, and between two."""
ANSWER_BYTES = 1 << 20
RETRY_S = 5.0
"""The longest wait that a server may ask for and be asked again for the same question."""
PLACES, PLACE_S = 8, 10.0
"""Connections of one process at a time, and how long a question waits for one."""
_BUSY = (429, 503)
_TOO_LONG = (b"context_length_exceeded", b"context length", b"context size", b"context window", b"too many tokens")
_REFUSAL_BYTES = 16 * 1024
_AT_THE_FIRST_REQUEST = ("httpcore2", "httpcore2._backends.anyio", "anyio._backends._asyncio", "h11", "encodings.idna")

_places: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


class BrokenOffError(ProviderError):
    """The connection ended before the answer did."""


def prepare() -> None:
    """Do what the first request of a process would do, 100 ms of imports and certificates: call it in a thread."""
    tls()
    for name in _AT_THE_FIRST_REQUEST:
        importlib.import_module(name)


@contextlib.asynccontextmanager
async def connect(server: ModelServer, timeouts: httpx2.Timeout) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the server while the block runs. Nothing is connected yet."""
    await asyncio.to_thread(prepare)
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if server.api_key:
        headers["Authorization"] = f"Bearer {server.api_key}"
    async with httpx2.AsyncClient(
        headers=headers,
        verify=False if server.base_url.startswith("http:") else tls(),
        trust_env=not is_loopback(server.base_url),
        follow_redirects=False,
        timeout=timeouts,
    ) as client:
        yield client


@contextlib.contextmanager
def map_errors(server: ModelServer) -> Iterator[None]:
    """Turn what goes wrong on the way into ProviderError."""
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
        raise ProviderError("provider_unavailable", f"{server.host} cannot be reached.") from None
    except httpx2.TimeoutException:
        raise ProviderError("timeout", f"{server.host} said nothing for {SILENCE_S:g} s.") from None
    except TimeoutError:
        raise ProviderError("timeout", f"{server.host} did not answer in time.") from None
    except (httpx2.HTTPError, OSError):
        raise BrokenOffError("provider_error", f"{server.host} broke off.") from None


@contextlib.asynccontextmanager
async def hold_place(server: ModelServer) -> AsyncIterator[None]:
    """Hold one of the connections of this process. Raises ProviderError where none becomes free."""
    places = _places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(PLACES))
    try:
        async with asyncio.timeout(PLACE_S):
            await places.acquire()
    except TimeoutError:
        detail = f"{PLACES} questions wait for {server.host} already. Try again in a moment."
        raise ProviderError("provider_unavailable", detail, RETRY_S) from None
    try:
        yield
    finally:
        places.release()


@contextlib.asynccontextmanager
async def post(server: ModelServer, path: str, body: bytes, deadline: float) -> AsyncIterator[httpx2.Response]:
    """Ask, and give the answer whose body is still to come; it is closed with the block. `deadline`: the loop's clock.

    Raises ProviderError for any other answer than 200, after one more attempt where the server asks for it.
    """
    timeouts = httpx2.Timeout(SILENCE_S, connect=CONNECT_S)
    async with hold_place(server), connect(server, timeouts) as client:
        response = await _send(client, server, path, body, deadline)
        if (wait_s := _short_wait_s(response)) is not None:
            await response.aclose()
            await asyncio.sleep(wait_s)
            response = await _send(client, server, path, body, deadline)
        try:
            if response.status_code != 200:
                raise await _refusal(server, response, deadline)
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ProviderError("provider_error", f"{server.host} packs its answer, which was not asked for.")
            yield response
        finally:
            await response.aclose()


async def read_chunks(server: ModelServer, response: httpx2.Response, deadline: float) -> AsyncGenerator[bytes]:
    """Yield the body as it comes. Raises ProviderError where it is too long, too slow, or breaks off."""
    size = 0
    async with contextlib.aclosing(response.aiter_raw()) as chunks:
        while True:
            with map_errors(server):
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(chunks, None)
            if chunk is None:
                return
            size += len(chunk)
            if size > ANSWER_BYTES:
                raise ProviderError("provider_error", f"{server.host} answers without an end.")
            yield chunk


async def _send(
    client: httpx2.AsyncClient, server: ModelServer, path: str, body: bytes, deadline: float
) -> httpx2.Response:
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    request = client.build_request("POST", server.base_url + path, content=body, headers=headers)
    with map_errors(server):
        async with asyncio.timeout_at(deadline):
            return await client.send(request, stream=True)


def _wait_s(response: httpx2.Response) -> float | None:
    return retry_after_s(response.headers, datetime.datetime.now(datetime.UTC))


def _short_wait_s(response: httpx2.Response) -> float | None:
    """Return how long a busy server asks to wait, if the question may wait so long."""
    wait_s = _wait_s(response) if response.status_code in _BUSY else None
    return wait_s if wait_s is not None and wait_s <= RETRY_S else None


async def _refusal(server: ModelServer, response: httpx2.Response, deadline: float) -> ProviderError:
    """Return what an answer means that is none."""
    status, host = response.status_code, server.host
    match status:
        case 429:
            detail = f"{host} takes no more questions for now (HTTP 429)."
            return ProviderError("rate_limit_exceeded", detail, _wait_s(response))
        case 503:
            return ProviderError("provider_unavailable", f"{host} is busy (HTTP 503).", _wait_s(response))
        case 401 | 403:
            return ProviderError("provider_error", f"{host} refuses the key of this desk (HTTP {status}).")
        case 404:
            return ProviderError("provider_error", f"{host} has no model {server.model!r} there (HTTP 404).")
        case 400 | 413 | 422 if await _is_too_long(server, response, deadline):
            return ProviderError("context_length_exceeded", f"This is longer than {server.model!r} can read.")
        case _ if response.is_redirect:
            return ProviderError("provider_error", f"{host} sends the desk elsewhere, where it does not go.")
    return ProviderError("provider_error", f"{host} answers HTTP {status}.")


async def _is_too_long(server: ModelServer, response: httpx2.Response, deadline: float) -> bool:
    """Whether a refusal says that the prompt is longer than the context."""
    said = b""
    async with contextlib.aclosing(read_chunks(server, response, deadline)) as chunks:
        async for chunk in chunks:
            said += chunk
            if len(said) > _REFUSAL_BYTES:
                break
    return any(words in said.lower() for words in _TOO_LONG)
