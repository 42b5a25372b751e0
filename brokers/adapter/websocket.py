"""A WebSocket to a venue, opened as every adapter opens its own."""

import contextlib
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection, connect

from brokers.adapter.http import USER_AGENT, is_loopback, require_tls, tls
from brokers.contract.broker import Guard

HANDSHAKE_S = 10.0
CLOSE_S = 0.5
"""How long a closing handshake may keep a cancelled link waiting: the venue should see us go before we come again."""
FRAME_MAX = 1 << 20
"""In bytes; a longer message ends the connection."""
GARBAGE_MAX = 10
"""So many unreadable messages in a row mean that the other end is not what it should be."""


@contextlib.asynccontextmanager
async def opened(
    url: str,
    guard: Guard,
    *,
    kind: type[ClientConnection] = ClientConnection,
    ping_s: float | None = None,
    headers: dict[str, str] | None = None,
    frame_max: int = FRAME_MAX,
    open_s: float = HANDSHAKE_S,
) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket to `url` and close it at the end. `ping_s` is the interval of WebSocket pings, if any.

    Raises NotOwner where this process must not, LinkLost for an address without TLS, and what `websockets.connect`
    raises.
    """
    require_tls(url)
    guard()
    async with connect(
        url,
        additional_headers=headers,
        user_agent_header=USER_AGENT,
        proxy=None if is_loopback(url) else True,
        compression=None,
        open_timeout=open_s,
        close_timeout=CLOSE_S,
        ping_interval=ping_s,
        max_size=frame_max,
        ssl=tls() if url.startswith("wss:") else None,
        create_connection=kind,
    ) as connection:
        yield connection
