"""An address that looks like somebody's is nobody else's account, and brings no mail of theirs to anybody else."""

import pytest
from django.test import Client

from accounts.models import User
from tests.support.people import PASSWORD

KATE = "kate@example.com"
ALIKE = ["KATE@example.com", "\N{KELVIN SIGN}ate@example.com", " kate@example.com ", "Kate@EXAMPLE.com"]


@pytest.fixture
def kate(db) -> User:
    return User.objects.create_user(KATE, PASSWORD)


@pytest.mark.parametrize("address", ALIKE)
def test_there_is_no_twin_account(kate, settings, address):
    settings.OPEN_SIGNUP = True
    Client().post("/accounts/signup/", {"email": address, "password1": PASSWORD})
    assert [person.email for person in User.objects.all()] == [KATE]


@pytest.mark.parametrize("address", ALIKE)
def test_a_reset_goes_to_the_address_that_is_known_and_not_to_the_one_that_was_typed(kate, mailoutbox, address):
    assert Client().post("/accounts/password/reset/", {"email": address}).status_code in (200, 302)
    assert {recipient for mail in mailoutbox for recipient in mail.to} <= {KATE}
