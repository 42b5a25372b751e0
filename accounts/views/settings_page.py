"""The settings page: a person's links, and what can be done to them. Nobody reaches another person's link."""

import typing

from allauth.account.views import SignupView, password_reset
from django.conf import settings as desk
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import site
from accounts.auth import confirmation, invitations
from accounts.forms import GrantForm, InviteForm, LinkForm, RemoveForm
from accounts.links import linking, oauth, order
from accounts.links.linking import LinkRefusedError
from accounts.models import BrokerLink, Invitation, User
from brokers.catalogue import VENUES, Venue
from brokers.contract.broker import Identity

HOME = "accounts:settings"


def signed_in(request: HttpRequest) -> User:
    """Return who asks; every view here is for signed-in people only."""
    return typing.cast(User, request.user)


def own_link(request: HttpRequest, link_id: str) -> BrokerLink:
    """Return a link of who asks. Somebody else's does not exist (404)."""
    return get_object_or_404(BrokerLink.objects.select_related("person"), pk=link_id, person=signed_in(request))


def page(request: HttpRequest, bound: LinkForm | None = None, invite_form: InviteForm | None = None) -> HttpResponse:
    """Show the settings page, with a form that did not pass in the place of its empty one."""
    person = signed_in(request)
    forms = [
        bound if bound is not None and bound.venue is venue else LinkForm(venue, person) for venue in VENUES.values()
    ]
    links = order.in_order(person.links.all())
    cards = [*zip(links, order.prices(links), strict=True)]
    shown: dict[str, object] = {"links": links, "cards": cards, "forms": forms}
    if not confirmation.is_recent(request):
        shown["show_password"] = confirmation.address(request, reverse(HOME))
    if person.is_owner:
        shown["invite_form"] = invite_form or InviteForm()
        shown["invitations"] = [
            row for row in Invitation.objects.filter(makes_owner=False, used_at=None) if row.is_open
        ]  # fmt: skip
    return render(request, "accounts/settings.html", shown)


@login_required
@require_safe
@never_cache
def settings(request: HttpRequest) -> HttpResponse:
    """The person's links, and forms to add more."""
    return page(request)


@sensitive_post_parameters()
@login_required
@require_POST
@never_cache
def link(request: HttpRequest, venue: str) -> HttpResponse:
    """Link a venue by a pasted grant."""
    if venue not in VENUES:
        raise Http404
    form = LinkForm(VENUES[venue], signed_in(request), request.POST)
    if form.is_valid() and _add(form):
        messages.success(request, f"Linked {form.cleaned_data['label']}.")
        return redirect(HOME)
    return page(request, bound=form)


def _add(form: LinkForm) -> bool:
    environment, label = form.cleaned_data["environment"], form.cleaned_data["label"]
    identity = verified(form, form.person, environment)
    if identity is None:
        return False
    try:
        linking.link(form.person, form.venue.name, environment, label, form.credentials(), identity)
    except LinkRefusedError as error:
        form.add_error(None, str(error))
        return False
    return True


def verified(form: GrantForm, person: User, environment: str) -> Identity | None:
    """Ask the venue about a form's secrets; None, with the reason in the form, when it does not know them."""
    try:
        return linking.check(person, form.venue.name, environment, form.credentials())
    except LinkRefusedError as error:
        form.add_error(None, str(error))
        return None


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def relink(request: HttpRequest, link_id: str) -> HttpResponse:
    """Replace the credentials of a link."""
    existing = own_link(request, link_id)
    form = GrantForm(_venue(existing), request.POST if request.method == "POST" else None)
    if form.is_valid() and _replace(form, existing):
        messages.success(request, f"Linked {existing.label} again.")
        return redirect(HOME)
    by_redirect = existing.environment in oauth.environments(_venue(existing))
    return render(request, "accounts/relink.html", {"link": existing, "form": form, "by_redirect": by_redirect})


def _venue(existing: BrokerLink) -> Venue:
    if existing.catalogued is None:
        raise Http404
    return existing.catalogued


def _replace(form: GrantForm, existing: BrokerLink) -> bool:
    identity = verified(form, existing.person, existing.environment)
    if identity is None:
        return False
    if others := linking.opens_others(existing, identity):
        form.add_error(None, others)
        return False
    try:
        linking.relink(existing, form.credentials(), identity)
    except LinkRefusedError as error:
        form.add_error(None, str(error))
        return False
    return True


@login_required
@require_POST
@never_cache
@sensitive_variables()
def test(request: HttpRequest, link_id: str) -> HttpResponse:
    """Ask the venue whether it still knows a link's credentials."""
    existing = own_link(request, link_id)
    try:
        linking.test(existing)
    except LinkRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{existing.venue_title} knows {existing.label}.")
    return redirect(HOME)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def remove(request: HttpRequest, link_id: str) -> HttpResponse:
    """Remove a link, once its label was typed."""
    existing = own_link(request, link_id)
    form = RemoveForm(existing, request.POST if request.method == "POST" else None)
    if form.is_valid():
        linking.unlink(existing)
        messages.success(request, f"Removed {existing.label}.")
        return redirect(HOME)
    return render(request, "accounts/remove.html", {"link": existing, "form": form})


@login_required
@require_POST
@never_cache
def choose_account(request: HttpRequest, link_id: str) -> HttpResponse:
    """Make one of a link's accounts (`account`: its number) the one that is shown first."""
    try:
        linking.choose_account(own_link(request, link_id), request.POST.get("account", ""))
    except LinkRefusedError as error:
        messages.error(request, str(error))
    return redirect(HOME)


@login_required
@require_POST
@never_cache
def move(request: HttpRequest, link_id: str, way: typing.Literal["up", "down"]) -> HttpResponse:
    """Put a link one place up or down. The page comes back with the focus where it was, or on the way that is left."""
    existing = own_link(request, link_id)
    place, count = order.move(existing, way), existing.person.links.count()
    messages.success(request, f"{existing.label} is number {place} of {count} now.")
    left = {1: "down", count: "up"}.get(place, way)
    return redirect(f"{reverse(HOME)}#{left}-{existing.pk}")


@login_required
@require_POST
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation, and show its link to the owner, this once."""
    owner = _owner(request)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return page(request, invite_form=form)
    token, invitation = invitations.invite(owner, form.cleaned_data["email"])
    link = site.absolute(request, reverse("accounts:invitation", args=[token]))
    messages.success(request, f"Send this link to {invitation.email}; it is shown only now: {link}")
    return redirect(HOME)


@login_required
@require_POST
@never_cache
def withdraw(request: HttpRequest, invitation: str) -> HttpResponse:
    """Take an invitation back that nobody followed yet."""
    _owner(request)
    get_object_or_404(Invitation, pk=int(invitation), used_at=None, makes_owner=False).delete()
    return redirect(HOME)


def _owner(request: HttpRequest) -> User:
    person = signed_in(request)
    if not person.is_owner:
        raise PermissionDenied("Only an owner of this desk invites people.")
    return person


@require_safe
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Follow an invitation to the sign-up page."""
    invitation = invitations.find(token, makes_owner=False)
    if invitation is None:
        raise Http404
    invitations.carry(request, invitation)
    return redirect(reverse("account_signup", query={"email": invitation.email}))


class ClaimView(SignupView):  # type: ignore[misc]  # allauth publishes no types
    """Sign up as the owner of a desk that has none, by a link its server printed."""

    template_name = "accounts/claim.html"

    def dispatch(self, request: HttpRequest, *args: typing.Any, **kwargs: typing.Any) -> HttpResponseBase:
        """Refuse every token but one that is still good, as if the page did not exist."""
        invitation = invitations.find(kwargs["token"], makes_owner=True)
        if invitation is None:
            raise Http404
        invitations.carry(request, invitation)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]


claim = ClaimView.as_view()


def reset_password(request: HttpRequest) -> HttpResponseBase:
    """Mail somebody a link to set another password by; a desk that sends no mail says who can set one."""
    if not desk.SENDS_MAIL:
        return render(request, "account/password_reset_without_mail.html")
    asked: HttpResponseBase = password_reset(request)
    return asked
