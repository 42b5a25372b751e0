"""Alpaca's news over real sockets: the socket and `GET /v1beta1/news`, thin."""

import base64
import contextlib
import datetime

import orjson
from websockets.asyncio.server import ServerConnection, serve

from tests.news.sources.web_server import Answer, Asked, WebServer, json

KEY, SECRET = "PKTEST", "s3cret-that-nobody-must-see"
CREDENTIALS = {"key_id": KEY, "secret_key": SECRET}
BEGAN = datetime.datetime.now(datetime.UTC).replace(microsecond=0) - datetime.timedelta(hours=1)


def stamp(seconds: float) -> str:
    """Return a time so many seconds after BEGAN, as Alpaca writes it."""
    return f"{BEGAN + datetime.timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def row(number: int, at_s: float, updated_s: float | None = None, **more: object) -> dict[str, object]:
    """Return an article; `updated_s` makes it a revision."""
    return {
        "id": number,
        "headline": f"Headline {number} of {stamp(updated_s or at_s)}",
        "summary": "<p>Summary</p>",
        "author": "Benzinga Newsdesk",
        "created_at": stamp(at_s),
        "updated_at": stamp(updated_s or at_s),
        "url": f"https://www.benzinga.com/news/{number}",
        "content": "<p>CONTENT-MARKER</p>",
        "symbols": ["AAPL", "BRK.B"],
        "source": "benzinga",
        **more,
    }


class AlpacaServer:
    """Keeps every version of every article. `greeting` and `refusal` are messages instead of the usual ones."""

    def __init__(self) -> None:
        self.versions: list[dict[str, object]] = []
        self.web = WebServer()
        self.web.answers["/v1beta1/news"] = self._page
        self.socket = ""
        self.refusal: object = None
        self.is_mute = False
        self.before_page: object = None
        self.connected = 0
        self.sockets: set[ServerConnection] = set()

    @property
    def rest(self) -> str:
        return self.web.address

    @contextlib.asynccontextmanager
    async def running(self):
        async with self.web.running(), serve(self._serve, "127.0.0.1", 0) as server:
            self.socket = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1beta1/news"
            yield self

    async def publish(self, *rows: dict[str, object]) -> None:
        """Publish articles, to the sockets as well."""
        self.versions += rows
        await self.push([{"T": "n", **one} for one in rows])

    async def push(self, message: object) -> None:
        """Send a message to all that subscribed."""
        for socket in list(self.sockets):
            await socket.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def drop(self) -> None:
        """End every socket without a handshake."""
        for socket in list(self.sockets):
            socket.transport.abort()
        self.sockets.clear()

    async def _serve(self, socket: ServerConnection) -> None:
        self.connected += 1
        await socket.send('[{"T":"success","msg":"connected"}]')
        said = orjson.loads(await socket.recv())
        if self.refusal is not None or said != {"action": "auth", "key": KEY, "secret": SECRET}:
            await socket.send(
                orjson.dumps([self.refusal or {"T": "error", "code": 402, "msg": "auth failed"}]).decode()
            )
            return
        await socket.send('[{"T":"success","msg":"authenticated"}]')
        assert orjson.loads(await socket.recv()) == {"action": "subscribe", "news": ["*"]}
        if not self.is_mute:
            self.sockets.add(socket)
        await socket.send('[{"T":"subscription","news":["*"]}]')
        with contextlib.suppress(Exception):
            await socket.wait_closed()
        self.sockets.discard(socket)

    def _page(self, asked: Asked) -> Answer:
        """Answer as the real one does: the newest version of each, by the time of its edit."""
        if asked.headers.get("apca-api-secret-key") != SECRET:
            return json({"message": "forbidden."}, 403)
        if callable(self.before_page):
            self.before_page()
        newest = {one["id"]: one for one in self.versions}
        start = asked.query.get("start", "").replace("%3A", ":")[:19]
        rows = sorted(newest.values(), key=lambda one: (str(one["updated_at"]), one["id"]))
        rows = [one for one in rows if str(one["updated_at"])[:19] >= start]
        if asked.query.get("sort") == "desc":
            rows.reverse()
        begin = (
            int(base64.b64decode(asked.query["page_token"].replace("%3D", "="))) if "page_token" in asked.query else 0
        )
        end = begin + int(asked.query["limit"])
        token = base64.b64encode(str(end).encode()).decode() if end < len(rows) else None
        return json({"news": rows[begin:end], "next_page_token": token})
