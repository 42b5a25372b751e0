"""The simulated Tradier: its people, its orders and streams, on a market it shares with the other venues."""

import time
import typing

from brokers.loopback.asgi import Lines, Socket
from brokers.loopback.exchange import Exchange
from brokers.loopback.faults import Faults
from brokers.loopback.market import Market
from brokers.loopback.surface import Surface
from brokers.loopback.tastytrade.stats import Stats
from brokers.loopback.tradier.buckets import Environment
from brokers.loopback.tradier.greeks import Greeks
from brokers.loopback.tradier.listener import Listener
from brokers.loopback.tradier.order_bodies import event_body
from brokers.loopback.tradier.order_book import OrderBook, Placed
from brokers.loopback.tradier.people import Grant, Token, demo_grants
from brokers.loopback.tradier.quotes import Names, Subject
from brokers.loopback.tradier.sessions import Kind, Session, Sessions
from brokers.loopback.tradier.viewer import Viewer

PREFIXES: dict[Environment, str] = {"live": "", "sandbox": "/sandbox"}
MARKET_PATH, ACCOUNT_PATH = "/v1/markets/events", "/v1/accounts/events"
NORMAL = 1000
CLOSE_S = 5.0
"""A client that does not take its close in so many seconds is cut off."""


class Tradier:
    """The venue's whole state. `follow` tells what the market's last move changed; REST, streams and faults use it."""

    def __init__(self, market: Market, surface: Surface, wall_ms: typing.Callable[[], int]) -> None:
        self.market = market
        self.surface = surface
        self.wall_ms = wall_ms
        """This venue's wall clock, in ms since the epoch."""
        self.address = "127.0.0.1:0"
        self.lines = Lines()
        """The connections of this venue's clients; whoever serves it sets them."""
        self.grants: list[Grant] = demo_grants(market.seed, market)
        self.tokens: dict[str, Token] = {t.text: t for grant in self.grants for t in (grant.data, grant.trading)}
        self.names = Names(market, surface)
        self.greeks = Greeks(market)
        self.sessions = Sessions()
        self.exchange = Exchange(market, surface, market.seed, [grant.person for grant in self.grants])
        self.orders = OrderBook(market, self.exchange)
        self.faults = Faults()
        self.stats = Stats()
        self.viewers: dict[Viewer, Socket] = {}
        self.listeners: dict[Listener, Socket] = {}

    @property
    def is_busy(self) -> bool:
        """Whether time should pass in fine steps: somebody watches, or an order is at work."""
        return bool(self.viewers or self.listeners) or self.orders.is_busy

    def stream_url(self, kind: Kind, environment: Environment) -> str:
        """Return where a kind of stream is: the market's over HTTP, as the documentation's samples have it."""
        if kind == "market":
            return f"http://{self.address}{PREFIXES[environment]}{MARKET_PATH}"
        return f"ws://{self.address}{PREFIXES[environment]}{ACCOUNT_PATH}"

    def is_taken(self, session: Session, but: Viewer | Listener) -> bool:
        """Whether another stream of the kind and the token of a session is open."""
        streams: typing.Iterable[Viewer | Listener] = self.viewers if session.kind == "market" else self.listeners
        others = (stream.session for stream in streams if stream is not but)
        return any(other is not None and other.token is session.token for other in others)

    def hear(self, subject: Subject, traded: float) -> None:
        """Pass on a print."""
        for viewer in self.viewers:
            viewer.hear(subject)

    def follow(self, moment: float) -> None:
        """Let orders and streams see the market's new moment; `moment` is the time on the clock of sessions, in s."""
        self._tell_orders(self.orders.follow())
        for viewer, socket in self.viewers.items():
            viewer.tell(moment)
            if viewer.is_idle(moment):
                socket.close(NORMAL)
        for listener in self.listeners:
            listener.check(moment, self.wall_ms())
        for socket in (*self.viewers.values(), *self.listeners.values()):
            if socket.closing_at is not None and moment - socket.closing_at > CLOSE_S:
                self.lines.cut(socket.client)

    def _tell_orders(self, changed: typing.Iterable[Placed]) -> None:
        for placed in changed:
            for listener in self.listeners:
                if placed.account.number in listener.numbers:
                    listener.say(event_body(placed))


def now() -> float:
    """Return the clock of sessions and periods, in seconds."""
    return time.monotonic()
