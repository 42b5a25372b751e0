"""Has people show their password again before they change whose an account is, or what it reaches.

An open session is not its owner: whoever finds a browser signed in, or steals its cookie, could link another broker,
move the account to another address or invite themself. So these views ask for a password that was shown in the last
RECENT_S s. What was sent without one is dropped, never kept for later: it may hold a secret.
"""

import time
import typing

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import ResolverMatch, reverse

from accounts.auth.session_store import PASSWORD_AT

RECENT_S = 600
FORMS = frozenset(
    {"accounts:address", "accounts:relink", "accounts:remove", "accounts:link-redirect", "accounts:relink-redirect"}
)
"""Pages that are one form: the password is asked for before it is filled in."""
ACTIONS = frozenset({"accounts:link", "accounts:invite", "news:add_source", "news:remove_source", "alerts:add_channel"})
"""What pages send that hold several forms."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ASKED_FIRST = "Show that it is you, then do it once more: what you sent was not kept."

Respond = typing.Callable[[HttpRequest], typing.Awaitable[HttpResponseBase]]


def is_recent(request: HttpRequest) -> bool:
    """Tell whether who is signed in showed their password a short while ago. Reads the session."""
    shown_at: float = request.session.get(PASSWORD_AT, 0)
    return time.time() - shown_at < RECENT_S


def address(request: HttpRequest, way_back: str) -> str:
    """Return where a password is shown, and `way_back` (a path of the desk) is come back to."""
    return reverse("account_reauthenticate", query={"next": way_back})


class ConfirmPassword:
    """Sends whoever has not shown their password lately to where they do, and back. Stands behind authentication."""

    sync_capable = False
    async_capable = True

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        return await self._respond(request)

    async def process_view(
        self, request: HttpRequest, view: object, args: object, named: object
    ) -> HttpResponseBase | None:
        """Ask for the password where that is due; None where the view may answer."""
        match = request.resolver_match
        if match is None or not _is_guarded(match, request.method in SAFE):
            return None
        return await sync_to_async(_ask)(request, match)


def _is_guarded(match: ResolverMatch, is_safe: bool) -> bool:
    if match.view_name in FORMS:
        return True
    if is_safe:
        return False
    return match.view_name in ACTIONS or (match.app_name == "admin" and match.url_name != "logout")


def _ask(request: HttpRequest, match: ResolverMatch) -> HttpResponseBase | None:
    if not request.user.is_authenticated or is_recent(request):
        return None  # who is not signed in is the view's to refuse
    if request.method in SAFE:
        return HttpResponseRedirect(address(request, request.get_full_path()))
    messages.info(request, ASKED_FIRST)
    is_page = match.view_name in FORMS or match.app_name == "admin"
    return HttpResponseRedirect(address(request, request.path if is_page else reverse("accounts:settings")))
