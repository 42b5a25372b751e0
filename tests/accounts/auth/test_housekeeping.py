"""What is cleared once a day."""

import datetime

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.auth import housekeeping, tokens
from accounts.models import User
from tests.accounts.conftest import make_link, sign_in
from tests.support.people import PASSWORD

OLD = datetime.timedelta(days=8)


def signed_up(name: str, verified: bool = False, **more: object) -> User:
    """Make a person as a sign-up eight days ago did."""
    person = User.objects.create_user(f"{name}@example.com", PASSWORD, date_joined=timezone.now() - OLD, **more)
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=verified)
    return person


def test_sessions_that_have_ended_go_and_others_stay(alice, bob):
    sign_in(alice)
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=13), tick=False):
        browser = sign_in(bob)
        assert housekeeping.clear().sessions == 1
        assert [row.session_key for row in Session.objects.all()] == [browser.session.session_key]


def test_a_sign_up_that_nobody_confirmed_goes_after_a_week(db, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    signed_up("random")
    came, linked, scripted = signed_up("came"), signed_up("linked"), signed_up("scripted")
    sign_in(came)
    make_link(linked)
    tokens.make(scripted, "script", trade=False, lifetime=None)
    signed_up("confirmed", verified=True)
    signed_up("staff", is_staff=True)
    made = User.objects.create_user("made@example.com", date_joined=timezone.now() - OLD)
    assert made.pk
    fresh = signed_up("fresh")
    User.objects.filter(pk=fresh.pk).update(date_joined=timezone.now())
    assert housekeeping.clear().sign_ups == 1
    assert not User.objects.filter(email="random@example.com").exists()
    assert User.objects.count() == 7


@pytest.mark.parametrize("verification", ["none", "optional"])
def test_where_no_address_is_confirmed_nobody_goes(db, settings, verification):
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    signed_up("alice")
    assert housekeeping.clear().sign_ups == 0
    assert User.objects.count() == 1
