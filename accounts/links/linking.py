"""Linking a person to a venue. The database side is synchronous.

Credentials are verified against the venue before they are stored, and are write-only afterwards.
"""

import asyncio
import contextlib
import pathlib
import typing

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.account_names import mask
from accounts.credentials import keys, refused_attempts
from accounts.links import store
from accounts.models import LABEL_LENGTH, Account, BrokerLink, User, fingerprint, tidy
from brokers.catalogue import ENVIRONMENTS, VENUES, open_broker
from brokers.contract.broker import Credentials, Identity
from brokers.contract.errors import BrokerError, CredentialsRejected, LinkLost

T = typing.TypeVar("T")

VERIFY_S = 25.0
"""How long a venue may take to say who somebody is."""
DESCRIPTION = ("identities", "scopes", "delayed", "verified_at", "default_account")
"""What a venue says of a link."""


class LinkRefusedError(Exception):
    """A link that cannot be made; its text says why, to the person. `by_venue`: the venue refuses the credentials."""

    def __init__(self, reason: str, *, by_venue: bool = False) -> None:
        super().__init__(reason)
        self.by_venue = by_venue


# Asking a venue


@sensitive_variables("credentials")
def check(person: User, venue: str, environment: str, credentials: Credentials) -> Identity:
    """Verify credentials on behalf of `person`. Raises LinkRefusedError, also after too many that were refused."""
    return counted(person, venue, lambda: async_to_sync(verify)(venue, environment, credentials))


def counted(person: User, venue: str, ask: typing.Callable[[], T]) -> T:
    """Ask a venue something it may refuse. Raises what `ask` does, and LinkRefusedError after too many refusals."""
    is_newcomer = not person.links.filter(venue=venue).exists()
    if not refused_attempts.start_attempt(person.pk, venue, is_newcomer=is_newcomer):
        raise LinkRefusedError(
            f"{VENUES[venue].title} refused too many credentials in a row. A venue may block this desk's address "
            f"for that; wait {refused_attempts.WINDOW_S // 60} minutes."
        )
    refused = False
    try:
        return ask()
    except LinkRefusedError as error:
        refused = error.by_venue
        raise
    finally:
        if not refused:
            refused_attempts.give_back(person.pk, venue, is_newcomer=is_newcomer)


@sensitive_variables("credentials", "whole")
async def verify(venue: str, environment: str, credentials: Credentials) -> Identity:
    """Ask a venue who these credentials are. Raises LinkRefusedError with a sentence for the person."""
    title = VENUES[venue].title
    whole = store.complete(venue, credentials)
    async with answering(title):
        identity = await _verify(venue, environment, whole)
    if all(account.closed for account in identity.accounts):
        raise LinkRefusedError(f"{title} knows these credentials, but they open no account.")
    return identity


@contextlib.asynccontextmanager
async def answering(title: str) -> typing.AsyncIterator[None]:
    """Give a venue VERIFY_S to answer, and say what went wrong in a sentence: LinkRefusedError."""
    try:
        async with asyncio.timeout(VERIFY_S):
            yield
    except CredentialsRejected as error:
        raise LinkRefusedError(f"{title} refuses these credentials: {_plain(error.reason)}.", by_venue=True) from error
    except LinkLost as error:
        raise LinkRefusedError(f"{title} could not be asked: {_plain(error.reason)}. Try again later.") from error
    except BrokerError as error:
        raise LinkRefusedError(f"{title}: {_plain(str(error))}.") from error
    except TimeoutError as error:
        raise LinkRefusedError(f"{title} did not answer within {VERIFY_S:.0f} s. Try again later.") from error


@sensitive_variables("credentials")
async def _verify(venue: str, environment: str, credentials: Credentials) -> Identity:
    # The adapter's module is imported here on first use, which takes most of a second: not on the event loop.
    broker = await sync_to_async(open_broker, thread_sensitive=False)(
        venue, environment, credentials, link="verify", run_dir=pathlib.Path(settings.RUN_DIR)
    )
    try:
        return await broker.verify()
    finally:
        await broker.close()


def offered(fixed: typing.Container[str]) -> list[str]:
    """Return the environments of `fixed` addresses and the simulated one: never in production, in a demo first."""
    names = [name for name in ENVIRONMENTS if name in fixed]
    match settings.ENVIRONMENT:
        case "production":
            return names
        case "demo":
            return ["simulated", *names]
        case _:
            return [*names, "simulated"]


def _plain(reason: str) -> str:
    return reason.rstrip(". ")


# What a person or an admin does


@sensitive_variables("credentials")
def link(
    person: User, venue: str, environment: str, label: str, credentials: Credentials, identity: Identity
) -> BrokerLink:
    """Store a new link whose credentials the venue knows as `identity`.

    Raises LinkRefusedError when the label cannot be one, or the person has a link of that label, or one with the same
    credentials.
    """
    label = _named(label)
    if twin := twin_of(person, venue, environment, credentials):
        raise LinkRefusedError(twin)
    new = BrokerLink(person=person, venue=venue, environment=environment, label=label)
    try:
        with keys.locked(), transaction.atomic():
            _apply(new, credentials, identity)
            new.save(force_insert=True)
            store.announce(person.pk)
    except IntegrityError as error:
        twin = twin_of(person, venue, environment, credentials)  # one that was made at the same time
        raise LinkRefusedError(twin or f"There is a link named {label} already.") from error
    return new


def _named(label: str) -> str:
    """Return `label` as it is kept. Raises LinkRefusedError when nobody could read it or type it."""
    kept = tidy(label)
    if not kept or len(kept) > LABEL_LENGTH or not kept.isprintable():
        raise LinkRefusedError(f"The name of a link has 1 to {LABEL_LENGTH} printable characters.")
    return kept


@sensitive_variables("credentials")
def twin_of(person: User, venue: str, environment: str, credentials: Credentials, but: BrokerLink | None = None) -> str:
    """Return why these credentials cannot make another link (`but` this one): they made one already. Else nothing."""
    named = fingerprint(person.pk, _given(credentials))
    links = person.links.filter(venue=venue, environment=environment, fingerprint=named)
    twin = next((link for link in links if link != but), None)
    return f"These credentials are linked already, as {twin.label}." if twin else ""


@sensitive_variables("credentials")
def relink(existing: BrokerLink, credentials: Credentials, identity: Identity) -> None:
    """Replace a link's credentials in place; a refused one is tried again.

    Raises LinkRefusedError when another link has the same credentials, or the link was removed meanwhile.
    """
    twin = twin_of(existing.person, existing.venue, existing.environment, credentials, but=existing)
    if twin:
        raise LinkRefusedError(twin)
    rows = BrokerLink.objects.filter(pk=existing.pk)
    with keys.locked():
        _apply(existing, credentials, identity)
        taken = {name: getattr(existing, name) for name in ("sealed", "fingerprint", *DESCRIPTION)}
        _write(existing, rows, taken | store.afresh_fields())


def opens_others(existing: BrokerLink, identity: Identity) -> str:
    """Return why `identity` cannot take the place of a link's: it shares no account with it. Empty if it can."""
    found = [account.number for account in identity.accounts if not account.closed]
    if not existing.accounts or set(found) & set(existing.accounts):
        return ""
    return (
        f"These credentials open {', '.join(map(mask, found))}, not {', '.join(existing.masked_accounts)}. "
        "To link other accounts, make a new link."
    )


@sensitive_variables("given")
def test(existing: BrokerLink) -> Identity:
    """Ask the venue about a stored link and write down what it says. Raises LinkRefusedError.

    Done here, by a process that holds the private keys; where a link has an owner elsewhere it becomes a command to it.
    """
    asked = BrokerLink.objects.filter(pk=existing.pk, revision=existing.revision)
    try:
        given = store.open_credentials(existing.pk)
        identity = check(existing.person, existing.venue, existing.environment, given)
    except CredentialsRejected as error:
        raise LinkRefusedError(f"{existing.venue_title}: {_plain(error.reason)}.") from error
    except LinkRefusedError as error:
        if error.by_venue:
            held = asked.filter(fingerprint=existing.fingerprint)  # what a stream renewed meanwhile was not refused
            _write(existing, held, store.state_fields("refused", str(error)))
        raise
    if identity.renewed is not None:
        keep_renewed(existing, given, identity.renewed)
        asked = BrokerLink.objects.filter(pk=existing.pk, revision=existing.revision)
    _describe(existing, identity)
    # One that was refused and is not any more is tried again.
    afresh = store.afresh_fields() if existing.state == "refused" and identity.renewed is None else {}
    _write(existing, asked, {name: getattr(existing, name) for name in DESCRIPTION} | afresh)
    return identity


@sensitive_variables("given", "renewed")
def keep_renewed(existing: BrokerLink, given: Credentials, renewed: Credentials) -> None:
    """Store what a venue put in the place of the credentials it was `given`; the link's stream begins anew with it.

    Raises LinkRefusedError when the link was changed or removed meanwhile.
    """
    revision = store.store_renewed(existing.pk, [given], renewed, afresh=True)
    if revision is None:
        raise LinkRefusedError(f"{existing.label} was changed or removed meanwhile.")
    existing.revision = revision


def _write(existing: BrokerLink, rows: QuerySet[BrokerLink], fields: dict[str, typing.Any]) -> None:
    """Write `fields` of a link that was looked at a while ago. Raises LinkRefusedError when it is not in `rows` now."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                written = rows.update(**fields)
        except IntegrityError as error:
            raise LinkRefusedError("Another link has these credentials already.") from error
        if not written:
            raise LinkRefusedError(f"{existing.label} was changed or removed meanwhile.")
        if "revision" in fields:
            store.announce(existing.person_id)
        existing.refresh_from_db()


def unlink(existing: BrokerLink) -> None:
    """Forget a link and its credentials; its streams end."""
    existing.delete()  # receivers.py announces it, whoever deletes


def disconnect(existing: BrokerLink, reason: str) -> None:
    """Forget a link's credentials but not the link, which waits to be linked again."""
    with transaction.atomic():
        BrokerLink.objects.filter(pk=existing.pk).update(
            sealed={}, fingerprint="", revision=F("revision") + 1, **store.state_fields("refused", reason)
        )  # fmt: skip
        store.announce(existing.person_id)


def choose_account(existing: BrokerLink, number: str) -> None:
    """Make `number`, one of the link's accounts, its default one. Raises LinkRefusedError."""
    if number not in existing.accounts:
        raise LinkRefusedError(f"{existing.label} opens no account {mask(number)}.")
    with transaction.atomic():
        _write(existing, BrokerLink.objects.filter(pk=existing.pk), {"default_account": number})
        store.announce(existing.person_id)


def _given(credentials: Credentials) -> Credentials:
    return Credentials({name: secret for name, secret in credentials.items() if secret})


@sensitive_variables("credentials")
def _apply(target: BrokerLink, credentials: Credentials, identity: Identity) -> None:
    renewed = identity.renewed or Credentials()
    target.seal(Credentials({name: renewed.get(name, secret) for name, secret in _given(credentials).items()}))
    target.scopes = []
    _describe(target, identity)


def _describe(target: BrokerLink, identity: Identity) -> None:
    target.identities = [
        Account(
            number=account.number, nickname=account.nickname, kind=account.kind, authority=account.authority
        )
        for account in identity.accounts
        if not account.closed
    ]  # fmt: skip
    if identity.scopes is not None:
        target.scopes = list(identity.scopes)
    target.delayed = identity.delayed
    target.verified_at = timezone.now()
    if target.default_account not in target.accounts:
        target.default_account = target.accounts[0]
