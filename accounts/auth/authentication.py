"""Who asks: the person of the API token that a request presents, else whoever is signed in with its cookie.

A request that presents a token is judged by it alone: a bad one is refused although the cookie beside it is good. No
page of another site can present one, so neither the origin nor a CSRF token is asked for beside it. A cookie comes
along by itself, so it must come from a page of this desk.
"""

import functools
import logging
import typing

from asgiref.sync import sync_to_async
from django.contrib.auth import HASH_SESSION_KEY
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from accounts.auth import tokens
from accounts.auth.access import Access
from accounts.models import READ, TRADE, User

logger = logging.getLogger(__name__)

Scope = typing.Literal["read", "trade"]


class Caller(typing.NamedTuple):
    """A person who asks, by what they came in, and what that allows (`read`, `trade`); a session allows everything."""

    person: User
    access: Access
    scopes: frozenset[str]


class RefusedError(Exception):
    """Nobody who may ask for this. `status` is HTTP's, `code` is one of docs/protocol.md."""

    def __init__(self, status: int, code: str, detail: str, challenge: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.challenge = challenge

    def response(self) -> JsonResponse:
        """Return the answer: JSON, and in `WWW-Authenticate` what would be accepted (RFC 6750)."""
        answer = JsonResponse({"type": "error", "code": self.code, "detail": self.detail}, status=self.status)
        answer["Cache-Control"] = "no-store"
        if self.challenge:
            answer["WWW-Authenticate"] = self.challenge
        if self.status == 503:
            answer["Retry-After"] = str(AWAY_S)
        return answer


IN_URL = (
    "A token never goes into a URL, which logs and histories keep. If this one was real, it is revoked now. "
    "Send the next one as Authorization: Bearer."
)
SIGN_IN = "Sign in, or send an API token as Authorization: Bearer or X-API-Key."
"""What is said to whoever cannot be told who they are."""
AWAY = "The database is away: nobody can be told from anybody else. Come again."
AWAY_S = 5
"""When to come again, at the earliest."""


def away() -> RefusedError:
    """Return the refusal of everybody while the database does not answer."""
    return RefusedError(503, "unavailable", AWAY)


@sensitive_variables("secret")
def by_token(headers: typing.Mapping[str, str], query: str) -> Caller | None:
    """Return who presents an API token, or None where none is presented. Raises RefusedError.

    `headers` is by lower-case name, `query` is what follows the question mark.
    """
    if tokens.in_url(query):
        raise RefusedError(400, "token_in_url", IN_URL)
    secret = tokens.presented(headers)
    if secret is None:
        return None
    try:
        row = tokens.find(secret)
    except tokens.BadTokenError as error:
        logger.info("refused an API token: %s", error)
        raise RefusedError(401, "bad_token", str(error), 'Bearer error="invalid_token"') from error
    return Caller(row.person, Access(row.person_id, token=str(row.pk)), frozenset(row.scopes))


def by_session(request: HttpRequest) -> Caller:
    """Return who is signed in. Raises RefusedError, also for what a page of another site sends."""
    person = request.user
    if not isinstance(person, User):
        raise RefusedError(401, "signed_out", SIGN_IN, "Bearer")
    # A browser says so by itself; the cookie's SameSite does not tell this desk from another port of its host.
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise RefusedError(403, "forbidden", "This comes from a page that is not this desk's.")
    if reason := _Csrf(_unused).process_view(request, _unused, (), {}):
        raise RefusedError(403, "forbidden", f"CSRF: {reason}")
    access = Access(person.pk, request.session.session_key or "", request.session.get(HASH_SESSION_KEY, ""))
    return Caller(person, access, frozenset((READ, TRADE)))


def of(request: HttpRequest, scope: Scope = "read") -> Caller:
    """Return who asks, if they may `scope`. Asks the database. Raises RefusedError."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    caller = by_token(headers, request.META.get("QUERY_STRING", "")) or by_session(request)
    if scope not in caller.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise RefusedError(403, "forbidden", f"This API token may not {scope}.", challenge)
    return caller


def body(request: HttpRequest, most: int) -> bytes:
    """Return what a request brings. Raises RefusedError where that is more than `most` bytes, told before or not."""
    text = request.read(most + 1)
    if len(text) > most:
        raise RefusedError(413, "bad_message", f"This takes {most} bytes at most.")
    return text


View = typing.Callable[typing.Concatenate[HttpRequest, Caller, ...], typing.Awaitable[HttpResponseBase]]
Guarded = typing.Callable[..., typing.Coroutine[typing.Any, typing.Any, HttpResponseBase]]


def asks_for(scope: Scope) -> typing.Callable[[View], Guarded]:
    """Let an async view be asked by those who may `scope` only, and tell it who asks: `view(request, caller, …)`.

    Others get 400, 401 or 403 with an error as JSON, and everybody 503 while the database is away.
    """

    def decorate(view: View) -> Guarded:
        @csrf_exempt  # by_session asks for it, by_token has no use for it
        @functools.wraps(view)
        async def guarded(request: HttpRequest, *args: typing.Any, **kwargs: typing.Any) -> HttpResponseBase:
            try:
                caller = await sync_to_async(of)(request, scope)
            except RefusedError as error:
                return error.response()
            except DatabaseError:
                return away().response()
            return await view(request, caller, *args, **kwargs)

        return guarded

    return decorate


reads = asks_for("read")
trades = asks_for("trade")
"""Decorators of async views: `@reads async def view(request, caller)`."""


class _Csrf(CsrfViewMiddleware):
    """Django's check, whose refusal is a reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> typing.Any:
        return reason


def _unused(request: HttpRequest) -> HttpResponseBase:
    raise AssertionError("only its attributes are looked at")
