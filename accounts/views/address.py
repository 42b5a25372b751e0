"""The page on which a person changes their address, and the one on which the new one is confirmed."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import site
from accounts.auth import addresses
from accounts.forms import AddressForm
from accounts.views.settings_page import HOME, signed_in


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: HttpRequest) -> HttpResponse:
    """Mail a link to a new address; the old one stays in force until it is followed.

    Where no mail is sent nobody can confirm anything: there an owner changes addresses, in the admin.
    """
    person = signed_in(request)
    if not settings.SENDS_MAIL:
        if request.method == "POST":
            raise PermissionDenied("This desk sends no mail: only an owner changes addresses.")
        return render(request, "accounts/address_without_mail.html")
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        address = form.cleaned_data["email"]
        if not addresses.is_taken(address):  # who has it is nobody's to learn here; a link to it would be refused
            token = addresses.link_token(person, address)
            link = site.absolute(request, reverse("accounts:confirm-address", args=[token]))
            get_adapter().send_mail("accounts/email/confirm_address", address, {"link": link, "person": person})
        messages.success(request, f"A link was sent to {address}. Your address changes once it is followed.")
        return redirect(HOME)
    return render(request, "accounts/address.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Change the address by a link that was mailed to the new one, and tell the old one."""
    try:
        found = addresses.read(token)
        if request.method != "POST":
            return render(request, "accounts/confirm_address.html", {"address": found.address})
        addresses.change(found.person, found.address)
    except (addresses.BadLinkError, addresses.AddressTakenError) as error:
        return render(request, "accounts/confirm_address.html", {"refused": str(error)}, status=400)
    told = {"from_email": found.former, "to_email": found.address}
    get_adapter().send_notification_mail("account/email/email_changed", found.person, told, found.former)
    messages.success(request, f"From now on you sign in by {found.address}.")
    return redirect(HOME)
