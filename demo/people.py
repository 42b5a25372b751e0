"""The people of a demo. Their password is no secret: a demo listens on this machine only."""

import asyncio
import pathlib
import typing

import msgspec

from accounts import linking
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


class Simulated(msgspec.Struct, frozen=True):
    """A loopback venue: where it is, and what it hands out."""

    rest: str = ""
    grants: tuple[Grant, ...] = ()


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
    handed_out = simulated(run_dir).grants
    for place, email in enumerate(PEOPLE):
        person = User.objects.filter(email=email).first()
        if person is None:
            make = User.objects.create_superuser if place == 0 else User.objects.create_user
            person = make(email, PASSWORD)
            yield f"Made {email}"
        if place < len(handed_out) and _link(person, handed_out[place].credentials):
            yield f"Linked {email} to {LABEL}"


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
