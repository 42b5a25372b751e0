"""The simulated Tradier: its people, its orders and streams, on a market it shares with the other venues."""

import collections
import time
import typing

from simulator.asgi import Json, SimLines, SimSocket
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.exchange import Exchange
from simulator.exchange.order_traffic import OrderTraffic
from simulator.faults.faults import Faults
from simulator.market.charts import SimCharts
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.stats import Stats
from simulator.tradier.bodies import ledger
from simulator.tradier.bodies.delayed_quotes import Delayed
from simulator.tradier.bodies.orders import event_body
from simulator.tradier.bodies.quotes import Names, Subject, quote_body
from simulator.tradier.customers import Person, SimTradierGrant, Token, demo_grants
from simulator.tradier.greeks import SimGreeks
from simulator.tradier.orders.order_book import SimTradierOrderBook, SimTradierPlaced
from simulator.tradier.rate_limit import Environment
from simulator.tradier.stream_sessions import Kind, SimTradierStreamSession, SimTradierStreamSessions
from simulator.tradier.streams.account_stream import SimTradierListener, SimTradierNotices
from simulator.tradier.streams.market_stream import Viewer
from simulator.tradier.watchlists import SimTradierWatchlists

PREFIXES: dict[Environment, str] = {"live": "", "sandbox": "/sandbox"}
MARKET_PATH, ACCOUNT_PATH = "/v1/markets/events", "/v1/accounts/events"
NORMAL = 1000
CLOSE_S = 5.0
"""A client that does not take its close in so many seconds is cut off."""


class SimTradier:
    """The venue's whole state. `follow` tells what the market's last move changed; REST, streams and faults use it."""

    def __init__(
        self, market: SimMarket, surface: OptionSurface, charts: SimCharts, wall_ms: typing.Callable[[], int]
    ) -> None:
        self.market = market
        self.surface = surface
        self.charts = charts
        self.wall_ms = wall_ms
        """This venue's wall clock, in ms since the epoch."""
        self.address = "127.0.0.1:0"
        self.lines = SimLines()
        """The connections of this venue's clients; whoever serves it sets them."""
        self.grants: list[SimTradierGrant] = []
        self.people: list[Person] = []
        self.tokens: dict[str, Token] = {}
        self.accounts: dict[str, SimAccount] = {}
        self.began: dict[str, list[SimHolding]] = {}
        """What each account held when the venue began, by number."""
        self.watchlists: dict[str, SimTradierWatchlists] = collections.defaultdict(SimTradierWatchlists)
        """By the id of the person."""
        self.names = Names(market, surface)
        self.delayed = Delayed(market, charts)
        self.greeks = SimGreeks(market)
        self.sessions = SimTradierStreamSessions()
        self.exchange = Exchange(market, surface, market.seed, self.people)
        self.orders = SimTradierOrderBook(market, self.exchange)
        self.faults = Faults()
        self.agenda: list[tuple[float, str, typing.Callable[[], object]]] = []
        """What is to be done, and when on the clock of sessions: faults that are planned."""
        self.lives: list[OrderTraffic] = []
        """What a test has people do here at random."""
        self.stats = Stats()
        self.viewers: dict[Viewer, SimSocket] = {}
        self.listeners: dict[SimTradierListener, SimSocket] = {}
        for grant in demo_grants(market.seed, market):
            self.admit(grant)
        self.notices = SimTradierNotices(self.faults)

    @property
    def is_busy(self) -> bool:
        """Whether time should pass in fine steps: somebody watches, or an order is at work."""
        return bool(self.viewers or self.listeners) or self.orders.is_busy

    def admit(self, grant: SimTradierGrant) -> None:
        """Let a person in, with their tokens and accounts."""
        self.grants.append(grant)
        self.people.append(grant.person)
        self.tokens |= {token.text: token for token in (grant.data, grant.trading)}
        for account in grant.person.accounts:
            self.accounts[account.number] = account
            self.began[account.number] = ledger.opening(account)

    def describe(self, subject: Subject, environment: Environment) -> Json:
        """Describe what trades: in the sandbox as it was a while ago."""
        return self.delayed.body(subject) if environment == "sandbox" else quote_body(subject, self.market)

    def stream_url(self, kind: Kind, environment: Environment) -> str:
        """Return where a kind of stream is: the market's over HTTP, as the documentation's samples have it."""
        if kind == "market":
            return f"http://{self.address}{PREFIXES[environment]}{MARKET_PATH}"
        return f"ws://{self.address}{PREFIXES[environment]}{ACCOUNT_PATH}"

    def is_taken(self, session: SimTradierStreamSession, but: Viewer | SimTradierListener) -> bool:
        """Whether another stream of the kind and the token of a session is open."""
        streams: typing.Iterable[Viewer | SimTradierListener] = (
            self.viewers if session.kind == "market" else self.listeners
        )
        others = (stream.session for stream in streams if stream is not but and stream.counts_until > now())
        return any(other is not None and other.token is session.token for other in others)

    def on_print(self, subject: Subject, traded: float) -> None:
        """Pass on a print."""
        for viewer in self.viewers:
            viewer.on_print(subject)

    def advance(self, moment: float) -> None:
        """Let orders and streams see the market's new moment; `moment` is the time on the clock of sessions, in s."""
        due = [planned for planned in self.agenda if planned[0] <= moment]
        self.agenda = [planned for planned in self.agenda if planned[0] > moment]
        for _, _, act in due:
            act()
        for lives in self.lives:
            lives.advance(moment)
        self._tell_orders(self.orders.advance(self._refusal), moment)
        for viewer, socket in self.viewers.items():
            viewer.flush(moment)
            if viewer.is_idle(moment):
                socket.close(NORMAL)
        self.notices.deliver_due(moment)
        for listener in self.listeners:
            listener.check(moment, self.wall_ms())
        for socket in (*self.viewers.values(), *self.listeners.values()):
            if socket.closing_at is not None and moment - socket.closing_at > CLOSE_S:
                self.lines.cut(socket.client)

    def _refusal(self, placed: SimTradierPlaced) -> str | None:
        """Return why an order is rejected whatever the exchange says: a fault."""
        fault = self.faults.find("reject", (placed.account.number,), now())
        return (fault.text or "Order was rejected by the exchange.") if fault else None

    def is_priced(self, placed: SimTradierPlaced) -> bool:
        """Whether an order's executions have their prices yet: a fault may keep them back."""
        return not self.faults.all("late_price", (placed.account.number,), now())

    def _tell_orders(self, changed: typing.Iterable[SimTradierPlaced], moment: float) -> None:
        for placed in changed:
            for listener in self.listeners:
                if placed.account.number in listener.numbers:
                    self.notices.send_notice(listener, event_body(placed, is_priced=self.is_priced(placed)), moment)


def now() -> float:
    """Return the clock of sessions and periods, in seconds."""
    return time.monotonic()
