"""A bound on the pages that are made at once: each takes a thread, and strangers may ask for any number of them.

Who is signed in does not wait behind strangers. A browser that signed in here before shows a cookie that this desk
signed; what it asks for has places of its own, of which no single browser takes more than a third.
"""

import asyncio
import collections
import typing

from django.conf import settings
from django.http import parse_cookie

from accounts.auth import guesses
from streaming.transports.responses import App, Receive, Scope, Send, header, start_response

RETRY_S = 5
BUSY = b"<!doctype html><title>Busy</title><h1>This desk is busy</h1><p>Try again in a few seconds.</p>"


class PageLimits(typing.NamedTuple):
    """How many pages are made at once, how many more wait for a place, and for how long (s)."""

    at_once: int
    waiting: int
    wait_s: float


STRANGERS = PageLimits(12, 256, 8.0)
KNOWN = PageLimits(36, 256, 8.0)


class Places:
    """The places of one kind of visitor."""

    def __init__(self, limits: PageLimits) -> None:
        self._limits = limits
        self._free = asyncio.Semaphore(limits.at_once)
        self.taken = 0
        """How many have a place, or wait for one."""

    async def try_acquire(self) -> bool:
        """Take a place; False where none is to be had."""
        if self.taken >= self._limits.at_once + self._limits.waiting:
            return False
        self.taken += 1
        try:
            async with asyncio.timeout(self._limits.wait_s):
                await self._free.acquire()
        except BaseException as error:
            self.taken -= 1
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def give_back(self) -> None:
        """Leave a place."""
        self.taken -= 1
        self._free.release()


class BoundedPages:
    """`app`, as far as there are places."""

    def __init__(self, app: App, strangers: PageLimits = STRANGERS, known: PageLimits = KNOWN) -> None:
        self._app = app
        self._strangers, self._known = Places(strangers), Places(known)
        self._each = max(1, known.at_once // 3)
        self._of_browser: collections.Counter[str] = collections.Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or 503 where there is no place for it; what only echoes a request is not done."""
        if scope["method"] == "TRACE":
            await start_response(send, 405, {"Content-Length": "0"})
            await send({"type": "http.response.body", "body": b""})
            return
        browser = known_browser(scope)
        is_known = browser is not None and self._of_browser[browser] < self._each
        places = self._known if is_known else self._strangers
        if browser is not None:
            self._of_browser[browser] += 1
        try:
            if not await places.try_acquire():
                await busy(send)
                return
            try:
                await self._app(scope, receive, send)
            finally:
                places.give_back()
        finally:
            if browser is not None:
                self._of_browser[browser] -= 1
                if not self._of_browser[browser]:
                    del self._of_browser[browser]


def known_browser(scope: Scope) -> str | None:
    """Return the id of a browser that signed in here before; None of a stranger's."""
    cookies = parse_cookie(header(scope, b"cookie") or "")
    found = guesses.read(cookies.get(settings.KNOWN_BROWSER_COOKIE, ""))
    return None if found is None else found.id


async def busy(send: Send) -> None:
    """Ask a visitor to come again."""
    await start_response(send, 503, {"Content-Type": "text/html; charset=utf-8", "Retry-After": str(RETRY_S)})
    await send({"type": "http.response.body", "body": BUSY})
