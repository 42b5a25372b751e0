"""The simulated tastytrade: one market and its people, who is connected, and the clock that moves it all."""

import asyncio
import itertools
import random
import time
import typing

from simulator.asgi import Json, SimLines, SimSocket
from simulator.clock import WallClock
from simulator.exchange import accounts
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.net_liq_history import Histories
from simulator.exchange.order_traffic import OrderTraffic
from simulator.faults.faults import Faults
from simulator.market.changes import Changes, ShareholderAction, Split
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.stats import Stats
from simulator.tastytrade.account_stream.listener import QUOTE_ALERTS, SimTastytradeListener
from simulator.tastytrade.account_stream.notifications import SimTastytradeNotices
from simulator.tastytrade.dxlink.channels import text
from simulator.tastytrade.dxlink.connection import Dialogue, SimQuoteToken
from simulator.tastytrade.dxlink.events import CANDLE, PRINT, SimDxlinkFeed, Values
from simulator.tastytrade.dxlink.revaluation import SimValuer
from simulator.tastytrade.dxlink.subscribers import Watchers
from simulator.tastytrade.format import NO_CUSTOMER, SimTastytradeRefusal
from simulator.tastytrade.oauth import tokens
from simulator.tastytrade.oauth.grants import CODE_S, Codes, Grants, SimTastytradeGrant, demo_grants
from simulator.tastytrade.oauth.lockout import Lockout
from simulator.tastytrade.quote_alerts import Alert, Alerts, alert_body
from simulator.tastytrade.rest.router import Api
from simulator.tastytrade.rest.routes import ROUTES
from simulator.tastytrade.watchlists import SimTastytradeWatchlists

DXLINK_PATH = "/dxlink/"
CLOSE_S = 5.0
"""A client that does not take its close in so many seconds is cut off."""
STEP_S, IDLE_STEP_S = 0.02, 0.25
_CHECK_S = 0.1
_ACCOUNT_S = 1.2
"""Seconds between two notifications about one account."""


class SimTastytrade:
    """The venue's whole state. `pump` moves it; REST, the sockets and the faults read and change it."""

    def __init__(
        self,
        market: SimMarket,
        surface: OptionSurface,
        customers: list[Customer],
        grants: Grants,
        token_lifetime: float,
        quote_lifetime: float = tokens.QUOTE_TOKEN_S,
        code_lifetime: float = CODE_S,
        clock: WallClock | None = None,
    ) -> None:
        self.clock = clock or WallClock(wall_ms)
        self.wall_ms: typing.Callable[[], int] = self.clock
        """This venue's wall clock, in ms since the epoch."""
        self.save: typing.Callable[[], None] = lambda: None
        """Called when something may have changed, before anybody is told: whoever keeps the state sets it."""
        self.step = STEP_S
        """How many seconds its market moves on at a time; more while it is not busy."""
        self.market = market
        self.surface = surface
        self.customers = customers
        self.grants = grants
        self.codes = Codes(code_lifetime)
        self.address = "127.0.0.1:0"
        self.lines = SimLines()
        """The connections of this venue's clients; whoever serves it sets them."""
        self.exchange = Exchange(market, surface, market.seed, customers)
        self.feed = SimDxlinkFeed(market, surface)
        self.watchers = Watchers()
        self.faults = Faults()
        self.gate = Lockout()
        self.agenda: list[tuple[float, str, typing.Callable[[], object]]] = []
        """What is to be done, and when on the loop's clock: faults that are planned."""
        self.lives: list[OrderTraffic] = []
        """What a test has people do here at random."""
        self.stats = Stats()
        self.access: tokens.Tokens[SimTastytradeGrant] = tokens.Tokens(token_lifetime)
        self.quotes: tokens.Tokens[Customer] = tokens.Tokens(quote_lifetime)
        self.dialogues: dict[Dialogue, SimSocket] = {}
        self.listeners: dict[SimTastytradeListener, SimSocket] = {}
        self.notices = SimTastytradeNotices(market, surface, self.faults)
        self.watchlists = SimTastytradeWatchlists(tape.listing for tape in market.tapes.values())
        self.histories = Histories(market, surface)
        self.alerts = Alerts(self.feed)
        self.api = Api(
            self.feed,
            self.exchange,
            self.notices,
            self.quote_token,
            now,
            ROUTES,
            self.watchlists,
            self.histories,
            self.alerts,
        )
        market.halt_hearers.append(lambda symbol, code: self.touch("Profile", symbol))
        market.action_hearers.append(self._tell_action)
        self._moved = asyncio.Event()
        self._draw = random.Random(f"{market.seed}:answers")
        self._valuer = SimValuer(surface, self.watchers)
        self._checked_at = 0.0
        self._told_at = 0.0

    @property
    def is_watched(self) -> bool:
        """Whether any socket is open."""
        return bool(self.dialogues or self.listeners)

    @property
    def is_busy(self) -> bool:
        """Whether time should pass in fine steps: somebody watches, or an order is at work."""
        return self.is_watched or self.exchange.is_busy

    @property
    def by_account(self) -> dict[str, tuple[Customer, SimAccount]]:
        """Every account by number, with its owner: of the people who share it, the first."""
        found: dict[str, tuple[Customer, SimAccount]] = {}
        for customer in self.customers:
            for account in customer.accounts:
                found.setdefault(account.number, (customer, account))
        return found

    def bearer(self, token: str) -> SimTastytradeGrant | None:
        """Return the grant of an access token, if it is valid now."""
        granted = self.access.find(token, now())
        return granted.holder if granted else None

    def holder(self, token: str) -> Customer | None:
        """Return whose access token this is, if it is valid now and may read: streams take no other."""
        grant = self.bearer(token)
        return grant.customer if grant and "read" in grant.scopes else None

    def revoke(self, grants: typing.Collection[SimTastytradeGrant]) -> None:
        """End grants and every access token they gave."""
        for grant in grants:
            grant.revoked = True
        self.access.expire(lambda grant: grant in grants)

    def quote_token(self, customer: Customer) -> Json:
        """Issue a quote token, with where to show it: the body of `/api-quote-tokens`.

        Raises SimTastytradeRefusal 404.
        """
        if customer.level == "none":
            raise SimTastytradeRefusal(404, *NO_CUSTOMER)
        feed = "delayed" if customer.level == "demo" else "realtime"
        return {
            "token": self.quotes.issue(customer, now()),
            "dxlink-url": f"ws://{self.address}{DXLINK_PATH}{feed}",
            "level": customer.level,
        }

    def ticket(self, token: str) -> SimQuoteToken | None:
        """Return what a quote token opens now."""
        granted = self.quotes.find(token, now())
        return SimQuoteToken(granted.holder.id, granted.holder.numbers, granted.until) if granted else None

    def pump(self, seconds: float, moment: float, at: int) -> None:
        """Let `seconds` of market time pass, and tell whoever watches.

        `moment` is the time on the clock of tokens and periods, in seconds; `at` that of the market, in ms.
        """
        self._do_planned(moment)
        self.apply(self.market.advance(seconds, at))
        self.exchange.advance()
        for lives in self.lives:
            lives.advance(moment)
        for kind, symbol in self._valuer.changes():
            self.touch(kind, symbol)
        self.tell_news()
        self._tell_prints()
        for dialogue in self.dialogues:
            dialogue.flush_due(moment)
        if moment - self._checked_at >= _CHECK_S:
            self._checked_at = moment
            self._check(moment)
            self.histories.keep_up([account for _, account in self.by_account.values()], moment)
        if moment - self._told_at >= _ACCOUNT_S:
            self._told_at = moment
            self._tell_all()
        self._moved.set()
        self._moved = asyncio.Event()

    def _tell_action(self, action: ShareholderAction) -> None:
        """Tell what a company did: its profile, and after a split every candle anew."""
        self.touch("Profile", action.symbol)
        if isinstance(action, Split):
            symbol = self.feed.streamer(action.symbol)
            for channel in self.watchers.of(CANDLE, symbol):
                channel.lines.restart(symbol)
            self.touch(CANDLE, symbol)

    def _do_planned(self, moment: float) -> None:
        due = [planned for planned in self.agenda if planned[0] <= moment]
        if due:
            self.agenda = [planned for planned in self.agenda if planned[0] > moment]
        for _, _, act in due:
            act()

    def apply(self, changes: Changes) -> None:
        """Pass on what moved on the tapes."""
        for kind, moved in (("Quote", changes.quotes), ("Trade", changes.trades), ("Summary", changes.days)):
            for symbol in moved:
                self.touch(kind, symbol)
        self._tell_prints()
        for alert in self.alerts.fire(changes.quotes | changes.trades):
            self._tell_alert(alert)

    def _tell_alert(self, alert: Alert) -> None:
        """Tell the person whose alert fired, where they asked for it."""
        self.announce(
            "QuoteAlert",
            alert_body(alert, self.market.at),
            lambda listener: QUOTE_ALERTS in listener.subscriptions and listener.belongs_to(alert.customer),
        )

    def touch(self, kind: str, symbol: str) -> None:
        """Say that an event changed. `symbol` is ours or DXLink's."""
        symbol = self.feed.streamer(symbol)
        self.feed.forget(kind, symbol)
        for channel in self.watchers.of(kind, symbol):
            channel.touch(kind, symbol)
        if kind == "Quote" and self.feed.hear_quote(symbol):
            self.touch(CANDLE, symbol)

    def _tell_prints(self) -> None:
        """Pass on every trade since this was last done."""
        for symbol, values in self.feed.take_prints():
            self.touch(CANDLE, symbol)
            self.tell_print(symbol, values)

    def tell_print(self, symbol: str, values: Values) -> int:
        """Tell whoever wants every print of `symbol` of one. Returns how many channels that were."""
        channels = list(self.watchers.of(PRINT, symbol))
        for channel in channels:
            channel.print(symbol, values)
        return len(channels)

    def restore_events(self) -> int:
        """Let every spoiled or hidden event be true again. Returns how many there were."""
        keys = {*self.feed.spoiled, *self.feed.hidden}
        self.feed.spoiled.clear()
        self.feed.hidden.clear()
        for kind, symbol in keys:
            self.touch(kind, symbol)
        return len(keys)

    def _check(self, moment: float) -> None:
        for dialogue in self.dialogues:
            dialogue.check(moment)
        for listener in self.listeners:
            listener.check(moment)
        for socket in (*self.dialogues.values(), *self.listeners.values()):
            if socket.closing_at is not None and moment - socket.closing_at > CLOSE_S:
                self.lines.cut(socket.client)

    def _tell_all(self) -> None:
        wanted = self._heard_accounts()
        for number, (customer, account) in self.by_account.items() if wanted else ():
            if number in wanted:
                self.send_account_state(account, customer)

    def announce(self, kind: str, data: Json, hears: typing.Callable[[SimTastytradeListener], bool]) -> None:
        """Send one notification to every account-stream connection that `hears` picks, as a batch of one if need be."""
        notice = {"type": kind, "data": data, "timestamp": self.market.at}
        for listener, socket in self.listeners.items():
            if hears(listener):
                is_batch = self.faults.find("results", listener.accounts, now())
                socket.post(text({"results": [notice]} if is_batch else notice))

    def send_account_state(self, account: SimAccount, customer: Customer) -> None:
        """Send everybody who listens to `account` its positions and balance."""
        self._post(account.number, self.notices.round(account, customer, now()))

    def tell_news(self) -> None:
        """Send everybody who listens what has changed in accounts; what nobody listens to is not told later."""
        found = self.exchange.take_news()
        wanted = self._heard_accounts() if found else set()
        for number, news in itertools.groupby(found, lambda item: item.account):
            if number in wanted:
                customer, account = self.by_account[number]
                self._post(number, self.notices.news(news, account, customer, now()))
        for number, message in self.notices.due(now()):
            self._post(number, [message])

    async def answer_first_or_last(self) -> None:
        """Let an answer go before or after the notifications of what it did, as the venue's seed has it.

        The venue promises neither order. The wait for the notifications is that for the next move of the market.
        """
        if self._draw.random() < 0.5 and self._heard_accounts():
            self.tell_news()
            self.save()
            await self._moved.wait()

    def _heard_accounts(self) -> set[str]:
        return {number for listener in self.listeners for number in listener.numbers}

    def _post(self, number: str, messages: list[Json]) -> None:
        """Send messages to everybody who listens to an account; each is encoded once."""
        texts = [text(message) for message in messages]
        for listener, socket in self.listeners.items():
            if number in listener.numbers:
                for message in texts:
                    socket.post(message)


def now() -> float:
    """Return the clock of tokens, timeouts and periods, in seconds."""
    return time.monotonic()


def wall_ms() -> int:
    """Return the wall clock in ms since the epoch."""
    return time.time_ns() // 1_000_000


def open_venue(seed: int, token_lifetime: float) -> SimTastytrade:
    """Make a venue with the demo people on a market of `seed`. Its access tokens live so many seconds."""
    return open_on(SimMarket(seed, wall_ms()), token_lifetime)


def open_on(
    market: SimMarket,
    token_lifetime: float,
    *,
    quote_lifetime: float = tokens.QUOTE_TOKEN_S,
    code_lifetime: float = CODE_S,
    clock: WallClock | None = None,
) -> SimTastytrade:
    """Make a venue with the demo people on a market. Lifetimes of tokens are in seconds.

    Its wall clock is this machine's, unless another is given.
    """
    customers = accounts.demo_customers(market.seed, market)
    grants = demo_grants(market.seed, customers)
    surface = OptionSurface(market)
    return SimTastytrade(market, surface, customers, grants, token_lifetime, quote_lifetime, code_lifetime, clock)


class Neighbour(typing.Protocol):
    """Another venue on the same market: it follows when that has moved, to `moment` in seconds."""

    @property
    def is_busy(self) -> bool:
        """Whether time should pass in fine steps."""

    def advance(self, moment: float) -> None:
        """See the market's new moment."""


async def run_clock(venue: SimTastytrade, speed: float, *neighbours: Neighbour) -> None:
    """Move the venue's market for ever, `speed` times as fast as the clock; slower steps while nobody is busy."""
    before = now()
    while True:
        is_busy = venue.is_busy or any(neighbour.is_busy for neighbour in neighbours)
        await asyncio.sleep(venue.step if is_busy else max(venue.step, IDLE_STEP_S))
        moment = now()
        venue.pump((moment - before) * speed, moment, venue.wall_ms())
        for neighbour in neighbours:
            neighbour.advance(moment)
        venue.save()
        before = moment
