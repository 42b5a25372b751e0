"""Who may speak for whom at the simulated tastytrade: OAuth applications, and what customers granted them. Pure.

A customer has any number of grants, each with a refresh token, scopes and an end of its own. An application belongs to
one customer and opens that customer's accounts only, or is a trusted partner's, which any customer may grant.
"""

import secrets
import typing

import msgspec

from simulator.exchange.accounts import Customer, secret

Scope = typing.Literal["read", "trade", "openid"]
SCOPES: tuple[Scope, ...] = ("read", "trade", "openid")
"""Every scope there is, in the order in which they are told."""
PARTNER = "tapedeck"
"""The id of the trusted partner that every market has; any customer may grant it."""
_HEAD = "eyJhbGciOiJFZERTQSIsInR5cCI6InJ0K2p3dCJ9"


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


class SimTastytradeGrant(msgspec.Struct, eq=False):
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
        self.by_token: dict[str, SimTastytradeGrant] = {}
        """Every grant by each of its refresh tokens that is good."""

    def __iter__(self) -> typing.Iterator[SimTastytradeGrant]:
        return iter(dict.fromkeys(self.by_token.values()))

    def register(self, application: Application) -> None:
        """Let `application` ask for grants; one of the same id is replaced."""
        self.applications[application.id] = application

    def add(self, grant: SimTastytradeGrant) -> None:
        """Let a grant's refresh token be good."""
        self.by_token[grant.refresh_token] = grant

    def find(self, refresh_token: str) -> SimTastytradeGrant | None:
        """Return the grant of a refresh token, also a revoked one."""
        return self.by_token.get(refresh_token)

    def grant(self, application: Application, customer: Customer, scopes: tuple[str, ...]) -> SimTastytradeGrant:
        """Make a new grant, with a refresh token nobody can guess."""
        made = SimTastytradeGrant(application, customer, new_token(), scopes)
        self.add(made)
        return made

    def rotate(self, grant: SimTastytradeGrant, *, is_old_good: bool = False) -> None:
        """Give a grant a new refresh token; the old one is good no more, unless it shall be."""
        old, grant.refresh_token = grant.refresh_token, new_token()
        kept = {token: known for token, known in self.by_token.items() if is_old_good or token != old}
        self.by_token = {known.refresh_token: known for known in self} | kept


CODE_S = 60.0
_REMEMBERED_S = 600.0
"""So long after its end a code that is shown again still ends what it gave."""


class Code(msgspec.Struct, eq=False):
    """An authorization code's terms. `grant` is what it was exchanged for, once it was."""

    application: Application
    redirect_uri: str
    customer: Customer
    scopes: tuple[str, ...]
    until: float
    grant: SimTastytradeGrant | None = None


class Codes:
    """Authorization codes. Used ones are remembered: whoever shows one again ends what it gave."""

    def __init__(self, lifetime: float = CODE_S) -> None:
        self.lifetime = lifetime
        self.known: dict[str, Code] = {}

    def issue(
        self, application: Application, redirect_uri: str, customer: Customer, scopes: tuple[str, ...], now: float
    ) -> str:
        """Make a code that an application can exchange, once and soon."""
        self.known = {text: code for text, code in self.known.items() if now < code.until + _REMEMBERED_S}
        code = secrets.token_urlsafe(32)
        self.known[code] = Code(application, redirect_uri, customer, scopes, now + self.lifetime)
        return code

    def find(self, code: str) -> Code | None:
        """Return a code's terms, however old or used it is."""
        return self.known.get(code)


def new_token() -> str:
    """Return a refresh token nobody can guess."""
    return f"{_HEAD}.{secrets.token_urlsafe(120)}.{secrets.token_urlsafe(64)}"


def token(seed: int, name: str) -> str:
    """Return a refresh token of the shape tastytrade's have: three dotted parts, opaque to a client."""
    return ".".join((_HEAD, secret(seed, f"{name} claims", 160), secret(seed, f"{name} seal", 86)))


def personal(
    customer: Customer, application_secret: str, refresh_token: str, scopes: tuple[str, ...]
) -> SimTastytradeGrant:
    """Make a customer's own application, and the grant they made of it for themselves."""
    owned = Application(f"own-{customer.id}", application_secret, customer, f"{customer.first_name}'s own client")
    return SimTastytradeGrant(owned, customer, refresh_token, scopes)


def demo_grants(seed: int, customers: typing.Iterable[Customer]) -> Grants:
    """Make an application and a grant of their own for each customer, and a trusted partner; only the seed decides."""
    made = Grants()
    made.register(Application(PARTNER, secret(seed, "partner"), None))
    for customer in customers:
        name = customer.first_name
        grant = personal(customer, secret(seed, f"{name} client"), token(seed, name), SCOPES)
        made.register(grant.application)
        made.add(grant)
    return made
