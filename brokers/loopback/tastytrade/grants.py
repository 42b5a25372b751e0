"""Who may speak for whom at the simulated tastytrade: OAuth applications, and what customers granted them. Pure.

A customer has any number of grants, each with a refresh token, scopes and an end of its own. An application belongs to
one customer and opens that customer's accounts only, or is a trusted partner's, which any customer may grant.
"""

import typing

import msgspec

from brokers.loopback.accounts import Customer, secret

SCOPES = ("read", "trade", "openid")
"""Every scope there is, in the order in which they are told."""


class Application(msgspec.Struct):
    """A registered OAuth client. `owner` None: a trusted partner. Redirect URIs match exactly or not at all."""

    id: str
    secret: str
    owner: Customer | None
    name: str = "Tapedeck"
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES

    def __repr__(self) -> str:
        return f"<Application {self.id}>"

    def may_ask(self, customer: Customer) -> bool:
        """Whether `customer` can grant this application anything."""
        return self.owner is None or self.owner is customer


class Grant(msgspec.Struct, eq=False):
    """What a customer granted an application. `refresh_token` is the newest; a rotated one is good no more."""

    application: Application
    customer: Customer
    refresh_token: str
    scopes: tuple[str, ...] = SCOPES
    revoked: bool = False

    def __repr__(self) -> str:
        return f"<Grant of {self.customer!r} to {self.application!r}>"


class Grants:
    """The register of applications and grants."""

    def __init__(self) -> None:
        self.applications: dict[str, Application] = {}
        self._by_token: dict[str, Grant] = {}

    def __iter__(self) -> typing.Iterator[Grant]:
        return iter(list(self._by_token.values()))

    def register(self, application: Application) -> None:
        """Let `application` ask for grants; one of the same id is replaced."""
        self.applications[application.id] = application

    def add(self, grant: Grant) -> None:
        """Let a grant's refresh token be good."""
        self._by_token[grant.refresh_token] = grant

    def find(self, refresh_token: str) -> Grant | None:
        """Return the grant of a refresh token, also a revoked one."""
        return self._by_token.get(refresh_token)

    def of(self, customer: Customer) -> list[Grant]:
        """Return everything a customer granted, the oldest first."""
        return [grant for grant in self._by_token.values() if grant.customer is customer]


def token(seed: int, name: str) -> str:
    """Return a refresh token of the shape tastytrade's have: three dotted parts, opaque to a client."""
    return ".".join(
        (
            "eyJhbGciOiJFZERTQSIsInR5cCI6InJ0K2p3dCJ9",
            secret(seed, f"{name} claims", 160),
            secret(seed, f"{name} seal", 86),
        )
    )


def personal(customer: Customer, application_secret: str, refresh_token: str, scopes: tuple[str, ...]) -> Grant:
    """Make a customer's own application, and the grant they made of it for themselves."""
    owned = Application(f"own-{customer.id}", application_secret, customer, f"{customer.first_name}'s own client")
    return Grant(owned, customer, refresh_token, scopes)


def demo_grants(seed: int, customers: typing.Iterable[Customer]) -> Grants:
    """Make an application and a grant of their own for each customer, whose secrets only the seed decides."""
    made = Grants()
    for customer in customers:
        name = customer.first_name
        grant = personal(customer, secret(seed, f"{name} client"), token(seed, name), SCOPES)
        made.register(grant.application)
        made.add(grant)
    return made
