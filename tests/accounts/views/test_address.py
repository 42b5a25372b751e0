"""Changing the address by which one signs in."""

import re
import time

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.auth import addresses, invitations
from accounts.models import User
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, BOB, PASSWORD

NEW = "alice@new.example.com"
PAGE = "/accounts/email/"


def link_in(mail) -> str:
    (path,) = re.findall(r"http\S+?(/accounts/email/confirm/\S+)", mail.body)
    return str(path)


def may_sign_in(address: str) -> bool:
    return Client().post("/accounts/login/", {"login": address, "password": PASSWORD}).status_code == 302


def test_a_new_address_counts_once_its_link_was_followed_and_the_old_one_is_told(alice, mailoutbox):
    browser = sign_in(alice)
    browser.post(PAGE, {"email": NEW})
    (mail,) = mailoutbox
    assert mail.to == [NEW]
    assert not may_sign_in(NEW)
    stranger = Client()
    stranger.post("/accounts/password/reset/", {"email": NEW})
    assert len(mailoutbox) == 1, "nobody resets a password by an address that was not confirmed"
    page = stranger.get(link_in(mail))
    assert NEW in page.text
    assert may_sign_in(ALICE), "to open a link changes nothing: mail programs do"
    assert stranger.post(link_in(mail))["Location"] == "/accounts/settings"
    assert may_sign_in(NEW)
    assert not may_sign_in(ALICE)
    assert [(row.email, row.verified, row.primary) for row in EmailAddress.objects.all()] == [(NEW, True, True)]
    assert (mailoutbox[-1].to, NEW in mailoutbox[-1].body) == ([ALICE], True)
    again = stranger.post(link_in(mail))
    assert (again.status_code, "was changed since" in again.text) == (400, True)


def test_a_link_ends_after_an_hour_and_with_the_password(alice, mailoutbox):
    browser = sign_in(alice)
    browser.post(PAGE, {"email": NEW})
    link = link_in(mailoutbox[0])
    with time_machine.travel(time.time() + 3_700):
        assert "more than an hour old" in Client().get(link).text
    alice.set_password("another one entirely")
    alice.save()
    assert "was changed since" in Client().post(link).text
    assert User.objects.get(pk=alice.pk).email == ALICE


@pytest.mark.parametrize("token", ["a" * 40, "eyJ:x:y" + "z" * 20])
def test_a_made_up_link_confirms_nothing(db, token):
    answer = Client().get(f"/accounts/email/confirm/{token}")
    assert (answer.status_code, "confirms nothing" in answer.text) == (400, True)


def test_an_address_that_somebody_has_is_mailed_nothing_and_nobody_learns_of_it(alice, bob, mailoutbox):
    taken = sign_in(alice).post(PAGE, {"email": BOB}, follow=True)
    free = sign_in(alice).post(PAGE, {"email": NEW}, follow=True)
    told = [[str(one) for one in page.context["messages"]] for page in (taken, free)]
    assert told[0] == [told[1][0].replace(NEW, BOB)]
    assert [mail.to for mail in mailoutbox] == [[NEW]]


def test_an_address_that_was_taken_meanwhile_is_refused(alice, mailoutbox):
    sign_in(alice).post(PAGE, {"email": NEW})
    User.objects.create_user(NEW, PASSWORD)
    answer = Client().post(link_in(mailoutbox[0]))
    assert (answer.status_code, "somebody else&#x27;s by now" in answer.text) == (400, True)
    assert User.objects.get(pk=alice.pk).email == ALICE


def test_an_invited_address_is_kept_for_who_was_invited(alice, owner, mailoutbox):
    invitations.invite(owner, NEW)
    page = sign_in(alice).post(PAGE, {"email": NEW.upper()})
    assert "Somebody was invited by this address." in page.text
    assert mailoutbox == []


def test_a_desk_without_mail_leaves_it_to_its_owner(alice, owner, settings, mailoutbox):
    settings.SENDS_MAIL = False
    browser = sign_in(alice)
    assert "only an owner changes addresses" in browser.get(PAGE).text
    assert browser.post(PAGE, {"email": NEW}).status_code == 403
    alice.email = NEW
    alice.save()  # as the admin does
    assert [row.email for row in EmailAddress.objects.filter(user=alice)] == [NEW]
    assert may_sign_in(NEW)
    assert not may_sign_in(ALICE)


def test_links_to_a_new_address_name_the_desks_own_origin(alice, settings, mailoutbox):
    settings.SITE_URL = "https://desk.example.com"
    settings.ALLOWED_HOSTS = ["*"]
    sign_in(alice).post(PAGE, {"email": NEW}, headers={"host": "evil.example.com:31337"})
    assert "https://desk.example.com/accounts/email/confirm/" in mailoutbox[0].body
    assert "evil" not in mailoutbox[0].body


def test_only_the_address_that_is_in_force_has_a_row(alice):
    EmailAddress.objects.create(user=alice, email="former@example.com", verified=True)
    addresses.change(alice, NEW)
    assert [row.email for row in EmailAddress.objects.filter(user=alice)] == [NEW]
