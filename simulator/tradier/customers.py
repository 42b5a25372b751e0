"""Who has an account at the simulated Tradier, and with which tokens. Pure.

Live and sandbox have accounts and tokens of their own: neither token opens the other's door. A person has two live
tokens, so that what reads market data need not be what trades.
"""

import typing

import msgspec

from simulator.exchange.accounts import Customer, SimAccount, demo_account, secret
from simulator.market.market import SimMarket
from simulator.tradier.rate_limit import ALLOWED, Environment, Group, SimTradierBucket

AccountType = typing.Literal["margin", "cash", "pdt"]
_TOKEN_LENGTH = 28


class Person(Customer, kw_only=True):
    """A customer in one of the two environments, and what kind each account is of by its number."""

    environment: Environment
    types: dict[str, AccountType]

    @property
    def login(self) -> str:
        """The id of their profile."""
        return f"id-{self.first_name[0]}{self.last_name}".lower()


class Token(msgspec.Struct, eq=False):
    """An access token, and how often it may still ask."""

    text: str
    person: Person
    buckets: dict[Group, SimTradierBucket]
    is_revoked: bool = False
    is_expired: bool = False

    @property
    def environment(self) -> Environment:
        """Where it is good."""
        return self.person.environment

    def __repr__(self) -> str:
        return f"<Token of {self.person!r}>"


def new_token(text: str, person: Person) -> Token:
    """Make a token with full buckets."""
    return Token(
        text, person, {group: SimTradierBucket(allowed) for group, allowed in ALLOWED[person.environment].items()}
    )


class SimTradierGrant(msgspec.Struct, frozen=True):
    """What a person pastes to link their accounts: in the sandbox one token does for both."""

    person: Person
    data: Token
    trading: Token


def demo_grants(seed: int, market: SimMarket) -> list[SimTradierGrant]:
    """Make the three people every loopback market has, live and in the sandbox; only the seed decides."""
    made = []
    for person in (*_live(market), *_sandbox(market)):
        uses = ("data", "trading") if person.environment == "live" else ("sandbox",)
        tokens = [new_token(secret(seed, f"tradier {person.first_name} {use}", _TOKEN_LENGTH), person) for use in uses]
        made.append(SimTradierGrant(person, tokens[0], tokens[-1]))
    return made


def _live(market: SimMarket) -> list[Person]:
    calls, puts = ("SPY", 45, 1.0, "C", 3), ("AAPL", 45, 0.95, "P", -1)
    margin = demo_account(market, "6YA00001", "38650.40", (("SPY", 80), ("MSFT", 40), ("AMD", -30)), (calls, puts))
    ira = demo_account(market, "6YA00002", "6120.55", (("TLT", 60), ("XLE", 25)), (), "roth_ira", margin=False)
    bob = demo_account(market, "6YA00003", "131900.00", (("QQQ", 150),), (("QQQ", 80, 1.1, "C", -1),))
    carol = demo_account(market, "6YA00004", "25000.00", (), ())
    return [
        new_person("live", "Alice", "Archer", (margin, "margin"), (ira, "cash")),
        new_person("live", "Bob", "Baker", (bob, "pdt")),
        new_person("live", "Carol", "Cooper", (carol, "margin")),
    ]


def _sandbox(market: SimMarket) -> list[Person]:
    names = (("Alice", "Archer"), ("Bob", "Baker"), ("Carol", "Cooper"))
    return [
        new_person("sandbox", *name, (demo_account(market, f"VA0000000{n}", "100000.00", (), ()), "margin"))
        for n, name in enumerate(names, 1)
    ]


def new_person(environment: Environment, first: str, last: str, *accounts: tuple[SimAccount, AccountType]) -> Person:
    """Make a person who has these accounts."""
    return Person(
        first_name=first,
        last_name=last,
        email=f"{first.lower()}@example.com",
        accounts=[account for account, _ in accounts],
        environment=environment,
        types={account.number: kind for account, kind in accounts},
    )
