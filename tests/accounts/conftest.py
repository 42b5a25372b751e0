"""A real simulated venue, and people at it."""

import pathlib
import typing
import uuid

import httpx
import msgspec
import pytest
from django.test import Client

from accounts.links import linking
from accounts.models import BrokerLink, User
from accounts.signals import access_ended, links_changed
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from tests.support.desk import Program, clean_environment
from tests.support.people import ALICE, BOB, PASSWORD
from tests.support.plain_http import NO_TLS

VENUE = "tastytrade"


class Venue:
    """A running loopback venue: its grants, and its control endpoint."""

    def __init__(self, line: bytes) -> None:
        self.line: dict[str, typing.Any] = msgspec.json.decode(line)
        """All venues that run there."""
        self.told: dict[str, typing.Any] = self.line[VENUE]
        self.rest: str = self.told["rest"]
        self.grants: list[dict[str, typing.Any]] = self.told["grants"]
        self.http = httpx.Client(verify=NO_TLS, base_url=self.rest, trust_env=False)

    def grant(self, customer: int) -> Credentials:
        """What customer number `customer` would paste."""
        grant = self.grants[customer]
        return Credentials(client_secret=grant["client_secret"], refresh_token=grant["refresh_token"])

    def fault(self, **order: typing.Any) -> None:
        """Order a fault."""
        self.order("fault", **order)

    def order(self, what: str, **order: typing.Any) -> None:
        """Order something of the venue's door."""
        self.http.post(f"/_sim/{what}", json=order).raise_for_status()


@pytest.fixture(scope="session")
def _venue(tmp_path_factory: pytest.TempPathFactory) -> typing.Iterator[Venue]:
    folder = tmp_path_factory.mktemp("venue")
    options = ["--json", "--port", "0", "--write", str(folder / "loopback.json")]
    program = Program(["-m", "simulator", *options], clean_environment(), folder / "venue.log")
    program.start()
    try:
        venue = Venue(b"{" + program.line("{").encode())
        with venue.http:
            yield venue
    finally:
        program.stop()


@pytest.fixture
def venue(_venue: Venue, settings: typing.Any, tmp_path: pathlib.Path) -> Venue:
    """The venue, published where this desk looks for it, in good order."""
    _venue.fault(fault="restore")
    _venue.fault(fault="clear")
    (tmp_path / "loopback.json").write_bytes(msgspec.json.encode(_venue.line))
    settings.RUN_DIR = tmp_path
    return _venue


@pytest.fixture
def rotating(venue: Venue) -> Credentials:
    """A customer of this test's own, with the venue about to rotate their refresh token."""
    number = f"5WY{uuid.uuid4().hex[:5].upper()}"
    given = Credentials(client_secret=f"secret of {number}", refresh_token=f"token of {number}")
    venue.order("customer", **given, accounts=[{"number": number}])
    venue.fault(fault="rotate", account=number, times=1)
    return given


@pytest.fixture
def alice(db: None) -> User:
    """Somebody with an account at the desk."""
    return User.objects.create_user(ALICE, PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    """Somebody else."""
    return User.objects.create_user(BOB, PASSWORD)


@pytest.fixture
def owner(db: None) -> User:
    """Who owns the desk."""
    return User.objects.create_superuser("owner@example.com", PASSWORD)


def sign_in(person: User, **options: typing.Any) -> Client:
    """Return the browser of `person`, signed in."""
    browser = Client(**options)
    browser.force_login(person)
    return browser


def make_link(
    person: User, label: str = "Main", credentials: Credentials | None = None, *numbers: str, environment: str = "live"
) -> BrokerLink:
    """Store a link without asking a venue."""
    given = credentials or Credentials(client_secret=f"secret of {label}", refresh_token=f"token of {label}")
    accounts = tuple(AccountIdentity(number) for number in numbers or ("5WX00001",))
    return linking.link(person, VENUE, environment, label, given, Identity(accounts, ("read",), False))


class Heard(typing.NamedTuple):
    """What accounts announced, in order: links of whom, sessions of whom (None: all access), tokens of whom."""

    links: list[int]
    access: list[tuple[int, str | None]]
    tokens: list[tuple[int, str]]


@pytest.fixture
def heard() -> typing.Iterator[Heard]:
    """Everything that is announced from now on."""
    told = Heard([], [], [])

    def on_links(person_id: int, **_: typing.Any) -> None:
        told.links.append(person_id)

    def on_access(person_id: int, session_key: str | None, token_id: str | None, **_: typing.Any) -> None:
        if token_id is None:
            told.access.append((person_id, session_key))
        else:
            told.tokens.append((person_id, token_id))

    links_changed.connect(on_links)
    access_ended.connect(on_access)
    yield told
    links_changed.disconnect(on_links)
    access_ended.disconnect(on_access)
