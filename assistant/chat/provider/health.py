"""How the model server is, asked seldom."""

import asyncio
import time
import typing
import weakref

import httpx2
import msgspec

from assistant.chat.provider import connection
from assistant.chat.provider.context_watch import watch_of
from assistant.chat.provider.errors import ProviderError
from assistant.chat.server import ModelServer, model_server
from lib.clock import now_ms

INTERVAL_S = 15.0
"""How long what was found is told again."""
PATH = "/models"
UNCONFIGURED = "No model is configured."
ModelStatus = typing.Literal["ready", "unconfigured", "unreachable", "busy"]
_BUSY = (429, 503)


class ModelHealth(msgspec.Struct, frozen=True):
    """How a model server is, and since when that is known (ms). `host` is whom people's words go to.

    `detail` is a sentence for people where it is not `ready`, or is and a thing is odd.
    """

    status: ModelStatus
    provider: str | None
    model: str | None
    host: str | None
    is_simulated: bool
    latency_ms: int | None
    checked_at: int
    detail: str


class _Check(msgspec.Struct):
    """The last check within one event loop; `lock` lets one at a time ask."""

    lock: asyncio.Lock
    server: ModelServer | None = None
    due_at: float = 0.0
    found: ModelHealth | None = None


_checks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Check] = weakref.WeakKeyDictionary()


async def check_health() -> ModelHealth:
    """Return how the model server is; it is asked once in 15 s at most."""
    server = model_server()
    if server is None:
        return ModelHealth("unconfigured", None, None, None, False, None, now_ms(), UNCONFIGURED)
    check = _checks.setdefault(asyncio.get_running_loop(), _Check(asyncio.Lock()))
    if check.lock.locked() and check.found is not None and check.server == server:
        return check.found  # it is being asked
    async with check.lock:
        if check.found is None or check.server != server or time.monotonic() >= check.due_at:
            check.found = await _ask(server)
            check.server, check.due_at = server, time.monotonic() + INTERVAL_S
        return check.found


async def _ask(server: ModelServer) -> ModelHealth:
    begun = time.monotonic()
    try:
        status, detail = await _list_models(server)
    except ProviderError as error:
        status = "busy" if error.code == "timeout" else "unreachable"  # it was reached
        detail = error.detail
    if status == "ready":
        detail = detail or _cut(server)
    latency_ms = round((time.monotonic() - begun) * 1000) if status == "ready" else None
    return ModelHealth(
        status, server.provider, server.model, server.host, server.is_simulated, latency_ms, now_ms(), detail
    )


async def _list_models(server: ModelServer) -> tuple[ModelStatus, str]:
    """Ask which models there are. Raises ProviderError where the server cannot be reached, or breaks off."""
    deadline = asyncio.get_running_loop().time() + connection.CONNECT_S
    async with connection.connect(server, httpx2.Timeout(connection.CONNECT_S)) as client:
        with connection.map_errors(server):
            async with asyncio.timeout_at(deadline):
                response = await client.send(client.build_request("GET", server.base_url + PATH), stream=True)
        try:
            if response.status_code in _BUSY:
                return "busy", f"{server.host} is busy (HTTP {response.status_code})."
            if response.status_code != 200:
                return "unreachable", f"{server.host} answers HTTP {response.status_code}."
            parts = [chunk async for chunk in connection.read_chunks(server, response, deadline)]
        finally:
            await response.aclose()
    return "ready", _oddity(server, b"".join(parts))


def _cut(server: ModelServer) -> str:
    """Say that the server cuts prompts; nothing where it does not."""
    tokens = watch_of(server).cut_at
    if tokens is None:
        return ""
    wanted = f"give it and LLM_CONTEXT_TOKENS the same number (now {server.context_tokens})"
    return f"{server.host} seems to cut what it reads at {tokens} tokens; {wanted}."


def _oddity(server: ModelServer, raw: bytes) -> str:
    """Say that a list of models does not name the one that is asked; nothing where it does, or is no list."""
    try:
        names = {one["id"] for one in msgspec.json.decode(raw)["data"]}
    except (msgspec.MsgspecError, ValueError, RecursionError, KeyError, TypeError):
        return ""
    has_model = {server.model, f"{server.model}:latest"} & names
    return "" if has_model or not names else f"{server.host} lists no model {server.model!r}."
