"""The page of a person's sources of news: what is linked, and forms to link more. Nobody reaches another's."""

import typing
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.auth import confirmation
from accounts.models import User
from news.forms import OFFERED, SourceForm
from news.models import NewsLink
from news.owner.linking import MOST_LINKS, SourceRefusedError, link_source
from news.owner.links import remove_link, source_of
from news.sources.catalogue import KINDS
from news.store import reader

HOME = "news:sources"


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
    row = NewsLink(
        person=None if form.cleaned_data.get("for_desk") else person, kind=kind, name=form.cleaned_data["name"],
        address=form.cleaned_data.get("address", ""), zone=form.cleaned_data.get("zone", ""),
    )  # fmt: skip
    try:
        link_source(row, form.key())
    except SourceRefusedError as error:
        form.add_error(None, str(error))
        return page(request, form)
    messages.success(request, f"Linked {row.name}. Its first stories come within a minute.")
    return redirect(HOME)


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
    count = remove_link(row)
    messages.success(request, f"Removed {row.name}, its key, and {count} items that it had brought.")
    return redirect(HOME)
