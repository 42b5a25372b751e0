"""People of the loopback venues: customers, their accounts, and what those are worth on the market. Pure.

Money and quantities are `Decimal`, in dollars, shares and contracts; a short quantity is negative. An account's net
liquidating value is its cash plus every position at its mark, so it moves with the market.
"""

import collections
import datetime
import decimal
import hashlib

import msgspec

from brokers.instruments.symbols import parse_option
from simulator.exchange import margin
from simulator.exchange.account_status import AccountStatus, Authority
from simulator.exchange.market_view import exact, read_terms
from simulator.exchange.orders import Transaction, YearGain
from simulator.market import option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.universe import LISTINGS

Decimal = decimal.Decimal
_OPENED = datetime.datetime(2019, 3, 14, 15, 39, 31, 265000, datetime.UTC)


class SimHolding(msgspec.Struct):
    """A position: `symbol` as Tapedeck writes it (options without padding), `average` per share.

    `realized` is what closing parts of it made on the day `realized_on`, in dollars before fees.
    """

    symbol: str
    quantity: Decimal
    average: Decimal
    opened: datetime.datetime
    residue: Decimal = Decimal(0)
    """What `average`, being rounded, leaves out of `cost`."""
    realized: Decimal = Decimal(0)
    realized_on: datetime.date | None = None
    updated: datetime.datetime | None = None

    @property
    def multiplier(self) -> int:
        """Shares a unit stands for."""
        return 100 if self.is_option else 1

    @property
    def is_option(self) -> bool:
        """Whether this is an option position."""
        return parse_option(self.symbol) is not None

    @property
    def cost(self) -> Decimal:
        """What it was bought for (negative: sold for), exactly, in units of its price."""
        return self.average * self.quantity + self.residue

    def realized_today(self, day: datetime.date) -> Decimal:
        """Return what closing parts of it made on `day`."""
        return self.realized if self.realized_on == day else Decimal(0)


class SimMark(msgspec.Struct, frozen=True):
    """What one holding is worth: `price` and `close` per share, `value` in all, negative when short.

    A future's value is its open profit or loss: holding it cost nothing.
    """

    price: Decimal
    close: Decimal
    value: Decimal


class Worth(msgspec.Struct, frozen=True):
    """What an account is worth, every sum exact, and positive but `cash` and `futures` (their open profit).

    `initial` is what its positions need to be opened, `maintenance` to be kept; `reserve` is held for its orders.
    """

    cash: Decimal
    long_equity: Decimal
    short_equity: Decimal
    long_option: Decimal
    short_option: Decimal
    maintenance: Decimal
    initial: Decimal = Decimal(0)
    reserve: Decimal = Decimal(0)
    futures: Decimal = Decimal(0)
    crypto: Decimal = Decimal(0)

    @property
    def net_liq(self) -> Decimal:
        """Cash plus every position at its mark."""
        return self.funds + self.long_option - self.short_option

    @property
    def funds(self) -> Decimal:
        """What counts towards the requirements: everything but options, which must be paid in full."""
        return self.cash + self.long_equity - self.short_equity + self.futures + self.crypto

    @property
    def excess(self) -> Decimal:
        """What is free above the maintenance requirement."""
        return max(Decimal(0), self.funds - self.maintenance)

    @property
    def available(self) -> Decimal:
        """What new orders may use, in dollars of requirement; negative when too much is used already."""
        return self.funds - self.initial - self.reserve


class AccountSplit(msgspec.Struct, frozen=True):
    """There are `ratio` shares for each old one since the account's booking of id `booked`."""

    symbol: str
    ratio: int
    booked: int


class SimAccount(msgspec.Struct):
    """One account. `margin` says whether it may borrow."""

    number: str
    cash: Decimal
    holdings: list[SimHolding] = []
    nickname: str = "Individual"
    kind: str = "Individual"
    margin: bool = True
    opened: datetime.datetime = _OPENED
    transactions: list[Transaction] = []
    """Every booking, newest last."""
    reserve: Decimal = Decimal(0)
    """Dollars held back for orders at work."""
    closed: dict[str, SimHolding] = {}
    """Positions that came to nothing on the day they say, by symbol."""
    gains: dict[tuple[str, int], YearGain] = {}
    """What was made by underlying and year."""
    splits: list[AccountSplit] = []
    """What has split since the account's first booking, held or not, oldest first."""
    overrides: dict[str, Decimal] = {}
    """Figures a test has set by their name on the wire, whatever the market does."""
    standing: AccountStatus = msgspec.field(default_factory=AccountStatus)


class Customer(msgspec.Struct):
    """A person at the venue. What they granted to whom is the venue's to know."""

    first_name: str
    last_name: str
    email: str
    accounts: list[SimAccount]
    level: str = "api"
    """`api` streams in real time, `demo` is delayed, `none` has no quotes: a user who is no customer yet."""
    authorities: dict[str, Authority] = {}
    """What they may do with an account, by its number, where they do not own it."""

    def __repr__(self) -> str:
        return f"<Customer {self.first_name} {' '.join(account.number for account in self.accounts)}>"

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers of this person's accounts."""
        return frozenset(account.number for account in self.accounts)

    def authority(self, number: str) -> Authority:
        """Return what this person may do with an account of theirs."""
        return self.authorities.get(number, "owner")

    @property
    def id(self) -> str:
        """The venue's own id of this person."""
        who = f"{self.email} {self.accounts[0].number}"  # two people may share an account
        return "me-" + hashlib.sha256(who.encode()).hexdigest()[:12]


def mark(holding: SimHolding, market: SimMarket, surface: OptionSurface) -> SimMark:
    """Value one holding at the middle of its book. An option that has expired is worth nothing more to this market."""
    terms = read_terms(holding.symbol, market, surface)
    if terms is None:
        return SimMark(Decimal(0), Decimal(0), Decimal(0))
    state = surface.find(holding.symbol)
    if state is not None:
        surface.refresh(state, market.at)
    quoted = state or market.tapes.get(holding.symbol)
    price, close = (exact(quoted.mid), exact(quoted.prev_close)) if quoted else (Decimal(0), Decimal(0))
    cost = holding.cost if terms.is_settled_daily else Decimal(0)
    return SimMark(price, close, (price * holding.quantity - cost) * terms.multiplier)


def worth(account: SimAccount, market: SimMarket, surface: OptionSurface) -> Worth:
    """Value the whole account, exactly."""
    folio = portfolio(account, market, surface)
    need = margin.requirement(folio.lots, is_margin=account.margin)
    sums: dict[tuple[str, bool], Decimal] = collections.defaultdict(Decimal)
    for lot in folio.lots.values():
        sums[margin.bucket(lot.terms), lot.quantity < 0] += lot.value
    return Worth(
        cash=account.cash,
        long_equity=sums["equity", False],
        short_equity=-sums["equity", True],
        long_option=sums["option", False],
        short_option=-sums["option", True],
        maintenance=need.maintenance,
        initial=need.initial,
        reserve=account.reserve,
        futures=folio.profit,
        crypto=sums["crypto", False] + sums["crypto", True],
    )


def portfolio(account: SimAccount, market: SimMarket, surface: OptionSurface) -> margin.MarginPortfolio:
    """Return what an account holds, at its marks, to try trades on."""
    folio = margin.MarginPortfolio(account.cash)
    for holding in account.holdings:
        terms = read_terms(holding.symbol, market, surface)
        if terms is None:
            continue
        value = mark(holding, market, surface)
        spot = exact(market.tapes[terms.underlying].mid)
        folio.add_position(terms, holding.quantity, value.price, spot, cost=holding.cost)
    return folio


def secret(seed: int, name: str, length: int = 40) -> str:
    """Return a hexadecimal secret that only the seed decides."""
    return hashlib.shake_256(f"{seed}:{name}".encode()).hexdigest(length // 2)


def demo_customers(seed: int, market: SimMarket) -> list[Customer]:
    """Make the three people every loopback market has."""
    calls, puts = ("QQQ", 45, 1.0, "C", 2), ("SPY", 45, 0.95, "P", -1)
    alice = [
        demo_account(market, "5WX00001", "41250.75", (("QQQ", 60), ("AAPL", 120), ("TSLA", -25)), (calls, puts)),
        demo_account(market, "5WX00002", "8412.10", (("SPY", 40), ("GLD", 35)), (), "Roth IRA", margin=False),
    ]
    bob = [demo_account(market, "5WX00003", "152300.00", (("NVDA", 300), ("IWM", -100)), (("NVDA", 80, 1.1, "C", -3),))]
    carol = [demo_account(market, "5WX00004", "25000.00", (("TLT", 200),), ())]
    people = (("Alice", "Archer", alice), ("Bob", "Baker", bob), ("Carol", "Cooper", carol))
    return [
        Customer(
            first_name=first,
            last_name=last,
            email=f"{first.lower()}@example.com",
            accounts=accounts,
        )
        for first, last, accounts in people
    ]


def demo_account(
    market: SimMarket,
    number: str,
    cash: str,
    shares: tuple[tuple[str, int], ...],
    options: tuple[tuple[str, int, float, str, int], ...],
    kind: str = "Individual",
    *,
    margin: bool = True,
) -> SimAccount:
    """Open an account that bought `shares` and `options` a month ago, somewhat below today's prices."""
    opened = datetime.datetime.fromtimestamp(market.at / 1000, datetime.UTC) - datetime.timedelta(days=30)
    holdings = [
        SimHolding(symbol, Decimal(quantity), Decimal(repr(round(LISTINGS[symbol].price * 0.97, 2))), opened)
        for symbol, quantity in shares
    ]
    for symbol, days, moneyness, right, quantity in options:
        option = option_listing.near(LISTINGS[symbol], market.at, days, moneyness, right)
        average = Decimal(repr(round(LISTINGS[symbol].price * 0.02, 2)))
        holdings.append(SimHolding(option.symbol, Decimal(quantity), average, opened))
    return SimAccount(number, Decimal(cash), holdings, nickname=kind, kind=kind, margin=margin)
