"""The people of a demo. Their password is no secret: a demo listens on this machine only."""

import asyncio
import pathlib
import typing

import httpx2
import msgspec

from accounts.credentials import keys
from accounts.links import linking, oauth
from accounts.models import BrokerLink, User
from brokers.catalogue import LOOPBACK_FILE, VENUES, CredentialField
from brokers.contract.broker import Credentials
from news.models import NewsLink
from news.sources.catalogue import KINDS, KindName

PASSWORD = "tapedeck-demo"
PEOPLE = ("alice@example.com", "bob@example.com")
"""The first one owns the desk."""
SESSIONS = 40
"""How many sessions of signals, in simulated time, the owner begins with."""
ENVIRONMENT = "simulated"
NEWS = "news"
"""What the loopback's file calls the sources of news."""
NEWS_KIND: KindName = "alpaca"
"""The kind of source that the first person has a key of."""
NEWS_LABEL = "Simulated Alpaca news"


class Client(msgspec.Struct, frozen=True):
    """An OAuth client that the loopback venue knows."""

    client_id: str


class Simulated(msgspec.Struct, frozen=True):
    """A loopback venue: where it is, whom it knows, and what it hands out."""

    rest: str
    clients: tuple[Client, ...] = ()
    grants: tuple[dict[str, typing.Any], ...] = ()
    """Of each customer; those of a sandbox come last."""

    def credentials(self, venue: str, place: int) -> Credentials | None:
        """Return what the customer at `place` would paste, or None where there is none."""
        return self._pasted(VENUES[venue].fields, place)

    def news_key(self, place: int) -> Credentials | None:
        """Return what the reader at `place` would paste as their key of NEWS_KIND, or None where there is none."""
        return self._pasted(KINDS[NEWS_KIND].fields, place)

    def _pasted(self, fields: tuple[CredentialField, ...], place: int) -> Credentials | None:
        if place >= len(self.grants):
            return None
        return Credentials({field.name: self.grants[place][field.name] for field in fields})


def simulated(run_dir: pathlib.Path) -> dict[str, Simulated]:
    """Return the loopback venues that run for this desk, by name: those this desk can be linked to."""
    return {name: venue for name, venue in _told(run_dir).items() if name in VENUES}


def _told(run_dir: pathlib.Path) -> dict[str, Simulated]:
    try:
        return msgspec.json.decode((run_dir / LOOPBACK_FILE).read_bytes(), type=dict[str, Simulated])
    except FileNotFoundError:
        return {}


def address(run_dir: pathlib.Path) -> str:
    """Return where the loopback venues listen: all at the same place. Empty while there are none."""
    return next((venue.rest for venue in simulated(run_dir).values()), "")


def seed(run_dir: pathlib.Path) -> typing.Iterator[str]:
    """Make the people there are not yet, and link each to a customer of each running venue. Yields what it did.

    The first one has a key of a simulated source of news too: what it brings is theirs alone.

    Raises LinkRefusedError when a venue refuses its own grant.
    """
    venues = simulated(run_dir)
    for venue in venues.values():
        if venue.clients and oauth.callback():
            _register(venue)
            yield f"Registered {oauth.callback()}"
    for place, email in enumerate(PEOPLE):
        person = User.objects.filter(email=email).first()
        if person is None:
            make = User.objects.create_superuser if place == 0 else User.objects.create_user
            person = make(email, PASSWORD)
            yield f"Made {email}"
        for name, venue in venues.items():
            credentials = venue.credentials(name, place)
            if credentials is not None and _link(person, name, credentials):
                yield f"Linked {email} to {label(name)}"
    owner = User.objects.get(email=PEOPLE[0])
    news = _told(run_dir).get(NEWS)
    key = news.news_key(0) if news is not None else None
    if key is not None and _link_news(owner, key):
        yield f"Linked {owner.email} to {NEWS_LABEL}"


def label(venue: str) -> str:
    """Return what a link to a simulated venue is called."""
    return f"Simulated {VENUES[venue].title}"


def _register(venue: Simulated) -> None:
    """Let every client of the venue send people back to this desk."""
    with httpx2.Client(base_url=venue.rest, trust_env=False) as door:
        for client in venue.clients:
            order = {"client_id": client.client_id, "redirect_uris": [oauth.callback()]}
            door.post("/_sim/client", json=order).raise_for_status()


def _link(person: User, venue: str, credentials: Credentials) -> bool:
    """Link `person`, or link again after the venue's grants changed. Returns whether there was anything to do."""
    existing = BrokerLink.objects.filter(person=person, label=label(venue)).first()
    if existing is not None and existing.unseal() == credentials:
        return False
    identity = asyncio.run(linking.verify(venue, ENVIRONMENT, credentials))
    if existing is None:
        linking.link(person, venue, ENVIRONMENT, label(venue), credentials, identity)
    else:
        linking.relink(existing, credentials, identity)
    return True


def _link_news(person: User, key: Credentials) -> bool:
    """Link a source of news for `person`, or give it another key. Returns whether there was anything to do."""
    row = NewsLink.objects.filter(person=person, kind=NEWS_KIND, environment=ENVIRONMENT).first()
    if row is not None and row.unseal() == key:
        return False
    row = row or NewsLink(person=person, kind=NEWS_KIND, environment=ENVIRONMENT, name=NEWS_LABEL)
    with keys.locked():
        row.seal(key)
        row.save()
    return True
