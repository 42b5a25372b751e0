"""People of the loopback venues: customers, their accounts, and what those are worth on the market. Pure.

Money and quantities are `Decimal`, in dollars, shares and contracts; a short quantity is negative. An account's net
liquidating value is its cash plus every position at its mark, so it moves with the market.
"""

import datetime
import decimal
import hashlib

import msgspec

from brokers.loopback import chains
from brokers.loopback.market import Market
from brokers.loopback.standing import Authority, Standing
from brokers.loopback.surface import Surface
from brokers.loopback.universe import LISTINGS
from brokers.symbols import parse_option

Decimal = decimal.Decimal
CENT = Decimal("0.01")
_OPENED = datetime.datetime(2019, 3, 14, 15, 39, 31, 265000, datetime.UTC)


class Holding(msgspec.Struct):
    """A position: `symbol` as Tapedeck writes it (options without padding), `average` per share."""

    symbol: str
    quantity: Decimal
    average: Decimal
    opened: datetime.datetime

    @property
    def multiplier(self) -> int:
        """Shares a unit stands for."""
        return 100 if self.is_option else 1

    @property
    def is_option(self) -> bool:
        """Whether this is an option position."""
        return parse_option(self.symbol) is not None


class Mark(msgspec.Struct, frozen=True):
    """What one holding is worth: `price` and `close` per share, `value` in all, negative when short."""

    price: Decimal
    close: Decimal
    value: Decimal


class Worth(msgspec.Struct, frozen=True):
    """What an account is worth, every sum positive but `cash` and `net_liq`."""

    cash: Decimal
    long_equity: Decimal
    short_equity: Decimal
    long_option: Decimal
    short_option: Decimal
    maintenance: Decimal

    @property
    def net_liq(self) -> Decimal:
        """Cash plus every position at its mark."""
        return self.cash + self.long_equity - self.short_equity + self.long_option - self.short_option

    @property
    def excess(self) -> Decimal:
        """What is free above the maintenance requirement."""
        return max(Decimal(0), self.net_liq - self.long_option - self.maintenance)


class Account(msgspec.Struct):
    """One account. `margin` says whether it may borrow."""

    number: str
    cash: Decimal
    holdings: list[Holding] = []
    nickname: str = "Individual"
    kind: str = "Individual"
    margin: bool = True
    opened: datetime.datetime = _OPENED
    overrides: dict[str, Decimal] = {}
    """Figures a test has set by their name on the wire, whatever the market does."""
    standing: Standing = msgspec.field(default_factory=Standing)


class Customer(msgspec.Struct):
    """A person at the venue. What they granted to whom is the venue's to know."""

    first_name: str
    last_name: str
    email: str
    accounts: list[Account]
    level: str = "api"
    """`api` streams in real time, `demo` is delayed."""
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


def mark(holding: Holding, market: Market, surface: Surface) -> Mark:
    """Value one holding at the middle of its book."""
    state = surface.find(holding.symbol)
    if state is not None:
        surface.refresh(state, market.at)
        price, close = state.mid, state.prev_close
    elif holding.is_option:
        price = close = 0.0  # expired: worth nothing more to this market
    else:
        tape = market.tapes[holding.symbol]
        price, close = tape.mid, tape.prev_close
    exact = Decimal(repr(round(price, 4)))
    return Mark(exact, Decimal(repr(close)), exact * holding.quantity * holding.multiplier)


def worth(account: Account, market: Market, surface: Surface) -> Worth:
    """Value the whole account."""
    sums = {(option, short): Decimal(0) for option in (False, True) for short in (False, True)}
    for holding in account.holdings:
        sums[holding.is_option, holding.quantity < 0] += abs(mark(holding, market, surface).value)
    long_equity, short_equity, long_option, short_option = (
        sums[key].quantize(CENT, decimal.ROUND_HALF_EVEN)
        for key in ((False, False), (False, True), (True, False), (True, True))
    )
    need = long_equity * (Decimal("0.25") if account.margin else 1) + short_equity * Decimal("0.30") + short_option * 5
    return Worth(account.cash, long_equity, short_equity, long_option, short_option, need.quantize(CENT))


def secret(seed: int, name: str, length: int = 40) -> str:
    """Return a hexadecimal secret that only the seed decides."""
    return hashlib.shake_256(f"{seed}:{name}".encode()).hexdigest(length // 2)


def demo_customers(seed: int, market: Market) -> list[Customer]:
    """Make the three people every loopback market has."""
    calls, puts = ("QQQ", 45, 1.0, "C", 2), ("SPY", 45, 0.95, "P", -1)
    alice = [
        _account(market, "5WX00001", "41250.75", (("QQQ", 60), ("AAPL", 120), ("TSLA", -25)), (calls, puts)),
        _account(market, "5WX00002", "8412.10", (("SPY", 40), ("GLD", 35)), (), "Roth IRA", margin=False),
    ]
    bob = [_account(market, "5WX00003", "152300.00", (("NVDA", 300), ("IWM", -100)), (("NVDA", 80, 1.1, "C", -3),))]
    carol = [_account(market, "5WX00004", "25000.00", (("TLT", 200),), ())]
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


def _account(
    market: Market,
    number: str,
    cash: str,
    shares: tuple[tuple[str, int], ...],
    options: tuple[tuple[str, int, float, str, int], ...],
    kind: str = "Individual",
    *,
    margin: bool = True,
) -> Account:
    opened = datetime.datetime.fromtimestamp(market.at / 1000, datetime.UTC) - datetime.timedelta(days=30)
    holdings = [
        Holding(symbol, Decimal(quantity), Decimal(repr(round(LISTINGS[symbol].price * 0.97, 2))), opened)
        for symbol, quantity in shares
    ]
    for symbol, days, moneyness, right, quantity in options:
        option = chains.near(LISTINGS[symbol], market.at, days, moneyness, right)
        average = Decimal(repr(round(LISTINGS[symbol].price * 0.02, 2)))
        holdings.append(Holding(option.symbol, Decimal(quantity), average, opened))
    return Account(number, Decimal(cash), holdings, nickname=kind, kind=kind, margin=margin)
