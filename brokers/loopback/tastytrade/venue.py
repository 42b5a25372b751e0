"""The simulated tastytrade: one market and its people behind OAuth, REST, DXLink and the account stream."""

import asyncio
import re
import time

from brokers.loopback import accounts
from brokers.loopback.accounts import Account, Customer
from brokers.loopback.asgi import Answer, Json, Receive, Request, Scope, Send, Socket, refuse_upgrade
from brokers.loopback.faults import Faults
from brokers.loopback.market import Changes, Market
from brokers.loopback.surface import Surface
from brokers.loopback.tastytrade import oauth, people, routes
from brokers.loopback.tastytrade.channels import text
from brokers.loopback.tastytrade.dxlink import Dialogue, Ticket, Watchers
from brokers.loopback.tastytrade.feed import MARKET_TYPES, OPTION_TYPES, UNDERLYING, Feed, Values
from brokers.loopback.tastytrade.stats import Stats
from brokers.loopback.tastytrade.stream import Listener, notification
from brokers.loopback.tastytrade.symbols import parse_streamer
from brokers.loopback.tastytrade.wording import HTML_401, HTML_502, Refusal

DXLINK_PATH = "/dxlink/"
_AGENT = re.compile(r"[^\s/]+/\S+")
_OPTION_S = 1.0
"""Seconds of market time between two valuations of a watched option."""
_UNDERLYING_S = 2.0
_CHECK_S = 0.1
_ACCOUNT_S = 1.2
"""Seconds between two notifications about one account."""


class Tastytrade:
    """The venue's whole state. `pump` moves it; the handlers answer from it."""

    def __init__(self, market: Market, surface: Surface, customers: list[Customer], token_lifetime: float) -> None:
        self.market = market
        self.surface = surface
        self.customers = customers
        self.feed = Feed(market, surface)
        self.watchers = Watchers()
        self.faults = Faults()
        self.stats = Stats()
        self.access = oauth.Tokens(token_lifetime)
        self.quotes = oauth.Tokens(oauth.QUOTE_TOKEN_S)
        self.dialogues: dict[Dialogue, Socket] = {}
        self.listeners: dict[Listener, Socket] = {}
        self.address = "127.0.0.1:0"
        self._api = routes.Api(market, surface, self._quote_token)
        self._checked_at = 0.0
        self._told_at = 0.0
        self._revisions: dict[str, tuple[int, float]] = {}
        self._underlyings: dict[str, float] = {}

    @property
    def is_watched(self) -> bool:
        """Whether any socket is open."""
        return bool(self.dialogues or self.listeners)

    # REST

    async def http(self, request: Request) -> Answer:
        """Answer one REST request."""
        answer = await self._answer(request)
        self.stats.requests[f"{request.method} {request.path}"] += 1
        self.stats.statuses[answer.status] += 1
        return answer

    async def _answer(self, request: Request) -> Answer:
        if not _AGENT.match(request.headers.get("user-agent", "")):
            return HTML_401
        if request.path == "/oauth/token" and request.method == "POST":
            return await self._token(request)
        customer = self.holder(request.headers.get("authorization", "").removeprefix("Bearer "))
        if customer is None:
            self.stats.unauthorised += 1
            return routes.UNAUTHORISED
        try:
            return self._api.answer(request, customer)
        except Refusal as refusal:
            return refusal.answer

    async def _token(self, request: Request) -> Answer:
        form = oauth.read_form(request)
        grants = {customer.refresh_token: customer for customer in self.customers}
        known = grants.get((form or {}).get("refresh_token", ""))
        judged = oauth.judge(form, grants)
        name = known.accounts[0].number if known else "unknown"
        self.stats.token(name, ok=isinstance(judged, Customer), at=wall_ms())
        if isinstance(judged, Answer):
            return judged
        return oauth.granted(self.access.issue(judged, now()), self.access.lifetime)

    def holder(self, token: str) -> Customer | None:
        """Return whose access token this is, if it is valid now."""
        return self.access.holder(token, now())

    def _quote_token(self, customer: Customer) -> Json:
        speed = "delayed" if customer.level == "demo" else "realtime"
        return {
            "token": self.quotes.issue(customer, now()),
            "dxlink-url": f"ws://{self.address}{DXLINK_PATH}{speed}",
            "level": customer.level,
        }

    def _ticket(self, token: str) -> Ticket | None:
        customer = self.quotes.holder(token, now())
        if customer is None:
            return None
        return Ticket(customer.id, frozenset(account.number for account in customer.accounts))

    # Sockets

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket: DXLink below its path, the account stream anywhere else."""
        stream = "dxlink" if scope["path"].startswith(DXLINK_PATH) else "alerts"
        if self.faults.find("refuse_upgrade", (), now(), stream=stream):
            await receive()
            await refuse_upgrade(send, HTML_502)
            return
        self.stats.opened[stream] += 1
        socket = Socket(scope, receive, send)
        if stream == "dxlink":
            await self._serve_dxlink(socket)
        else:
            await self._serve_alerts(socket)

    async def _serve_dxlink(self, socket: Socket) -> None:
        dialogue = Dialogue(socket, self.feed, self.watchers, self._ticket, self.faults, now())
        self.dialogues[dialogue] = socket
        try:
            await socket.serve(lambda raw: dialogue.hear(raw, now()))
        finally:
            del self.dialogues[dialogue]
            dialogue.end()

    async def _serve_alerts(self, socket: Socket) -> None:
        listener = Listener(socket, self.holder, now())
        self.listeners[listener] = socket
        try:
            await socket.serve(lambda raw: listener.hear(raw, now()))
        finally:
            del self.listeners[listener]

    # Time

    def pump(self, seconds: float) -> None:
        """Let `seconds` of market time pass, and tell whoever watches."""
        at, moment = wall_ms(), now()
        self.apply(self.market.advance(seconds, at))
        self._value_options(moment)
        for dialogue in self.dialogues:
            dialogue.flush_due(moment)
        if moment - self._checked_at >= _CHECK_S:
            self._checked_at = moment
            for dialogue in self.dialogues:
                dialogue.check(moment)
            for listener in self.listeners:
                listener.check(moment)
        if moment - self._told_at >= _ACCOUNT_S:
            self._told_at = moment
            self._tell_accounts(at)

    def apply(self, changes: Changes) -> None:
        """Pass on what moved on the tapes."""
        for kind, moved in (("Quote", changes.quotes), ("Trade", changes.trades), ("Summary", changes.days)):
            for symbol in moved:
                self.touch(kind, symbol)

    def touch(self, kind: str, symbol: str) -> None:
        """Say that an event changed."""
        self.feed.forget(kind, symbol)
        for channel in self.watchers.of(kind, symbol):
            channel.touch(kind, symbol)

    def _value_options(self, moment: float) -> None:
        """Value watched options about once a second, and watched underlyings every other."""
        for kind, symbol in tuple(self.watchers.keys()):
            if symbol.startswith("."):
                self._value_option(symbol)
            elif kind == UNDERLYING and self.market.seconds - self._underlyings.get(symbol, 0.0) >= _UNDERLYING_S:
                self._underlyings[symbol] = self.market.seconds
                self.touch(kind, symbol)

    def _value_option(self, symbol: str) -> None:
        revision, valued_at = self._revisions.get(symbol, (-1, 0.0))
        if self.market.seconds - valued_at < _OPTION_S:
            return
        option = parse_streamer(symbol)
        state = self.surface.find(option.symbol) if option else None
        if state is None:
            return
        self.surface.refresh(state, self.market.at)
        self._revisions[symbol] = state.revision, self.market.seconds
        if state.revision != revision:
            for kind in (*MARKET_TYPES[:3], *OPTION_TYPES):
                self.touch(kind, symbol)

    def _tell_accounts(self, at: int) -> None:
        """Send every connected account its balance and positions, each encoded once."""
        wanted = {number for listener in self.listeners for number in listener.numbers}
        for customer in self.customers:
            for account in customer.accounts:
                if account.number in wanted:
                    self._tell(account, at)

    def _tell(self, account: Account, at: int) -> None:
        texts = [text(message) for message in self.notifications(account, at)]
        for listener, socket in self.listeners.items():
            if account.number in listener.numbers:
                for message in texts:
                    socket.post(message)

    def notifications(self, account: Account, at: int) -> list[Values]:
        """Make the notifications about one account: its positions, then its balance."""
        positions = [
            people.position_body(account, holding, self.market, self.surface, marks=True)
            for holding in account.holdings
        ]
        balance = people.balance_body(account, self.market, self.surface)
        return [
            *(notification("CurrentPosition", position, at) for position in positions),
            notification("AccountBalance", balance, at),
        ]


def now() -> float:
    """Return the clock of tokens, timeouts and periods, in seconds."""
    return time.monotonic()


def wall_ms() -> int:
    """Return the wall clock in ms since the epoch."""
    return time.time_ns() // 1_000_000


def open_venue(seed: int, token_lifetime: float) -> Tastytrade:
    """Make a venue with the demo people on a market of `seed`."""
    market = Market(seed, wall_ms())
    return Tastytrade(market, Surface(market), accounts.demo_customers(seed, market), token_lifetime)


async def run_clock(venue: Tastytrade, speed: float) -> None:
    """Move the venue's market for ever, `speed` times as fast as the clock; slower steps while nobody watches."""
    before = now()
    while True:
        await asyncio.sleep(0.02 if venue.is_watched else 0.25)
        moment = now()
        venue.pump((moment - before) * speed)
        before = moment
