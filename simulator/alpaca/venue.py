"""The simulated Alpaca: its people, its orders and the streams of what happens, on a market it shares with others."""

import collections
import decimal
import time
import typing

import msgspec

from simulator.alpaca.activities import Activities, NonTrade, SimActivity
from simulator.alpaca.activities import event_body as activity_event
from simulator.alpaca.bodies.orders import event_body as order_event
from simulator.alpaca.customers import BROKER_ALLOWED, SimAlpacaKey, account_id, credentials, demo_keys
from simulator.alpaca.orders.order import SimAlpacaOrderEvent
from simulator.alpaca.orders.order_book import SimAlpacaOrderBook
from simulator.alpaca.streams.connection_limit import ConnectionLimit
from simulator.alpaca.streams.event_log import EventLogEntry, Record, Topic
from simulator.alpaca.streams.sse import SimAlpacaFeed
from simulator.alpaca.streams.websocket import KEYS_UNKNOWN, LIMIT, SimAlpacaListener
from simulator.alpaca.watchlists import SimAlpacaWatchlists
from simulator.asgi import Json, SimLines, SimSocket
from simulator.exchange.accounts import Customer, SimAccount, SimHolding
from simulator.exchange.entitlements import SPLIT
from simulator.exchange.exchange import Exchange
from simulator.exchange.net_liq_history import Histories
from simulator.exchange.order_traffic import OrderTraffic
from simulator.exchange.orders import Transaction
from simulator.faults.delivery import Delivery
from simulator.faults.faults import Faults
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.rate_limit import SimBucket
from simulator.stats import Stats

PREFIX = "/alpaca"
"""Below this everything of this venue is; what the broker asks for is below `BROKER_PREFIX`."""
BROKER_PREFIX = PREFIX + "/broker"
STREAM_PATH = PREFIX + "/stream"
CLOSE_S = 5.0
"""A client that does not take its close in so many seconds is cut off."""
UNKNOWN_STATUS = "under_review"
CONFIGURATION: Json = {
    "fractional_trading": True,
    "max_margin_multiplier": "2",
    "max_options_trading_level": 3,
    "no_shorting": False,
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
}


class SimAlpaca:
    """The venue's whole state. `follow` tells what the market's last move changed; REST, streams and faults use it."""

    def __init__(self, market: SimMarket, surface: OptionSurface, wall_ms: typing.Callable[[], int]) -> None:
        self.market = market
        self.surface = surface
        self.wall_ms = wall_ms
        """This venue's wall clock, in ms since the epoch."""
        self.address = "127.0.0.1:0"
        self.lines = SimLines()
        """The connections of this venue's clients; whoever serves it sets them."""
        self.keys: dict[str, SimAlpacaKey] = {}
        self.people: list[Customer] = []
        self.accounts: dict[str, SimAccount] = {}
        self.broker = credentials(market.seed, "broker")
        """The broker's own pair of keys."""
        self.broker_bucket = SimBucket(BROKER_ALLOWED)
        self.exchange = Exchange(market, surface, market.seed, self.people, is_free=True)
        self.orders = SimAlpacaOrderBook(market, self.exchange)
        topics = typing.get_args(Topic)
        self.records = {topic: Record(f"{market.seed}:alpaca {topic}", market.begun_at) for topic in topics}
        self.activities = Activities()
        self.before: dict[str, list[SimHolding]] = {}
        """What accounts held when a fault began to tell their positions late, by number."""
        self.watchlists: dict[str, SimAlpacaWatchlists] = collections.defaultdict(SimAlpacaWatchlists)
        self.configurations: dict[str, Json] = collections.defaultdict(lambda: dict(CONFIGURATION))
        """How accounts are set up, by number."""
        self.histories = Histories(market, surface)
        self.gate = ConnectionLimit()
        self.faults = Faults()
        self.agenda: list[tuple[float, str, typing.Callable[[], object]]] = []
        """What is to be done, and when on the clock of sessions: faults that are planned."""
        self.lives: list[OrderTraffic] = []
        """What a test has people do here at random."""
        self.stats = Stats()
        self.listeners: dict[SimAlpacaListener, SimSocket] = {}
        self.feeds: dict[SimAlpacaFeed, tuple[Topic, SimSocket]] = {}
        self.delivery = Delivery[SimAlpacaListener | SimAlpacaFeed, EventLogEntry](
            self.faults, lambda stream, entry: stream.send_event(entry)
        )
        self.exchange.entitlements.hearers.append(self._tell_entry)
        self._day = market.day
        for key in demo_keys(market.seed, market):
            self.admit(key)

    @property
    def is_busy(self) -> bool:
        """Whether time should pass in fine steps: somebody listens, or an order is at work."""
        return bool(self.listeners or self.feeds) or self.orders.is_busy

    def admit(self, key: SimAlpacaKey) -> None:
        """Let a person in, with their keys and account."""
        self.keys[key.id] = key
        self.people.append(key.person)
        self.accounts |= {account.number: account for account in key.person.accounts}

    def find_key(self, id: str, secret: str) -> SimAlpacaKey | None:
        """Return a pair of keys that is good now."""
        key = self.keys.get(id)
        return key if key is not None and key.secret == secret and not key.is_revoked else None

    def find_listener(self, id: str, secret: str, address: str) -> SimAlpacaKey | str:
        """Return a pair of keys that may listen now, or why it may not: another socket of it is open."""
        key = self.find_key(id, secret)
        if key is None:
            return KEYS_UNKNOWN
        self.gate.know(address, id)
        if any(listener.key is key and listener.counts_until > now() for listener in self.listeners):
            return LIMIT
        return key

    def is_open_to(self, address: str) -> bool:
        """Whether another WebSocket from an address may be opened now."""
        moment = now()
        count = sum(
            socket.client[0] == address and listener.counts_until > moment
            for listener, socket in self.listeners.items()
        )
        return self.gate.passes(address, count, moment)

    def advance(self, moment: float) -> None:
        """Let orders and streams see the market's new moment; `moment` is the time on the clock of sessions, in s."""
        due = [planned for planned in self.agenda if planned[0] <= moment]
        self.agenda = [planned for planned in self.agenda if planned[0] > moment]
        for _, _, act in due:
            act()
        for lives in self.lives:
            lives.advance(moment)
        self.tell_orders(self.orders.advance())
        if self.market.day != self._day:
            self._day = self.market.day
            self.charge_fees()
        self.histories.keep_up([*self.accounts.values()], moment)
        self.delivery.deliver_due(moment)
        for feed, (topic, _) in self.feeds.items():
            feed.check(moment, self.wall_ms(), self.records[topic].number)
        for socket in (*self.listeners.values(), *(socket for _, socket in self.feeds.values())):
            if socket.closing_at is not None and moment - socket.closing_at > CLOSE_S:
                self.lines.cut(socket.client)

    def tell_orders(self, happened: typing.Iterable[SimAlpacaOrderEvent]) -> None:
        """Record what happened to orders, and tell it to whoever listens."""
        for each in happened:
            self.activities.execute(each, self.exchange.books.terms)
            self._enter("trades", each.placed.account, order_event(each))

    def tell_standing(self, account: SimAccount, before: str, after: str) -> None:
        """Tell that an account stands otherwise now."""
        changed: Json = {"status_from": before, "status_to": after} if before != after else {}
        self._enter(
            "accounts",
            account,
            {
                "account_number": account.number,
                "account_blocked": account.standing.is_closed,
                "trading_blocked": not account.standing.is_trading,
                **changed,
            },
        )

    def book(self, wanted: NonTrade) -> SimActivity:
        """Book and tell something that is no trade."""
        self.accounts[wanted.account].cash += wanted.amount
        return self._tell_booked(wanted)

    def _tell_entry(self, account: SimAccount, entry: Transaction, quantity: decimal.Decimal) -> None:
        """Tell what a company did to an account, which is booked already."""
        is_split = entry.sub_type == SPLIT
        self._tell_booked(
            NonTrade(
                account.number, "SPLIT" if is_split else "DIV", entry.net, entry.symbol or "", quantity,
                None if is_split else entry.price, description=entry.description,
            )
        )  # fmt: skip

    def _tell_booked(self, wanted: NonTrade) -> SimActivity:
        account, activity_id = self.accounts[wanted.account], self.orders.new_id()
        body = activity_event(wanted, activity_id, self.market.day)
        self._enter("activities", account, body)
        return self.activities.book(wanted, activity_id, self.market.at)

    def charge_fees(self) -> None:
        """Charge what accounts owe regulators and clearing for their executions."""
        owed = dict(self.activities.owed)
        self.activities.owed.clear()
        for number, amount in owed.items():
            if amount:
                self.book(NonTrade(number, "FEE", -amount, description="Regulatory and clearing fees"))

    def _enter(self, topic: Topic, account: SimAccount, body: Json) -> None:
        is_inverted = self.faults.find("same_ms", (account.number,), now()) is not None
        at = self.wall_ms()
        entry = self.records[topic].enter(account.number, account_id(account), body, at, is_inverted=is_inverted)
        streams: list[tuple[SimAlpacaListener | SimAlpacaFeed, str]] = [
            (feed, "events") for feed, (x, _) in self.feeds.items() if x == topic
        ]
        if topic == "trades":
            streams += [(listener, "updates") for listener in self.listeners]
        for stream, name in streams:
            if stream.wants(entry):
                self.delivery.bring(stream, self._spoilt(entry), (account.number,), now(), name)

    def _spoilt(self, entry: EventLogEntry) -> EventLogEntry:
        """Give an event's order a status nobody knows, if a fault says so."""
        if not self.faults or "order" not in (body := entry.body):
            return entry
        if not self.faults.find("unknown_status", (entry.account,), now()):
            return entry
        body["order"]["status"] = UNKNOWN_STATUS
        return msgspec.structs.replace(entry, raw=msgspec.json.encode(body))


def now() -> float:
    """Return the clock of sessions and periods, in seconds."""
    return time.monotonic()
