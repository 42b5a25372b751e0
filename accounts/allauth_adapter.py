"""How allauth lets people in to this desk."""

import typing
import urllib.parse

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import site
from accounts.auth import guesses, invitations
from accounts.models import Invitation, User
from lib.overload import OverloadedError

SENT = "account/messages/email_confirmation_sent.txt"


class DeskAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth publishes no types
    """Sign-up is open with OPEN_SIGNUP, and to whoever came by a link that is still good."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Tell whether the browser of `request` may sign up."""
        return settings.OPEN_SIGNUP or invitations.carried(request) is not None

    def clean_email(self, email: str) -> str:
        """Hold who signs up by an invitation to the address they were invited by, unless anybody may sign up.

        The forms that change an address or reset a password ask here too; there an invitation means nothing.
        """
        email = super().clean_email(email)
        signs_up = self.request.resolver_match.view_name == "account_signup"
        invitation = invitations.carried(self.request) if signs_up else None
        if invitation is not None and invitation.email and invitation.email != email and not settings.OPEN_SIGNUP:
            raise ValidationError(f"This invitation is for {invitation.email}.")
        return email

    def send_mail(self, template_prefix: str, email: str, context: dict[str, typing.Any]) -> None:
        """Send a mail, or say that none is sent here."""
        if settings.SENDS_MAIL:
            super().send_mail(template_prefix, email, context | {"current_site": site.of(self.request)})
        else:
            messages.warning(self.request, f"This desk sends no mail: nothing was sent to {email}.")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, typing.Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell somebody what was done to their account, where mail is sent at all."""
        if settings.SENDS_MAIL:
            super().send_notification_mail(template_prefix, user, context, email)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return where a password is reset, at the desk's own origin whatever a request says."""
        return self._at_home(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: typing.Any) -> str:
        """Return where an address is confirmed, at the desk's own origin whatever a request says."""
        return self._at_home(super().get_email_confirmation_url(request, emailconfirmation))

    def _at_home(self, url: str) -> str:
        parts = urllib.parse.urlsplit(url)
        return site.absolute(self.request, urllib.parse.urlunsplit(("", "", *parts[2:])))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: typing.Any,
        **more: typing.Any,
    ) -> None:
        """Say what was done, but not that a mail was sent where none is."""
        if settings.SENDS_MAIL or message_template != SENT:
            super().add_message(request, level, message_template, *args, **more)

    def pre_authenticate(self, request: HttpRequest, **credentials: typing.Any) -> None:
        """Count a password that is tried. Raises ValidationError where too many were wrong."""
        self._login_failed_rl_usage = guesses.consume(request, _login(credentials))
        if self._login_failed_rl_usage is None:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: typing.Any) -> User | None:
        """Tell whose password it is; one that could not be looked at does not count. Raises OverloadedError."""
        try:
            found: User | None = super().authenticate(request, **credentials)
        except OverloadedError:
            self._rollback_login_failed_rl_usage()
            raise
        return found

    def reauthenticate(self, user: User, password: str) -> bool:
        """Tell whether it is the password of who is signed in; wrong ones count as at the sign-in."""
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: typing.Any) -> None:
        """Begin to count anew after a reset by mail."""
        guesses.forget(request, _login(credentials))

    def post_login(self, request: HttpRequest, user: User, **more: typing.Any) -> HttpResponse:
        """Let a person in whose password was right, and know their browser from now on."""
        response: HttpResponse = super().post_login(request, user, **more)
        guesses.remember(request, response, user.email)
        return response

    def save_user(self, request: HttpRequest, user: User, form: forms.Form, commit: bool = True) -> User:
        """Save who signs up, and use up the link they came by."""
        invitation = invitations.carried(request)
        try:
            return self._save_user(request, user, form, commit, invitation)
        except IntegrityError as error:  # somebody signed up by this address since the form looked
            form.add_error("email", self.validation_error("email_taken"))
            raise ImmediateHttpResponse(render(request, "account/signup.html", {"form": form})) from error

    def _save_user(
        self, request: HttpRequest, user: User, form: forms.Form, commit: bool, invitation: Invitation | None
    ) -> User:
        with transaction.atomic():
            if invitation is not None and invitation.makes_owner:
                user.is_staff = user.is_superuser = True
            saved: User = super().save_user(request, user, form, commit)
            if invitation is not None:
                invitations.accept(request, invitation, saved)
        return saved


def _login(credentials: typing.Mapping[str, typing.Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "")
