"""Bounds how often a password may be guessed, and keeps nobody out of their own account.

Wrong passwords are counted by the network they come from (settings.ACCOUNT_RATE_LIMITS), by account and network, and by
account. None of it looks at `Host`. A browser that signed in to the account before has a count of its own, so that
strangers who use up the others cannot keep its owner out.
"""

import typing
import unicodedata

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

FROM_A_NETWORK = "5/300s/key"
OF_AN_ACCOUNT = "20/60s/key"
BY_A_KNOWN_BROWSER = "10/300s/key"
"""How many wrong passwords are tried for one account: from one network, from all of them, and by a known browser."""
AGE_S = 180 * 86_400
"""For how long a browser is known."""
MOST = 8
"""How many accounts one browser is known to."""
_SALT = "accounts.known_browser"
_ACTION = "login_failed"


class KnownBrowser(typing.NamedTuple):
    """A browser that signed in before: an id of its own, and digests of the accounts, the newest last."""

    id: str
    accounts: tuple[str, ...]


def consume(request: HttpRequest, login: str) -> ratelimit.RateLimitUsage | None:
    """Count one more password that is tried for `login` as wrong beforehand; None where that is one too many.

    Roll it back where it was right.
    """
    account = _account(login)
    if (known := _known_as(request, account)) is not None:
        return _consume(request, BY_A_KNOWN_BROWSER, f"{account} {known}")
    counted = ratelimit.RateLimitUsage(usage=[])
    steps = (None, (FROM_A_NETWORK, f"{account} {ratelimit.get_ip(request)}"), (OF_AN_ACCOUNT, account))
    for step in steps:
        usage = _consume(request, *step) if step else ratelimit.consume(request, app="allauth.account", action=_ACTION)
        if usage is None:
            return None
        counted.usage += usage.usage
    return counted


def forget(request: HttpRequest, login: str) -> None:
    """Begin anew for an account whose password was reset by mail."""
    account = _account(login)
    for rate, key in ((FROM_A_NETWORK, f"{account} {ratelimit.get_ip(request)}"), (OF_AN_ACCOUNT, account)):
        ratelimit.clear(request, app="accounts", action=_ACTION, config={_ACTION: rate}, key=key)


def known_browser(request: HttpRequest) -> KnownBrowser | None:
    """Return what the browser of `request` is known by, or None."""
    return read(request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, ""))


def read(cookie: str) -> KnownBrowser | None:
    """Read a cookie that `remember` set; None where this desk did not sign it, or too long ago."""
    try:
        id_, *accounts = signing.loads(cookie, salt=_SALT, max_age=AGE_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return KnownBrowser(str(id_), tuple(map(str, accounts)))


def remember(request: HttpRequest, response: HttpResponse, login: str) -> None:
    """Know the browser that just signed in to the account of `login`."""
    browser = known_browser(request) or KnownBrowser(get_random_string(16), ())
    account = _account(login)
    accounts = [one for one in browser.accounts if one != account][-MOST + 1 :]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE,
        signing.dumps([browser.id, *accounts, account], salt=_SALT),
        max_age=AGE_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_as(request: HttpRequest, account: str) -> str | None:
    """Return by what a browser is known that is signed in to `account`, or once was."""
    person = getattr(request, "user", None)
    if person is not None and person.is_authenticated and _account(person.email) == account:
        return f"person {person.pk}"
    browser = known_browser(request)
    return browser.id if browser is not None and account in browser.accounts else None


def _consume(request: HttpRequest, rate: str, key: str) -> ratelimit.RateLimitUsage | None:
    return ratelimit.consume(request, app="accounts", action=_ACTION, config={_ACTION: rate}, key=key)


def _account(login: str) -> str:
    """Return what stands for an account, however its address is spelled; it tells nobody the address."""
    plain = unicodedata.normalize("NFKC", login.strip()).casefold()
    return salted_hmac(_SALT, plain, algorithm="sha256").hexdigest()[:24]
