"""A client that keeps what frames bring, over a real socket, with the moments they came."""

import asyncio
import contextlib
import json
import time

import websockets

from tests.support.eventually import OPEN_S

KEYS = {
    "quote": "symbol", "day": "symbol", "candle": "symbol", "balance": "account", "position": "symbol", "link": "link",
}  # fmt: skip


class Watcher:
    """Holds the slots of one person's stream; `async with` it."""

    def __init__(self, desk, cookie, **watch) -> None:
        self.desk = desk
        self.cookie = cookie
        self.watch = {"quotes": ["QQQ"], "topics": ["portfolio", "links"], **watch}
        self.slots: dict[tuple, dict] = {}
        self.moments: list[tuple[float, dict]] = []
        self.facts: list[dict] = []
        self.welcome: dict = {}
        self.is_whole = False
        """Whether what is kept just now came with a snapshot, which repeats what has not changed."""

    async def __aenter__(self):
        self._stack = contextlib.AsyncExitStack()
        self.socket = await self._stack.enter_async_context(
            websockets.connect(
                f"{self.desk.ws_url}/ws/streaming/",
                additional_headers={"Cookie": self.cookie},
                subprotocols=[websockets.Subprotocol("tapedeck.v1")],
                max_size=None,
                open_timeout=OPEN_S,
            )
        )
        await self.socket.send(json.dumps({"type": "hello", "watch": self.watch}))
        self._reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *error) -> None:
        self._reading.cancel()
        await self._stack.aclose()

    async def _read(self) -> None:
        async for text in self.socket:
            message = json.loads(text)
            if message["type"] == "welcome":
                self.welcome = message
            if message["type"] == "frame":
                self.is_whole = bool(message.get("snapshot"))
                if self.is_whole:
                    self.slots.clear()
                for item in message["state"]:
                    self._keep(item)
                self.facts += message.get("facts", [])
                await self.socket.send(json.dumps({"type": "ack", "seq": message["seq"]}))

    def _keep(self, item) -> None:
        self.moments.append((time.monotonic(), item))
        if item["type"] in KEYS:
            key = (item["type"], item[KEYS[item["type"]]])
            if item.get("gone"):
                self.slots.pop(key, None)
            else:
                self.slots.setdefault(key, {}).update(item)

    @property
    def link(self) -> dict:
        """The one link's slot."""
        return next((slot for key, slot in self.slots.items() if key[0] == "link"), {})

    def quote(self, symbol="QQQ") -> dict:
        return self.slots.get(("quote", symbol), {})

    @property
    def notices(self) -> list[str]:
        """The codes of the notices that came."""
        return [fact["code"] for fact in self.facts if fact["type"] == "notice"]

    def candle(self, symbol="QQQ") -> dict:
        return self.slots.get(("candle", symbol), {})

    def states(self, since=0.0) -> list[str]:
        """The states the link was said to be in, from a moment on."""
        return [i["state"] for at, i in self.moments if at >= since and i["type"] == "link" and "state" in i]

    def quoted(self, symbol, since) -> bool:
        """Whether a quote of `symbol` came after `since`."""
        return any(at > since and i["type"] == "quote" and i["symbol"] == symbol for at, i in reversed(self.moments))
