"""One of many clients who see the same together (`streaming.sockets.shared_socket`)."""

import asyncio
import typing

from accounts.auth.access import Access
from streaming.sockets.socket import CloseReason
from streaming.wire.frames import Close


class SharedClient:
    """By what a client came in, what is news to it, and why it must end.

    There is no queue: `news` are names, and what they stand for is read when it is sent, so that a slow client gets the
    newest only. `gone` is resolved when it must end.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.news: dict[str, None] = {}
        self.beats = 0
        """Signs of life that are due."""
        self.sending_since: float | None = None
        self.gone: asyncio.Future[CloseReason] = asyncio.get_running_loop().create_future()
        self._awake = asyncio.Event()
        self._awake.set()

    def __repr__(self) -> str:
        return f"<Listener person={self.access.person} {len(self.news)} news>"

    def close(self, code: Close, reason: str) -> None:
        """Ask for this client to be sent away; the first reason counts."""
        if not self.gone.done():
            self.gone.set_result(CloseReason(code, reason))

    def wake(self) -> None:
        """Let it look again."""
        self._awake.set()

    async def woken(self) -> None:
        """Wait until there may be something to send."""
        await self._awake.wait()
        self._awake.clear()

    async def woken_or_gone(self) -> None:
        """Wait until there may be something to see, or it must end."""
        waking = asyncio.ensure_future(self._awake.wait())
        try:
            either: set[asyncio.Future[typing.Any]] = {waking, self.gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
        self._awake.clear()
