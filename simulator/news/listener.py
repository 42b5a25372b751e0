"""One WebSocket of Alpaca's news: who listens, and to which symbols. Sans-IO.

Every message is an array. Nothing is told of what was before. Codes and texts of errors are those of the documentation
of the market data stream (docs.alpaca.markets, real-time stock data).
"""

import typing

import msgspec

from simulator.asgi import Json
from simulator.news.bodies import alpaca_message
from simulator.news.customers import SimNewsReader
from simulator.news.story import NewsItem

ALL = "*"
AUTH_S = 10.0
"""So long a socket may stay without signing in."""
NORMAL = 1000
ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    500: "internal error",
}
_FINAL = (402, 404, 406, 407, 500)
"""After these a socket is closed."""
_OTHER_CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "orderbooks")


class SimNewsListener:
    """One socket. `send` takes the text of a message, `find` returns a reader of these keys.

    `is_full` says whether that reader has another socket open. `at` is when it was opened, in seconds.
    """

    def __init__(
        self,
        send: typing.Callable[[str], None],
        find: typing.Callable[[str, str], SimNewsReader | None],
        is_full: typing.Callable[[SimNewsReader], bool],
        at: float,
    ) -> None:
        self.reader: SimNewsReader | None = None
        self.symbols: set[str] = set()
        self.is_over = False
        self.close_code = NORMAL
        self._send = send
        self._find = find
        self._is_full = is_full
        self._until = at + AUTH_S
        self.say({"T": "success", "msg": "connected"})

    @property
    def names(self) -> frozenset[str]:
        """What faults call whoever has signed in."""
        return frozenset() if self.reader is None else self.reader.names

    def say(self, *messages: Json) -> None:
        """Send messages as one array."""
        self._send(msgspec.json.encode(messages).decode())

    def fail(self, code: int) -> None:
        """Send an error. Some end the socket."""
        self.is_over = self.is_over or code in _FINAL
        self.say({"T": "error", "code": code, "msg": ERRORS.get(code, "error")})

    def check(self, at: float) -> bool:
        """Notice that nobody has signed in for too long. Returns whether the socket is over."""
        if self.reader is None and not self.is_over and at >= self._until:
            self.fail(404)
        return self.is_over

    def receive(self, raw: str) -> None:
        """Take what a client sends."""
        try:
            said = msgspec.json.decode(raw, type=dict[str, typing.Any])
        except msgspec.MsgspecError:
            self.fail(400)
            return
        action = said.get("action")
        if action == "auth":
            self.sign_in(str(said.get("key", "")), str(said.get("secret", "")))
        elif action not in ("subscribe", "unsubscribe"):
            self.fail(400)
        elif self.reader is None:
            self.fail(401)
        else:
            self._subscribe(said, is_more=action == "subscribe")

    def sign_in(self, key_id: str, secret_key: str) -> None:
        """Let somebody in, by a message or by the headers of the handshake."""
        if self.reader is not None:
            self.fail(403)
            return
        found = self._find(key_id, secret_key)
        if found is None:
            self.fail(402)
        elif self._is_full(found):
            self.fail(406)
        else:
            self.reader = found
            self.say({"T": "success", "msg": "authenticated"})

    def _subscribe(self, said: Json, *, is_more: bool) -> None:
        wanted = said.get("news")
        if wanted is None:
            self.fail(410 if any(name in said for name in _OTHER_CHANNELS) else 400)
            return
        if not isinstance(wanted, list) or not all(isinstance(symbol, str) for symbol in wanted):
            self.fail(400)
            return
        self.symbols = self.symbols | set(wanted) if is_more else self.symbols - set(wanted)
        self.say({"T": "subscription", "news": sorted(self.symbols)})

    def wants(self, item: NewsItem) -> bool:
        """Whether it listens to an item."""
        if self.is_over or not self.symbols:
            return False
        return ALL in self.symbols or any(symbol.replace("/", ".") in self.symbols for symbol in item.symbols)

    def send_item(self, item: NewsItem) -> None:
        """Send an item, or a revision of one, if it is listened to."""
        if self.wants(item):
            self.say(alpaca_message(item))
