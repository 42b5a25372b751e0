"""The people of a demo. Their password is no secret: a demo listens on this machine only."""

import asyncio
import pathlib
import typing

import httpx2
import msgspec

from accounts import linking, redirects
from accounts.models import BrokerLink, User
from brokers.catalogue import LOOPBACK_FILE
from brokers.contract import Credentials

PASSWORD = "tapedeck-demo"
PEOPLE = ("alice@example.com", "bob@example.com")
"""The first one owns the desk."""
LABEL = "Simulated tastytrade"
VENUE, ENVIRONMENT = "tastytrade", "simulated"


class Grant(msgspec.Struct, frozen=True):
    """One customer's grant, as the loopback venue tells it."""

    client_secret: str
    refresh_token: str

    @property
    def credentials(self) -> Credentials:
        """What a person would paste."""
        return Credentials(client_secret=self.client_secret, refresh_token=self.refresh_token)


class Client(msgspec.Struct, frozen=True):
    """An OAuth client that the loopback venue knows."""

    client_id: str


class Simulated(msgspec.Struct, frozen=True):
    """A loopback venue: where it is, whom it knows, and what it hands out."""

    rest: str = ""
    clients: tuple[Client, ...] = ()
    grants: tuple[Grant, ...] = ()

    @property
    def port(self) -> int:
        """Where it listens; 0 when it is not there."""
        return httpx2.URL(self.rest).port or 0


def simulated(run_dir: pathlib.Path) -> Simulated:
    """Return the loopback venue that runs for this desk; one with no grants when there is none."""
    try:
        return msgspec.json.decode((run_dir / LOOPBACK_FILE).read_bytes(), type=dict[str, Simulated])[VENUE]
    except FileNotFoundError:
        return Simulated()


def seed(run_dir: pathlib.Path) -> typing.Iterator[str]:
    """Make the people there are not yet, and link each to a customer of the running venue. Yields what it did.

    Raises LinkRefusedError when the venue refuses its own grant.
    """
    venue = simulated(run_dir)
    handed_out = venue.grants
    if venue.rest and redirects.callback():
        _register(venue)
        yield f"Registered {redirects.callback()}"
    for place, email in enumerate(PEOPLE):
        person = User.objects.filter(email=email).first()
        if person is None:
            make = User.objects.create_superuser if place == 0 else User.objects.create_user
            person = make(email, PASSWORD)
            yield f"Made {email}"
        if place < len(handed_out) and _link(person, handed_out[place].credentials):
            yield f"Linked {email} to {LABEL}"


def _register(venue: Simulated) -> None:
    """Let every client of the venue send people back to this desk."""
    with httpx2.Client(base_url=venue.rest, trust_env=False) as door:
        for client in venue.clients:
            order = {"client_id": client.client_id, "redirect_uris": [redirects.callback()]}
            door.post("/_sim/client", json=order).raise_for_status()


def _link(person: User, credentials: Credentials) -> bool:
    """Link `person`, or link again after the venue's grants changed. Returns whether there was anything to do."""
    existing = BrokerLink.objects.filter(person=person, label=LABEL).first()
    if existing is not None and existing.unseal() == credentials:
        return False
    identity = asyncio.run(linking.verify(VENUE, ENVIRONMENT, credentials))
    if existing is None:
        linking.link(person, VENUE, ENVIRONMENT, LABEL, credentials, identity)
    else:
        linking.relink(existing, credentials, identity)
    return True
