"""The connection page, which works when everything else is down, and what its script asks for."""

import asyncio
import typing

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from lib.clock import now_ms
from streaming import formatting
from streaming.ledger.errors import LedgerError
from streaming.runtime import Runtime, runtime
from streaming.status import cluster, health
from streaming.status.parts import status_parts
from streaming.status.process import StatusQuery
from streaming.status.tables import Table
from streaming.telemetry import anonymise
from streaming.wire import frames

PEOPLE = 100
"""How many people's links the page shows to staff; those with a link that is not live come first."""
LOG = 50
"""How many of a person's newest facts the event log shows."""


NOBODY = 0
"""The id of no person."""


class Unknown(AnonymousUser):
    """Somebody who cannot be asked for in the database, because it is away."""

    def __str__(self) -> str:
        return "you"


class Looker(typing.NamedTuple):
    """Who looks. `known` says that the database knows them; else `person` is who has a socket here, or None."""

    person: int | None
    is_staff: bool = False
    known: bool = True

    @property
    def sees(self) -> int | None:
        """Whose streams they see; None for everybody's."""
        return None if self.is_staff else self.person or NOBODY


class Look(typing.NamedTuple):
    """One look at this process."""

    found: Runtime
    who: Looker
    database: health.Found


async def request_view(request: HttpRequest) -> Look | None:
    """Return what is needed to show a request the state of things, None if nobody is signed in.

    Whether the database answers is asked first: a request that asked it itself could not be answered before it was.
    """
    found, database = runtime(), await health.database()
    who = await _looker(request, found) if database["answers"] else _unknown(request, found)
    return Look(found, who, database) if who is not None else None


async def _looker(request: HttpRequest, found: Runtime) -> Looker | None:
    try:
        user = await request.auser()
    except DatabaseError:
        return _unknown(request, found)
    return Looker(user.pk, user.is_staff) if isinstance(user, User) else None


def _unknown(request: HttpRequest, found: Runtime) -> Looker | None:
    """Return who has a socket here by the same session, as no more than a person: this much is known of them."""
    request.user = Unknown()
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return Looker(found.hub.person_of(session), known=False) if session else None


@require_safe
@never_cache
async def page(request: HttpRequest) -> HttpResponse:
    """The connection page: a person sees their own streams, staff everybody's."""
    if (seen := await request_view(request)) is None:
        return HttpResponseRedirect(f"{reverse('account_login')}?next={request.path}")
    shown = {"tables": await _tables(seen), "known": seen.who.known}
    # The shell asks who is signed in and what they linked: the database, which must not be asked on the event loop.
    return await sync_to_async(render)(request, "streaming/status.html", shown)


@require_safe
@never_cache
async def now(request: HttpRequest) -> HttpResponse:
    """The tables of the page as they are now."""
    if (seen := await request_view(request)) is None:
        return _signed_out()
    told = {table.name: {"rows": table.rows, "empty": table.empty} for table in await _tables(seen)}
    return HttpResponse(frames.dumps({"at": now_ms(), "tables": told}), content_type="application/json")


@require_safe
@never_cache
async def facts(request: HttpRequest) -> HttpResponse:
    """A person's newest facts, as streams tell them, for the list of notifications; null while the ledger is away."""
    if (seen := await request_view(request)) is None:
        return _signed_out()
    return HttpResponse(frames.dumps({"facts": await _facts(seen)}), content_type="application/json")


@require_safe
@never_cache
async def diagnostics(request: HttpRequest) -> HttpResponse:
    """Everything that helps to find out what is wrong, and nothing that could not be shown to a stranger."""
    if (seen := await request_view(request)) is None:
        return _signed_out()
    told = await _whole(seen._replace(who=Looker(seen.who.person)), is_nameless=True)
    return HttpResponse(frames.dumps({"at": now_ms(), **told}), content_type="application/json")


def _signed_out() -> HttpResponse:
    return JsonResponse({"type": "error", "code": "signed_out", "detail": "Sign in again."}, status=401)


async def _tables(seen: Look) -> list[Table]:
    facts, told, added = await asyncio.gather(_facts(seen), _whole(seen), _added(seen))
    return [*formatting.tables(told, facts, now_ms(), known=seen.who.person is not None), *added]


async def _added(seen: Look) -> list[Table]:
    """Return the tables of other packages."""
    ledger = seen.found.ledger if seen.database["answers"] else None
    return [await part.table(ledger, seen.who.person, now_ms()) for part in status_parts()]


async def _whole(seen: Look, *, is_nameless: bool = False) -> dict[str, typing.Any]:
    asked = StatusQuery(seen.who.sees, PEOPLE, is_nameless)
    told = await cluster.whole(seen.found, asked, seen.database)
    if not seen.who.is_staff:
        told["processes"] = [anonymise.stranger(one, number) for number, one in enumerate(told["processes"], 1)]
    return told


async def _facts(seen: Look) -> list[dict[str, typing.Any]] | None:
    """Return the newest facts of a person, None while the ledger is away."""
    person, ledger = seen.who.person, seen.found.ledger
    if person is None or not seen.database["answers"]:
        return None
    try:
        head = await ledger.head(person)
        return [fact.item for fact in await ledger.page(person, max(0, head - LOG), LOG)]
    except LedgerError:
        return None
