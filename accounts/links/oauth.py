"""Linking by redirect: a person leaves for their venue's authorize page and comes back with a code (RFC 6749, 4.1).

What ties the two ends together is a `PendingLink`, whose signed id is the `state`: it names the person, their session,
what is to be linked and with which client. It is taken once, whatever comes of it, by who left and nobody else.
"""

import datetime
import pathlib
import typing

import msgspec
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.debug import sensitive_variables

from accounts.credentials import keys
from accounts.credentials.encryption import SealError
from accounts.links import linking, store
from accounts.links.linking import LinkRefusedError
from accounts.models import BrokerLink, PendingLink, User
from brokers import catalogue
from brokers.catalogue import VENUES, Venue
from brokers.contract.broker import Credentials, Identity
from brokers.contract.errors import BrokerError
from brokers.contract.oauth import CodeGrant, OAuthClient

LIFETIME = datetime.timedelta(minutes=10)
AT_ONCE = 10
"""Departures of one person that are kept; the oldest makes room."""
_SIGNER = signing.TimestampSigner(sep=".", salt="accounts.redirects")
_AGAIN = "Nothing was linked; begin again here."
_REFUSALS = {
    "access_denied": "You did not let this desk in at {title}. Nothing was linked.",
    "invalid_scope": "{title} does not give this client the access that was asked for. Nothing was linked.",
    "unauthorized_client": "{title} does not let this client link that account. Nothing was linked.",
    "temporarily_unavailable": "{title} is not available just now. Nothing was linked; try again later.",
}
"""What venues send people back with, said in our words: theirs could be anybody's."""


class Return(typing.NamedTuple):
    """What a browser comes back with. Shows nothing of it."""

    state: str
    code: str
    error: str

    def __repr__(self) -> str:
        return "<Return>"


# What can be chosen


def environments(venue: Venue) -> list[str]:
    """Return where `venue` can be linked by redirect."""
    return linking.offered(venue.redirect.pages) if venue.redirect else []


def choices(venue: Venue) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return what a person may grant: by the last scope of each, its scopes and what they mean."""
    return {scopes[-1]: (scopes, text) for scopes, text in venue.redirect.access.items()} if venue.redirect else {}


def desk_client(venue: Venue, environment: str) -> OAuthClient | None:
    """Return the client that the whole desk has at `venue`, if it has one there."""
    configured = None
    if venue.redirect is not None:
        given = [store.desk_wide(name) for name in (venue.redirect.client_id, venue.redirect.client_secret)]
        configured = OAuthClient(*given) if all(given) else None
    return catalogue.desk_client(venue.name, environment, configured, pathlib.Path(settings.RUN_DIR))


def site() -> str:
    """Return the desk's own origin. Never what a request says of it: where codes are sent is not for a Host to decide.

    Empty where it is not known: then nobody is sent anywhere.
    """
    if settings.SITE_URL or settings.PRODUCTION:
        return str(settings.SITE_URL)
    return f"http://127.0.0.1:{settings.PORT}" if settings.PORT else ""


def callback() -> str:
    """Return the redirect URI, as it is to be registered; empty where the desk's own origin is not known."""
    return site() and site() + reverse("accounts:callback")


# Leaving


@sensitive_variables("client")
def leave(
    person: User,
    session: str,
    venue: Venue,
    environment: str,
    label: str,
    client: OAuthClient,
    scopes: typing.Sequence[str],
    existing: BrokerLink | None = None,
) -> PendingLink:
    """Note that `person` leaves for `venue`, to link it as `label` or to link `existing` again."""
    PendingLink.objects.filter(expires__lt=timezone.now()).delete()
    mine = PendingLink.objects.filter(person=person).order_by("-expires").values_list("pk", flat=True)
    PendingLink.objects.filter(pk__in=list(mine[AT_ONCE - 1 :])).delete()
    pending = PendingLink(
        person=person,
        browser=_browser(session),
        venue=venue.name,
        environment=environment,
        label=label,
        link=existing,
        client_id=client.id,
        redirect_uri=callback(),
        scopes=list(scopes),
        expires=timezone.now() + LIFETIME,
    )
    with keys.locked():
        pending.seal(Credentials(client_secret=client.secret))
        pending.save(force_insert=True)
    return pending


def address(pending: PendingLink) -> str:
    """Return where a person who leaves is sent. Raises LinkRefusedError."""
    try:
        flow = catalogue.oauth(pending.venue, pending.environment, pathlib.Path(settings.RUN_DIR))
    except BrokerError as error:
        raise LinkRefusedError(f"{VENUES[pending.venue].title} cannot be reached: {error}. Try again later.") from error
    return flow.authorize_url(pending.client_id, pending.redirect_uri, pending.scopes, _SIGNER.sign(str(pending.id)))


def still_open(person: User, session: str, pending_id: str) -> PendingLink | None:
    """Return what a person left for in this browser, if there is still time."""
    found = PendingLink.objects.filter(pk=pending_id, person=person).first()
    return found if found is not None and found.is_open and _is_of(found, person, session) else None


def _browser(session: str) -> str:
    return salted_hmac("accounts.redirects", session, algorithm="sha256").hexdigest()


def _is_of(pending: PendingLink, person: User, session: str) -> bool:
    return pending.person_id == person.pk and constant_time_compare(pending.browser, _browser(session))


# Coming back


@sensitive_variables("told", "client", "grant")
def come_back(person: User, session: str, told: Return) -> tuple[BrokerLink, bool]:
    """Link what `person` left for. Returns the link and whether it is new. Raises LinkRefusedError."""
    pending = _pop(person, session, told.state)
    title = VENUES[pending.venue].title
    if told.error:
        said = _REFUSALS.get(told.error, "{title} sent you back without access. Nothing was linked.")
        raise LinkRefusedError(said.format(title=title))
    if not told.code:
        raise LinkRefusedError(f"{title} sent you back without a code. {_AGAIN}")
    try:
        client = OAuthClient(pending.client_id, pending.unseal()["client_secret"])
    except SealError as error:
        raise LinkRefusedError(f"The keys of this desk changed meanwhile. {_AGAIN}") from error
    grant, identity = linking.counted(
        person, pending.venue, lambda: async_to_sync(_exchange)(pending, client, told.code)
    )
    return _store(pending, grant, identity)


@sensitive_variables("state")
def _pop(person: User, session: str, state: str) -> PendingLink:
    """Take what `state` stands for, once. What somebody else left for stays theirs. Raises LinkRefusedError."""
    try:
        pending_id = _SIGNER.unsign(state, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise LinkRefusedError(f"That took longer than {LIFETIME.seconds // 60} minutes. {_AGAIN}") from error
    except signing.BadSignature as error:
        raise LinkRefusedError(f"This desk did not send you there. {_AGAIN}") from error
    found = PendingLink.objects.select_related("person", "link").filter(pk=pending_id).first()
    if found is None:
        raise LinkRefusedError(f"This way back was used already, or took too long. {_AGAIN}")
    if not _is_of(found, person, session):
        raise LinkRefusedError(f"Linking was begun by somebody else, or in another browser. {_AGAIN}")
    taken, _ = PendingLink.objects.filter(pk=found.pk).delete()
    if not taken:
        raise LinkRefusedError(f"This way back was used already. {_AGAIN}")
    if not found.is_open:
        raise LinkRefusedError(f"That took longer than {LIFETIME.seconds // 60} minutes. {_AGAIN}")
    return found


@sensitive_variables("client", "code", "grant")
async def _exchange(pending: PendingLink, client: OAuthClient, code: str) -> tuple[CodeGrant, Identity]:
    """Exchange a code, and ask the venue whom its grant speaks for. Raises LinkRefusedError."""
    async with linking.answering(VENUES[pending.venue].title):
        flow = await sync_to_async(catalogue.oauth, thread_sensitive=False)(
            pending.venue, pending.environment, pathlib.Path(settings.RUN_DIR)
        )
        grant = await flow.exchange(client, pending.redirect_uri, code)
    identity = await linking.verify(pending.venue, pending.environment, grant.credentials)
    scopes = identity.scopes if grant.scopes is None else grant.scopes
    return grant, msgspec.structs.replace(identity, scopes=scopes)


@sensitive_variables("grant")
def _store(pending: PendingLink, grant: CodeGrant, identity: Identity) -> tuple[BrokerLink, bool]:
    existing = pending.link
    if existing is None:
        return linking.link(
            pending.person, pending.venue, pending.environment, pending.label, grant.credentials, identity
        ), True
    if others := linking.opens_others(existing, identity):
        raise LinkRefusedError(others)
    linking.relink(existing, grant.credentials, identity)
    return existing, False
