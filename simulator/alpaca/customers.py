"""Who has an account at the simulated Alpaca, and with which keys. Pure; only the seed decides.

A pair of keys is good for one account. The broker that all of them came through sees every account, with keys of its
own, and HTTP Basic.
"""

import msgspec

from simulator.alpaca.format import lasting_id
from simulator.exchange.accounts import Customer, SimAccount, demo_account, secret
from simulator.market.market import SimMarket
from simulator.rate_limit import SimBucket

ALLOWED, BROKER_ALLOWED = 200, 1000
"""Requests a minute of a pair of keys."""


class SimAlpacaKey(msgspec.Struct, eq=False):
    """A pair of keys, whose account it opens, and how often it may still ask."""

    id: str
    secret: str
    person: Customer
    bucket: SimBucket = msgspec.field(default_factory=lambda: SimBucket(ALLOWED))
    is_revoked: bool = False

    @property
    def account(self) -> SimAccount:
        """The account it opens."""
        return self.person.accounts[0]

    @property
    def numbers(self) -> frozenset[str]:
        """The number of that account, as faults want it."""
        return self.person.numbers

    def __repr__(self) -> str:
        return f"<Key of {self.person!r}>"


def account_id(account: SimAccount) -> str:
    """Return the venue's own id of an account."""
    return lasting_id("alpaca account", account.number)


def demo_keys(seed: int, market: SimMarket) -> list[SimAlpacaKey]:
    """Make the three people every loopback market has, with a pair of keys each."""
    calls, puts = ("QQQ", 45, 1.0, "C", 2), ("AAPL", 45, 0.95, "P", -1)
    alice = demo_account(market, "PA0000000001", "52310.25", (("AAPL", 60), ("SPY", 25), ("TSLA", -20)), (calls, puts))
    bob = demo_account(market, "PA0000000002", "98740.00", (("NVDA", 120),), (("NVDA", 80, 1.1, "C", -1),))
    carol = demo_account(market, "PA0000000003", "100000.00", (), ())
    people = (("Alice", "Archer", alice), ("Bob", "Baker", bob), ("Carol", "Cooper", carol))
    return [new_key(*credentials(seed, first), first, last, account) for first, last, account in people]


def credentials(seed: int, name: str) -> tuple[str, str]:
    """Return the pair of keys of a name."""
    return f"PK{secret(seed, f'alpaca {name} id', 18).upper()}", secret(seed, f"alpaca {name} secret")


def new_key(id: str, secret: str, first: str, last: str, account: SimAccount) -> SimAlpacaKey:
    """Give a person an account, and keys to it."""
    return SimAlpacaKey(id, secret, Customer(first, last, f"{first.lower()}@example.com", [account]))
