"""Nobody learns who has an account by asking to be let in."""

import pytest
from django.contrib.auth.hashers import get_hasher
from django.test import Client

from accounts.models import User
from tests.support.people import ALICE, PASSWORD

NOBODY = "nobody@example.com"


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user(ALICE, PASSWORD)


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """By which calls passwords were hashed; what one of them does inside is not counted again."""
    seen: list[str] = []
    within = [False]
    hasher = type(get_hasher())

    def counted(name: str) -> None:
        method = getattr(hasher, name)

        def counting(self: object, *args: object) -> object:
            if within[0]:
                return method(self, *args)
            seen.append(name)
            within[0] = True
            try:
                return method(self, *args)
            finally:
                within[0] = False

        monkeypatch.setattr(hasher, name, counting)

    counted("encode")
    counted("verify")
    return seen


def test_an_address_that_nobody_has_costs_a_hash_and_is_answered_alike(alice, hashed):
    answers = []
    for address in (ALICE, NOBODY):
        hashed.clear()
        page = Client().post("/accounts/login/", {"login": address, "password": "a wrong guess"})
        answers.append((page.status_code, page.context["form"].errors, len(hashed)))
    assert answers[0] == answers[1]
    assert answers[0][2] == 1


def test_a_reset_is_answered_alike_and_mailed_to_who_has_an_account(alice, mailoutbox):
    answers = [Client().post("/accounts/password/reset/", {"email": address}) for address in (ALICE, NOBODY)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, "/accounts/password/reset/done/")
    ] * 2
    assert [mail.to for mail in mailoutbox] == [[ALICE]]


def test_where_addresses_are_confirmed_a_sign_up_is_answered_alike(alice, settings, mailoutbox):
    settings.OPEN_SIGNUP, settings.ACCOUNT_EMAIL_VERIFICATION = True, "mandatory"
    answers = [
        Client().post("/accounts/signup/", {"email": address, "password1": PASSWORD}) for address in (ALICE, NOBODY)
    ]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/accounts/confirm-email/")] * 2
    assert sorted(mail.to[0] for mail in mailoutbox) == [ALICE, NOBODY]
    assert User.objects.get(email=ALICE).check_password(PASSWORD)
