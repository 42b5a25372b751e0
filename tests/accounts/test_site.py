"""Mails and links name the desk as its owner does, whatever a request says."""

import pytest
from django.test import Client

from accounts import site
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE

pytestmark = pytest.mark.django_db


def test_a_reset_by_mail_leads_to_the_desk_and_nowhere_else(alice, settings, mailoutbox):
    settings.SITE_URL = "https://desk.example.com"
    Client().post("/accounts/password/reset/", {"email": ALICE}, HTTP_HOST="testserver:31337")
    (mail,) = mailoutbox
    assert "https://desk.example.com/accounts/password/reset/key/" in mail.body
    assert mail.subject.startswith("[Tapedeck] ")
    assert "31337" not in mail.subject + mail.body
    assert "testserver" not in mail.subject + mail.body


def test_an_invitation_leads_to_the_desk(owner, settings):
    settings.SITE_URL = "https://desk.example.com"
    answer = sign_in(owner).post(
        "/accounts/invitations", {"email": "bob@example.com"}, HTTP_HOST="testserver:4444", follow=True
    )
    assert b"https://desk.example.com/accounts/invitations/" in answer.content
    assert b"4444/accounts/invitations/" not in answer.content


def test_in_production_without_a_site_url_a_host_that_is_allowed_counts(rf, settings):
    settings.SITE_URL, settings.PRODUCTION, settings.ALLOWED_HOSTS = "", True, [".example.com", "other.example.com"]
    request = rf.get("/", HTTP_HOST="other.example.com:1")
    assert site.absolute(request, "/x") == "https://example.com/x"
    settings.PRODUCTION = False
    assert site.absolute(request, "/x") == "http://other.example.com:1/x"


def test_an_address_without_an_account_is_sent_nothing(mailoutbox):
    answer = Client().post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert answer.status_code == 302
    assert mailoutbox == []
