"""What a broker is: one coroutine that streams, beside a few request/response calls."""

import asyncio
import datetime
import decimal
import typing

import msgspec

from brokers.contract.events import Balance, Candle, Emit, Interval, Position
from brokers.contract.reports import ActivityReport, FillReport, OrderReport


class Series(msgspec.Struct, frozen=True):
    """The candles of one symbol at one interval. See `events.Candle` for the hours they cover."""

    symbol: str
    interval: Interval


class Demand(msgspec.Struct, frozen=True):
    """The symbols somebody wants: `quotes` brings quote, day and profile events; `greeks` option Greeks."""

    quotes: frozenset[str] = frozenset()
    greeks: frozenset[str] = frozenset()
    underlyings: frozenset[str] = frozenset()
    candles: frozenset[Series] = frozenset()


class Watch:
    """The set of things one link should stream. Its owner changes it, the adapter observes it."""

    def __init__(self, wanted: Demand | None = None) -> None:
        self.demand = wanted or Demand()
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        wanted = self.demand
        counts = (f"{len(getattr(wanted, name))} {name}" for name in wanted.__struct_fields__)
        return f"<Watch {' '.join(counts)}>"

    def set_demand(self, wanted: Demand) -> None:
        """Replace what is wanted and wake whoever observes it. An equal set wakes nobody."""
        if wanted != self.demand:
            self.demand = wanted
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def change(self, seen: Demand) -> Demand:
        """Wait until what is wanted differs from `seen`, and return it."""
        while self.demand == seen:
            await self._changed.wait()
        return self.demand


class Credentials(dict[str, str]):
    """The secrets of one link by name. Shows its names, never its values."""

    def __repr__(self) -> str:
        return f"<Credentials {' '.join(sorted(self))}>"

    __str__ = __repr__


class AccountIdentity(msgspec.Struct, frozen=True):
    """One account a credential opens. `authority` is the venue's word: owner, trade-only or read-only."""

    number: str
    nickname: str | None = None
    kind: str | None = None
    authority: str | None = None
    closed: bool = False


class Identity(msgspec.Struct, frozen=True):
    """What a venue says these credentials are: the answer of `verify`."""

    accounts: tuple[AccountIdentity, ...]
    scopes: tuple[str, ...] | None = None
    """None where the venue does not tell."""
    delayed: bool | None = None
    """Whether quotes are delayed; None where the venue does not tell."""
    renewed: Credentials | None = None
    """The credentials from now on, where the venue put others in the place of those it was shown."""


class Strike(msgspec.Struct, frozen=True):
    """One row of a chain: the strike in dollars, and the options listed at it, as Tapedeck writes them."""

    strike: decimal.Decimal
    call: str | None
    put: str | None


class Expiration(msgspec.Struct, frozen=True):
    """The options of one root that end on one day, by strike, lowest first.

    `kind` and `settlement` are the venue's words (`Weekly`, `PM`); `multiplier` is how many units of the underlying one
    contract is for.
    """

    date: datetime.date
    root: str
    kind: str | None
    settlement: str | None
    multiplier: decimal.Decimal | None
    strikes: tuple[Strike, ...]


class Chain(msgspec.Struct, frozen=True):
    """Every option listed on one underlying; expirations by day, then root."""

    underlying: str
    expirations: tuple[Expiration, ...]


class Metrics(msgspec.Struct, frozen=True):
    """What a venue computes of one underlying, slower than it streams. None is what it does not tell.

    Volatilities are fractions per year (0.183), `iv_rank` and `iv_percentile` percent (0 to 100) over a year,
    `iv_change` the change of `iv` in five days, `market_cap` dollars. `term` is `iv` by expiration, nearest first.
    `liquidity` is the venue's own rating (tastytrade: 0 to 5). `at` is when it was computed, ms since the epoch.
    """

    symbol: str
    iv: float | None
    iv_rank: float | None
    iv_percentile: float | None
    iv_change: float | None
    hv_30: float | None
    hv_60: float | None
    hv_90: float | None
    beta: float | None
    correlation: float | None
    liquidity: int | None
    market_cap: decimal.Decimal | None
    lendability: str | None
    earnings: datetime.date | None
    ex_dividend: datetime.date | None
    term: tuple[tuple[datetime.date, float], ...]
    at: int | None


class Hours(msgspec.Struct, frozen=True):
    """When the US equity market trades. Times in ms since the epoch; None is what the venue does not tell.

    `session` is the present one and `next_change` its end. `opens` and `closes` bound the regular session that is on,
    or else the next one. Days are those of the exchange.
    """

    session: typing.Literal["pre", "open", "post", "closed"] | None
    next_change: int | None
    opens: int | None
    closes: int | None
    holidays: tuple[datetime.date, ...]
    half_days: tuple[datetime.date, ...]


class SymbolList(msgspec.Struct, frozen=True):
    """A watchlist at a venue, in its order. `is_public`: the venue's own, which everybody sees, not the person's."""

    name: str
    symbols: tuple[str, ...]
    is_public: bool = False


class VenueAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold that a person set at a venue, which checks it. `symbol` as Tapedeck writes it.

    `threshold` is dollars, of `iv` what the venue writes. Times in ms; None is what it does not tell. `triggered` is
    when it fired, once and for all; `is_over`: it expired before it did.
    """

    id: str
    symbol: str
    field: typing.Literal["last", "bid", "ask", "iv"]
    compared: typing.Literal["above", "below"]
    threshold: decimal.Decimal
    created: int | None = None
    expires: int | None = None
    triggered: int | None = None
    is_over: bool = False


OrderKey = tuple[str, str]
"""An account, and the venue's id of an order in it."""


class Statement(msgspec.Struct, frozen=True):
    """What a venue says of all open accounts of one link when asked: the truth that a stream is compared with.

    `orders` are those that work, and every other one that changed at `since` (ms) or later, each as it stands now;
    `fills` and `activities` are all since then, oldest first; `positions` are all there are, at `at` (ms).
    """

    accounts: tuple[str, ...]
    since: int
    at: int
    orders: tuple[OrderReport, ...]
    fills: tuple[FillReport, ...]
    activities: tuple[ActivityReport, ...]
    positions: tuple[Position, ...]


class Ticket(msgspec.Struct, frozen=True):
    """A simple order to be placed: `quantity` is signed (sell < 0); without a `price` it is a market order.

    `client` is an id of ours, at most 32 letters and digits: an order that was placed twice with it is one order, where
    the venue knows such ids. Good for the day.
    """

    account: str
    symbol: str
    quantity: decimal.Decimal
    client: str
    price: decimal.Decimal | None = None


class Capabilities(msgspec.Struct, frozen=True):
    """What a venue's adapter offers; the contract suite skips what is False."""

    quotes: bool = False
    greeks: bool = False
    accounts: bool = False
    candles: bool = False
    chains: bool = False
    metrics: bool = False
    hours: bool = False
    executions: bool = False
    """Tells orders, fills and activities, and gives statements."""
    orders: bool = False
    """Places and cancels orders."""
    watchlists: bool = False
    quote_alerts: bool = False
    """Keeps alerts on quotes itself."""


class Endpoints(msgspec.Struct, frozen=True):
    """Where a venue's environment lives. A venue that tells its streams' addresses itself needs fewer."""

    rest: str
    account_stream: str = ""
    market_socket: str = ""
    """Market data over a WebSocket."""
    stream: str = ""
    """Market data as a long HTTP answer."""


class Guard(typing.Protocol):
    """Says whether this process may act for a link at its venue now."""

    def __call__(self, deadline: int | None = None) -> None:
        """Return if it may. `deadline`: until when a command was to be carried out, in ms since the epoch, UTC.

        Never blocks, and is asked right before the call it is about. Raises NotOwner.
        """


def unguarded(deadline: int | None = None) -> None:
    """The guard of a broker that a person uses by hand, as in linking: no other process acts for that one."""


COMMAND_MS = 5_000
"""How old a command may be when it goes to the venue; whoever gave it has been told by then that it failed."""


Renewed = typing.Callable[[Credentials, Credentials], None]
"""Takes the credentials that a venue was shown, and those that it put in their place."""


class Broker(typing.Protocol):
    """One link to one venue, made for one person's credentials. See docs/adding-a-broker.md.

    It asks its `guard` before every call with an effect at the venue, and before it opens a connection.

    Every call raises only `LinkLost`, `CredentialsRejected` or `NotSupported`.
    """

    venue: str
    renewed: Renewed | None
    """Called when the venue put other credentials in the place of those it was shown. Never blocks, never raises."""
    guard: Guard
    cursors: typing.Mapping[str, str]
    """What its happenings said must be known when it begins anew, by name; replaced before each run."""

    def __init__(self, *, link: str, credentials: Credentials, endpoints: Endpoints, environment: str) -> None: ...

    @property
    def capabilities(self) -> Capabilities:
        """What this adapter offers; the same for every link of its venue."""

    async def run(self, watch: Watch, emit: Emit) -> None:
        """Stream events until cancelled, or raise one of the three errors. Never returns by itself.

        Calling it again after it raised starts over: it keeps no state but its tokens.
        """

    async def verify(self) -> Identity:
        """Ask the venue who these credentials are."""

    async def balances(self) -> list[Balance]:
        """The money of every open account, whole."""

    async def positions(self) -> list[Position]:
        """Every open position of every open account, whole."""

    async def candles(self, series: Series, start: datetime.datetime) -> list[Candle]:
        """The candles of a series from `start` (aware) until now, oldest first; the last one may still change.

        Joined to what `run` streams of the same series, by time, they are all there are: whoever watches a series
        first and asks for its history afterwards misses none.
        """

    async def chain(self, underlying: str) -> Chain:
        """Every option listed on `underlying`. A symbol without options has no expirations."""

    async def metrics(self, symbols: typing.Collection[str]) -> list[Metrics]:
        """What the venue computes of these underlyings; those it does not know are left out."""

    async def hours(self) -> Hours:
        """When the market trades: the session that is on, and the days it is closed."""

    async def watchlists(self) -> list[SymbolList]:
        """The lists of symbols that the person keeps at the venue, then those that it publishes itself."""

    async def quote_alerts(self) -> list[VenueAlert]:
        """The alerts that the person keeps at the venue, those that fired or expired as far as it still lists them."""

    async def statement(self, since: datetime.datetime, orders: typing.Collection[OrderKey] = ()) -> Statement:
        """What happened in every open account since then (aware), and what they hold. `found` of all is `read`.

        Of these `orders` it says how they stand even where the venue's list leaves them out by now.
        What `run` tells has the same ids.
        """

    async def place(self, ticket: Ticket, deadline: int | None = None) -> str:
        """Place an order and return the venue's id of it. What becomes of it is told by `run`, a rejection too.

        It goes to the venue once at most: where nobody can say whether it arrived LinkLost is raised. Raises
        NotSupported where the venue refuses it at once, with its words.
        """

    async def cancel(self, account: str, order: str, deadline: int | None = None) -> None:
        """Ask the venue to cancel an order. Raises NotSupported where it is too late, or there is no such order."""

    async def close(self) -> None:
        """Give back sockets and pools. Safe to call twice."""
