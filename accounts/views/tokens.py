"""The page of a person's API tokens. Nobody reaches another person's token."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.auth import tokens
from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.views.settings_page import signed_in

HOME = "accounts:tokens"
REVOKED_SHOWN = 20


@sensitive_post_parameters("password")
@sensitive_variables("secret")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def manage(request: HttpRequest) -> HttpResponse:
    """List the person's tokens, and make one.

    The secret of a new one is part of this answer and kept nowhere, so that there is no page to be sent on to; whoever
    loads the answer again is told that the name is taken.
    """
    person = signed_in(request)
    form = TokenForm(person, request.POST if request.method == "POST" else None)
    secret = made = None
    if form.is_valid():
        try:
            secret, made = tokens.make(person, form.cleaned_data["name"], trade=form.trade, lifetime=form.lifetime)
        except tokens.TokenRefusedError as error:
            form.add_error("name", str(error))
        else:
            form = TokenForm(person)
    shown = {
        "form": form,
        "secret": secret,
        "made": made,
        "tokens": person.api_tokens.filter(revoked=None),
        "revoked": person.api_tokens.exclude(revoked=None)[:REVOKED_SHOWN],
    }
    return render(request, "accounts/tokens.html", shown)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def revoke(request: HttpRequest, token_id: str) -> HttpResponse:
    """Revoke a token, once that was confirmed."""
    token = get_object_or_404(ApiToken, pk=int(token_id), person=signed_in(request), revoked=None)
    if request.method != "POST":
        return render(request, "accounts/revoke.html", {"token": token})
    tokens.revoke(token)
    messages.success(request, f"Revoked {token.name}.")
    return redirect(HOME)
