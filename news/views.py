"""The page of a person's sources of news: what is linked, and forms to link more. Nobody reaches another's."""

import asyncio
import typing
import uuid

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.auth import confirmation
from accounts.credentials import keys
from accounts.models import User
from news.forms import SourceForm
from news.models import NewsLink
from news.owner.links import MOST_LINKS, open_linked, source_of
from news.sources.catalogue import KINDS, KindName
from news.sources.contract import SourceError, SourceLost
from news.store import reader
from news.store.writer import forget_source

HOME = "news:sources"
OFFERED: tuple[KindName, ...] = ("feed", "alpaca", "finnhub")
"""The kinds that people link; the others are feeds of the desk."""
VERIFY_S = 25.0
"""How long a source may take to answer when it is linked."""


def _mine(request: HttpRequest) -> User:
    return typing.cast(User, request.user)


def page(request: HttpRequest, bound: SourceForm | None = None) -> HttpResponse:
    """Show the page, with a form that did not pass in the place of its empty one."""
    person = _mine(request)
    states = {one["source"]: one for one in reader.statuses(person.pk)}
    linked = [*NewsLink.objects.filter(person=person)]
    if person.is_owner:
        linked += NewsLink.objects.filter(person=None)
    shown: dict[str, object] = {
        "rows": [(row, states.get(source_of(row), {})) for row in linked],
        "desk": [one for one in states.values() if one.get("owner") == "desk"],
        "most": MOST_LINKS,
        "forms": [
            bound if bound is not None and bound.kind is KINDS[kind] else SourceForm(kind, for_desk=person.is_owner)
            for kind in OFFERED
        ],
    }
    if not confirmation.is_recent(request):
        shown["show_password"] = confirmation.address(request, reverse(HOME))
    return render(request, "news/sources.html", shown)


@login_required
@require_safe
@never_cache
def sources(request: HttpRequest) -> HttpResponse:
    """The sources a person linked, those of the desk, and how each is."""
    return page(request)


@sensitive_post_parameters()
@login_required
@require_POST
@never_cache
def add(request: HttpRequest) -> HttpResponse:
    """Link a source, once it answered."""
    kind = request.POST.get("kind", "")
    if kind not in OFFERED:
        raise Http404
    person = _mine(request)
    form = SourceForm(kind, request.POST, for_desk=person.is_owner)
    if not form.is_valid():
        return page(request, form)
    owner = None if form.cleaned_data.get("for_desk") else person
    if NewsLink.objects.filter(person=owner).count() >= MOST_LINKS:
        form.add_error(None, f"At most {MOST_LINKS} sources may be linked. Remove one first.")
        return page(request, form)
    row = NewsLink(
        person=owner, kind=kind, name=form.cleaned_data["name"], address=form.cleaned_data.get("address", ""),
        zone=form.cleaned_data.get("zone", ""),
    )  # fmt: skip
    with keys.locked():
        row.seal(form.key())
        if (refusal := _refusal(row)) is None:
            row.save()
    if refusal is not None:
        form.add_error(None, refusal)
        return page(request, form)
    messages.success(request, f"Linked {row.name}. Its first stories come within a minute.")
    return redirect(HOME)


def _refusal(row: NewsLink) -> str | None:
    """Return why a source cannot be linked, asking it once; None where it answers."""
    try:
        async_to_sync(_verify)(row)
    except SourceError as error:
        return f"{row.name} was not linked: {error.reason}."
    return None


async def _verify(row: NewsLink) -> None:
    """Ask a source once. Raises SourceError."""
    source = await asyncio.to_thread(open_linked, row)
    try:
        async with asyncio.timeout(VERIFY_S):
            await source.verify()
    except TimeoutError:
        raise SourceLost(f"it did not answer within {VERIFY_S:.0f} s") from None
    finally:
        await source.close()


@login_required
@require_POST
@never_cache
def remove(request: HttpRequest, link_id: str) -> HttpResponse:
    """Remove a source, its key, and everything that it brought."""
    try:
        wanted = uuid.UUID(link_id)
    except ValueError as error:
        raise Http404 from error
    row = get_object_or_404(NewsLink, pk=wanted)
    person = _mine(request)
    if row.person_id != person.pk and not (row.person_id is None and person.is_owner):
        raise Http404
    count = forget_source(row.person_id or 0, source_of(row))
    row.delete()
    messages.success(request, f"Removed {row.name}, its key, and {count} items that it had brought.")
    return redirect(HOME)
