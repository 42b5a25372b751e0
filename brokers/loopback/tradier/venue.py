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
from brokers.loopback.tradier.people import Grant, Token, demo_grants
from brokers.loopback.tradier.quotes import Names
from brokers.loopback.tradier.sessions import Kind, Session, Sessions
from brokers.loopback.tradier.viewer import Viewer

PREFIXES: dict[Environment, str] = {"live": "", "sandbox": "/sandbox"}
MARKET_PATH, ACCOUNT_PATH = "/v1/markets/events", "/v1/accounts/events"
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
        self.faults = Faults()
        self.stats = Stats()
        self.viewers: dict[Viewer, Socket] = {}

    @property
    def is_busy(self) -> bool:
        """Whether time should pass in fine steps: somebody watches, or an order is at work."""
        return bool(self.viewers) or self.exchange.is_busy

    def stream_url(self, kind: Kind, environment: Environment) -> str:
        """Return where a kind of stream is: the market's over HTTP, as the documentation's samples have it."""
        if kind == "market":
            return f"http://{self.address}{PREFIXES[environment]}{MARKET_PATH}"
        return f"ws://{self.address}{PREFIXES[environment]}{ACCOUNT_PATH}"

    def is_taken(self, session: Session, but: Viewer) -> bool:
        """Whether another stream of the session's token is open."""
        return any(
            viewer is not but and viewer.session is not None and viewer.session.token is session.token
            for viewer in self.viewers
        )

    def follow(self, moment: float) -> None:
        """Let orders and streams see the market's new moment; `moment` is the time on the clock of sessions, in s."""
        self.exchange.advance()
        self.exchange.take_news()
        for viewer in self.viewers:
            viewer.tell(moment)
        for socket in self.viewers.values():
            if socket.closing_at is not None and moment - socket.closing_at > CLOSE_S:
                self.lines.cut(socket.client)


def now() -> float:
    """Return the clock of sessions and periods, in seconds."""
    return time.monotonic()
