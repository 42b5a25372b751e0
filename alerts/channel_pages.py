"""The page of a person's channels: how they are told of firings where no page is open."""

import typing
import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.auth import confirmation
from accounts.models import User
from alerts.delivery import outbox, store, vapid
from alerts.delivery.channels import KINDS, MOST_CHANNELS, MOST_DEVICES, is_offered
from alerts.delivery.contract import KindName
from alerts.delivery.plan import plan_trial
from alerts.forms import ChannelForm
from alerts.store import AlertError

HOME = "alerts:channels"
NEWEST = 30


def _mine(request: HttpRequest) -> User:
    return typing.cast(User, request.user)


def offered() -> list[KindName]:
    """Return the kinds that are made by a form on this desk."""
    return [kind for kind in KINDS if kind != "push" and is_offered(kind)]


def page(request: HttpRequest, bound: ChannelForm | None = None) -> HttpResponse:
    """Show the page, with a form that did not pass in the place of its empty one."""
    person = _mine(request)
    shown: dict[str, object] = {
        "rows": store.of(person.pk),
        "deliveries": [(row, store.in_words(row)) for row in outbox.tell_people(person.pk, NEWEST)],
        "most": MOST_CHANNELS,
        "most_devices": MOST_DEVICES,
        "application_key": vapid.application_key(),
        "sends_mail": settings.SENDS_MAIL,
        "forms": [
            bound if bound is not None and bound.kind is KINDS[kind] else ChannelForm(kind, person)
            for kind in offered()
        ],
    }
    if not confirmation.is_recent(request):
        shown["show_password"] = confirmation.address(request, reverse(HOME))
    return render(request, "alerts/channels.html", shown)


@login_required
@require_safe
@never_cache
def channels(request: HttpRequest) -> HttpResponse:
    """The channels of a person, what they were told last, and forms for more."""
    return page(request)


@sensitive_post_parameters()
@login_required
@require_POST
@never_cache
def add(request: HttpRequest) -> HttpResponse:
    """Keep a channel, and send a trial by it."""
    kind = request.POST.get("kind", "")
    if kind not in offered():
        raise Http404
    person = _mine(request)
    form = ChannelForm(kind, person, request.POST)
    if not form.is_valid():
        return page(request, form)
    told = form.cleaned_data
    try:
        row = store.create(
            person.pk, form.kind.name, told["name"], form.secrets, quiet=told["quiet"], zone=told["zone"]
        )
    except AlertError as error:
        form.add_error(None, error.detail)
        return page(request, form)
    plan_trial(row)
    messages.success(request, f"Added {row.name}. A trial is on its way; what became of it is told below.")
    return redirect(HOME)


@login_required
@require_POST
@never_cache
def act(request: HttpRequest, channel: uuid.UUID, what: str) -> HttpResponse:
    """Try, switch or remove a channel."""
    person = _mine(request).pk
    if what not in ("try", "on", "off", "remove"):
        raise Http404
    try:
        if what == "remove":
            row = store.delete(person, channel)
            messages.success(request, f"Removed {row.name}, with its secrets and what it was told.")
        elif what == "try":
            row = store.find(person, channel)
            plan_trial(row)
            messages.success(request, f"A trial for {row.name} is on its way.")
        else:
            store.switch(person, channel, is_on=what == "on")
    except AlertError as error:
        raise Http404 from error
    return redirect(HOME)
