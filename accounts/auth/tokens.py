"""API tokens: secrets by which a person's scripts come in. One is shown once, when it is made, and kept nowhere.

`tdk_`, 43 random letters and digits (256 bits), and six that are a checksum of the rest: the prefix lets scanners of
code and our own logs recognise one, the checksum tells a mistyped or cut-off one without asking the database.

What is stored is its SHA-256. A slow hash would be wasted on it: nobody goes through 2**256 secrets, and every request
would pay. It is found by that hash through an index; how long this takes can tell something of the hash, but nothing of
a secret. For the same reason bad ones are not counted: no number of tries is enough, while a limit on tries would let
one broken script shut out the others behind its address.
"""

import datetime
import hashlib
import itertools
import logging
import re
import secrets
import string
import zlib
from collections.abc import Collection, Mapping

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.models import READ, TRADE, ApiToken, User, tidy

logger = logging.getLogger(__name__)

PREFIX = "tdk_"
LIMIT = 50
"""Tokens a person may have at once, expired ones among them."""
IN_URL = 10
"""How many tokens of one URL are looked for: nobody sends more but to have the database asked."""
LONGEST = datetime.timedelta(days=3650)
"""The longest lifetime, but for ever."""
USE_NOTED = datetime.timedelta(minutes=1)
"""How old the noted last use of a token may be while it is in use."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 43, 6
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")
_URL_NAMES = re.compile(r"(?:^|&)(?:access_token|api[-_]?key|token)=", re.IGNORECASE)


class BadTokenError(Exception):
    """A token that lets nobody in. The message says why, in words for whoever holds it."""


class TokenRefusedError(Exception):
    """A token that cannot be made; the message says why."""


@sensitive_variables("secret")
def make(
    person: User, name: str, *, trade: bool = False, lifetime: datetime.timedelta | None = None
) -> tuple[str, ApiToken]:
    """Make a token for `person`; return its secret, this once, and its row. Without a lifetime it never expires.

    Raises TokenRefusedError for a name that a token of theirs has, and when they have too many.
    """
    if person.api_tokens.filter(revoked=None).count() >= LIMIT:
        raise TokenRefusedError(f"You have {LIMIT} tokens. Revoke one first.")
    secret = _new()
    scopes = [READ, TRADE] if trade else [READ]
    expires = timezone.now() + lifetime if lifetime is not None else None
    try:
        with transaction.atomic():
            row = person.api_tokens.create(name=tidy(name), digest=digest(secret), scopes=scopes, expires=expires)
    except IntegrityError as error:
        raise TokenRefusedError("You have a token of this name already.") from error
    logger.info("user %s made API token %s, %s", person.pk, row.pk, row.access_text)
    return secret, row


@sensitive_variables("secret")
def presented(headers: Mapping[str, str]) -> str | None:
    """Return what a request presents as its API token, good or not, or None. `headers` is by lower-case name.

    Of Authorization only a Bearer is one: what a proxy in front of the desk asks for as Basic is none of our business.
    Two different ones make none that is any good.
    """
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    given = {value.strip()} if scheme.lower() == "bearer" else set()
    if "x-api-key" in headers:
        given.add(headers["x-api-key"].strip())
    if not given:
        return None
    return given.pop() if len(given) == 1 else ""


@sensitive_variables("secret")
def find(secret: str) -> ApiToken:
    """Return the token behind `secret`, with its person, and note its use. Raises BadTokenError."""
    if not is_whole(secret):
        raise BadTokenError("This is no API token of this desk: it is mistyped or cut off.")
    row = ApiToken.objects.select_related("person").filter(digest=digest(secret)).first()
    if row is None:
        raise BadTokenError("This desk has no such API token.")
    if row.state != "active":
        raise BadTokenError(f"This API token is {row.state}.")
    if not row.person.is_active:
        raise BadTokenError("The account of this API token is disabled.")
    if row.last_used is None or row.last_used < timezone.now() - USE_NOTED:
        note_use([row.pk])
    return row


@sensitive_variables("secret")
def in_url(query: str) -> bool:
    """Tell whether a query string holds what should be in a header. A token that is really one of ours is revoked.

    Addresses end up in logs, histories and bookmarks: whatever was in one is known.
    """
    whole = {secret for secret in _SHAPE.findall(query) if is_whole(secret)}
    digests = [digest(secret) for secret in itertools.islice(whole, IN_URL)]
    for row in active().filter(digest__in=digests) if digests else ():
        logger.warning("API token %s of user %s came in a URL", row.pk, row.person_id)
        revoke(row)
    return bool(PREFIX in query or _URL_NAMES.search(query))


def revoke(row: ApiToken) -> None:
    """End a token for good; what it let in is closed at once."""
    row.revoked = timezone.now()
    row.save(update_fields=["revoked"])
    logger.info("API token %s of user %s is revoked", row.pk, row.person_id)


def active() -> QuerySet[ApiToken]:
    """Return the tokens that let somebody in."""
    now = timezone.now()
    return ApiToken.objects.filter(Q(expires=None) | Q(expires__gt=now), revoked=None, person__is_active=True)


def note_use(ids: Collection[int | str]) -> None:
    """Note that tokens are in use, where that was not noted within the last minute."""
    if not ids:
        return
    now = timezone.now()
    used_long_ago = Q(last_used=None) | Q(last_used__lt=now - USE_NOTED)
    # Asked first: an update takes the one lock for writing, also when it changes nothing.
    due = list(ApiToken.objects.filter(used_long_ago, pk__in=ids).values_list("pk", flat=True))
    if due:
        ApiToken.objects.filter(pk__in=due).update(last_used=now)


def is_whole(secret: str) -> bool:
    """Tell whether `secret` has the shape of a token and its checksum is right."""
    return _SHAPE.fullmatch(secret) is not None and _check(secret[:-_CHECK]) == secret[-_CHECK:]


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


@sensitive_variables("body")
def _new() -> str:
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return body + _check(body)


def _check(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text
