"""The page of API tokens: a secret is shown once, to its person alone; the admin sees and ends tokens, no more."""

import html
import re

import pytest
from django.test import Client

from accounts.auth import tokens
from accounts.models import ApiToken
from tests.accounts.conftest import sign_in
from tests.support.people import PASSWORD

pytestmark = pytest.mark.django_db

PAGE = "/accounts/tokens"
ADMIN = "/admin/accounts/apitoken/"


def filled(**fields):
    return {"name": "nightly report", "scopes": ["read"], "days": "90", "password": PASSWORD, **fields}


def secrets_in(answer):
    return re.findall(r"tdk_\w+", answer.content.decode())


def text(answer):
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_secret_is_shown_once_in_an_answer_nobody_keeps(alice):
    browser = sign_in(alice)
    answer = browser.post(PAGE, filled())
    (secret,) = secrets_in(answer)
    assert tokens.find(secret) == ApiToken.objects.get()
    assert "no-store" in answer["Cache-Control"]
    assert "shown only this once" in text(answer)
    assert PASSWORD not in answer.content.decode()
    for again in (browser.get(PAGE), browser.get("/accounts/settings")):
        assert secrets_in(again) == []
    assert "tdk_" not in repr((browser.cookies, dict(browser.session)))
    repeated = browser.post(PAGE, filled())
    assert secrets_in(repeated) == []
    assert "You have a token of this name already" in text(repeated)


@pytest.mark.parametrize(
    ("scopes", "kept"), [([], ["read"]), (["read"], ["read"]), (["trade"], ["read", "trade"])]
)  # fmt: skip
def test_every_token_reads_and_some_trade(alice, scopes, kept):
    sign_in(alice).post(PAGE, filled(scopes=scopes))
    assert ApiToken.objects.get().scopes == kept


@pytest.mark.parametrize(("days", "lives"), [("30", 30), ("365", 365), ("", None)])
def test_it_lives_as_long_as_was_chosen(alice, days, lives):
    sign_in(alice).post(PAGE, filled(days=days))
    row = ApiToken.objects.get()
    assert (row.expires and round((row.expires - row.made).total_seconds() / 86400)) == lives


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"scopes": ["everything"]}, "Select a valid choice"),
        ({"days": "100000"}, "Select a valid choice"),
        ({"password": ""}, "This field is required"),
        ({"password": "not hers"}, "This is not your password"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_made(alice, changed, says):
    answer = sign_in(alice).post(PAGE, filled(**changed))
    assert says in text(answer)
    assert not ApiToken.objects.exists()
    assert b"not hers" not in answer.content


def test_a_password_is_not_guessed_here_either(alice):
    browser = sign_in(alice)
    for _ in range(11):
        answer = browser.post(PAGE, filled(password="not hers"))
    assert "Too many failed login attempts" in text(answer)
    assert "Too many failed login attempts" in text(browser.post(PAGE, filled()))
    assert not ApiToken.objects.exists()


def test_more_than_fifty_are_not_made(alice, monkeypatch):
    monkeypatch.setattr(tokens, "LIMIT", 1)
    browser = sign_in(alice)
    browser.post(PAGE, filled())
    answer = browser.post(PAGE, filled(name="another"))
    assert "Revoke one first" in text(answer)
    assert secrets_in(answer) == []


def test_a_list_tells_everything_but_the_secret(alice, bob):
    secret, row = tokens.make(alice, "<b>bot</b>", trade=True)
    tokens.make(bob, "something of bob's")
    tokens.find(secret)
    row.refresh_from_db()
    assert row.last_used is not None
    answer = sign_in(alice).get(PAGE)
    shown = " ".join(text(answer).split())
    assert "<b>bot</b> read, trade" in shown
    assert b"<b>bot" not in answer.content
    assert f"{row.last_used:%H:%M} UTC" in shown
    assert "something of bob's" not in shown
    assert row.digest not in answer.content.decode()


def test_revoking_asks_first_then_ends_it(alice, heard, django_capture_on_commit_callbacks):
    _, row = tokens.make(alice, "bot")
    browser = sign_in(alice)
    assert "cannot be undone" in text(browser.get(f"{PAGE}/{row.pk}/revoke"))
    assert ApiToken.objects.get().state == "active"
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"{PAGE}/{row.pk}/revoke", follow=True)
    assert heard.tokens == [(alice.pk, str(row.pk))]
    assert "Revoked bot." in text(answer)
    assert ApiToken.objects.get().state == "revoked"
    assert browser.post(f"{PAGE}/{row.pk}/revoke").status_code == 404


def test_nobody_reaches_another_persons_token(alice, bob):
    _, row = tokens.make(alice, "bot")
    for ask in (sign_in(bob).get, sign_in(bob).post):
        assert ask(f"{PAGE}/{row.pk}/revoke").status_code == 404
    assert ApiToken.objects.get().state == "active"
    for ask in (Client().get, Client().post):
        assert ask(PAGE).status_code == 302


def test_a_form_of_another_site_makes_nothing_and_revokes_nothing(alice):
    _, row = tokens.make(alice, "bot")
    browser = sign_in(alice, enforce_csrf_checks=True)
    assert browser.post(PAGE, filled()).status_code == 403
    assert browser.post(f"{PAGE}/{row.pk}/revoke").status_code == 403
    assert [token.state for token in ApiToken.objects.all()] == ["active"]


# The admin


def test_an_admin_sees_tokens_and_revokes_them(alice, owner, heard, django_capture_on_commit_callbacks):
    secret, row = tokens.make(alice, "bot", trade=True)
    admin = sign_in(owner)
    for page in (ADMIN, f"{ADMIN}{row.pk}/change/"):
        shown = admin.get(page)
        assert "bot" in text(shown)
        assert "may trade" in text(shown)
        assert secret not in shown.content.decode()
        assert row.digest not in shown.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(ADMIN, {"action": "revoke", "_selected_action": [row.pk]})
    assert ApiToken.objects.get().state == "revoked"
    assert heard.tokens == [(alice.pk, str(row.pk))]


def test_an_admin_can_neither_make_nor_change_nor_delete_one(alice, owner):
    _, row = tokens.make(alice, "bot")
    admin = sign_in(owner)
    assert admin.get(f"{ADMIN}add/").status_code == 403
    assert admin.post(f"{ADMIN}{row.pk}/change/", {"name": "other"}).status_code == 403
    assert admin.post(f"{ADMIN}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ApiToken.objects.get().name == "bot"


def test_tokens_go_with_their_person(alice, owner):
    tokens.make(alice, "bot")
    answer = sign_in(owner).post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not ApiToken.objects.exists()
