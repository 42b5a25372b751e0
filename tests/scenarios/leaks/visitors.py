"""Who comes to a desk and goes again: by every carrier, politely or cut off in the middle, and with links."""

import asyncio
import itertools
import json
import typing

import httpx

from tests.support.desk import Desk
from tests.support.eventually import aeventually
from tests.support.raw_websocket import SUBPROTOCOL, TEXT, Raw, close, head, text, upgrade
from tests.support.watcher import Watcher

AT_ONCE = 12
WATCH = json.dumps({"quotes": ["QQQ", "SPY"], "topics": ["portfolio", "links"]})
HELLO = text('{"type":"hello","watch":' + WATCH + "}")
TRIES = 3
WITHIN_S = 60.0
"""Long enough for a machine so busy that the desk loses its lease meanwhile."""

CUSTOMER: dict[str, typing.Any] = {
    "client_secret": "s" * 40, "refresh_token": "r" * 40, "accounts": [{"number": "5WX00009"}]
}  # fmt: skip
"""Somebody at the venue whom nobody has linked yet."""

Visit = typing.Callable[[Desk, str], typing.Awaitable[None]]


async def _until(raw: Raw, part: bytes) -> None:
    """Read messages until one has `part` in it."""
    while True:
        opcode, payload = await raw.frame()
        if opcode == TEXT and part in payload:
            return


async def frames(desk: Desk, cookie: str) -> None:
    """Stream in frames until the first, and say goodbye."""
    async with await Raw.open(desk.url, cookie, SUBPROTOCOL) as raw:
        raw.send(HELLO)
        await _until(raw, b'"type":"frame"')
        raw.send(close())
        assert await raw.end() == 1000


async def plain(desk: Desk, cookie: str) -> None:
    """Stream without frames until a first message, and say goodbye."""
    async with await Raw.open(desk.url, cookie) as raw:
        raw.send(text('{"type":"subscribe","symbols":["QQQ"]}'))
        await raw.frame()
        raw.send(close())
        assert await raw.end() == 1000


async def cut_in_the_stream(desk: Desk, cookie: str) -> None:
    """Stream until the first frame, and leave with a reset."""
    async with await Raw.open(desk.url, cookie, SUBPROTOCOL) as raw:
        raw.send(HELLO)
        await _until(raw, b'"type":"frame"')


async def cut_after_hello(desk: Desk, cookie: str) -> None:
    """Say hello, and leave with a reset before it is answered."""
    async with await Raw.open(desk.url, cookie, SUBPROTOCOL) as raw:
        raw.send(HELLO)
        await asyncio.sleep(0)


async def cut_in_the_handshake(desk: Desk, cookie: str) -> None:
    """Ask for a WebSocket, and leave before the answer."""
    async with await Raw.connect(desk.url) as raw:
        raw.send(head(desk.url, upgrade(cookie, SUBPROTOCOL)))
        await raw.writer.drain()


async def events(desk: Desk, cookie: str) -> None:
    """Read server-sent events until the first frame, and leave: there is no other way to."""
    async with await Raw.connect(desk.url) as raw:
        target = str(httpx.URL("/sse/streaming/", params={"watch": WATCH})).encode()
        raw.send(head(desk.url, [b"Cookie: " + cookie.encode()], target))
        assert await raw.status() == 200
        await raw.reader.readuntil(b"event: frame")


async def poll(desk: Desk, cookie: str) -> None:
    """Poll once."""
    await _poll(desk, cookie, b"0")


async def cut_in_a_poll(desk: Desk, cookie: str) -> None:
    """Begin a poll that waits, and leave."""
    async with await Raw.connect(desk.url) as raw:
        raw.send(head(desk.url, [b"Cookie: " + cookie.encode()], _polled(b"20")))
        await raw.writer.drain()


def _polled(wait_s: bytes) -> bytes:
    target = httpx.URL("/api/stream/poll/", params={"watch": WATCH, "wait_s": wait_s.decode()})
    return str(target).encode()


async def _poll(desk: Desk, cookie: str, wait_s: bytes) -> None:
    async with await Raw.connect(desk.url) as raw:
        raw.send(head(desk.url, [b"Cookie: " + cookie.encode(), b"Connection: close"], _polled(wait_s)))
        assert await raw.status() == 200
        assert b'"frames"' in await raw.reader.read()


VISITS: tuple[Visit, ...] = (
    frames, cut_in_the_stream, plain, events, frames, cut_after_hello, poll, cut_in_the_handshake, events, cut_in_a_poll
)  # fmt: skip


async def come_and_go(desk: Desk, cookies: typing.Sequence[str], visits: int) -> None:
    """Let so many visitors come and go, some of each kind, a dozen at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def visit(one: Visit, cookie: str) -> None:
        async with room, asyncio.timeout(WITHIN_S):
            await one(desk, cookie)

    kinds, people = itertools.cycle(VISITS), itertools.cycle(cookies)
    async with asyncio.TaskGroup() as group:
        for _ in range(visits):
            group.create_task(visit(next(kinds), next(people)))


class Linker:
    """Links CUSTOMER's grant on the pages, and removes it, as who is signed in in `browser`; watches what streams."""

    def __init__(self, desk: Desk, browser: httpx.Client) -> None:
        browser.timeout = httpx.Timeout(WITHIN_S)
        browser.headers["Connection"] = "close"  # each request may go to another process
        self._desk = desk
        self._browser = browser
        self._secrets = {name: CUSTOMER[name] for name in ("client_secret", "refresh_token")}

    async def cycle(self, times: int) -> None:
        """Link, stream, link again, stream, and remove; so many times."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._browser.cookies.items())
        async with Watcher(self._desk, cookie, topics=["links"]) as watcher:
            await aeventually(lambda: _links(watcher, set()), within=WITHIN_S)
            for number in range(times):
                await self._once(watcher, f"cycle {number}")

    async def _once(self, watcher: Watcher, label: str) -> None:
        known = set(watcher.slots)
        await self._post("/accounts/links/tastytrade", environment="simulated", label=label, **self._secrets)
        await aeventually(lambda: _links(watcher, known), within=WITHIN_S)
        (key,) = _links(watcher, known)
        await self._live(watcher, key, 0)
        refreshes = watcher.slots[key].get("since", 0)
        await self._post(f"/accounts/links/{key[1]}/relink", **self._secrets)
        await self._live(watcher, key, refreshes)
        await self._post(f"/accounts/links/{key[1]}/remove", label=label)
        await aeventually(lambda: key not in watcher.slots, within=WITHIN_S)

    async def _live(self, watcher: Watcher, key: tuple[str, str], since: int) -> None:
        def live() -> bool:
            link = watcher.slots.get(key, {})
            return link.get("state") == "live" and link.get("since", 0) > since

        await aeventually(live, within=WITHIN_S, saying=lambda: watcher.slots.get(key))

    async def _post(self, path: str, **fields: str) -> None:
        """Send a form; where the venue did not answer in time, again, as the page says."""
        form = {**fields, "csrfmiddlewaretoken": self._browser.cookies["csrftoken"]}
        for _ in range(TRIES):
            answer = await asyncio.to_thread(self._browser.post, path, data=form)
            if answer.status_code == 302:
                return
            assert "Try again later" in answer.text, f"{path}: {answer.status_code}\n{answer.text[-1500:]}"
        raise AssertionError(f"{path}: the venue never answered in time")


def _links(watcher: Watcher, known: set[tuple]) -> list[tuple[str, str]]:
    return [key for key in watcher.slots if key[0] == "link" and key not in known]
