"""Guessing a password is bounded whatever it is said to be for, and keeps nobody out of their own account."""

import itertools

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import Client

from accounts.auth import guesses
from tests.support.people import ALICE, BOB, PASSWORD

pytestmark = pytest.mark.django_db

PATH = "/accounts/login/"
REFUSED = b"Too many failed"


def address(number):
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def guess(browser, password="a wrong guess", login=ALICE, **headers):
    """Try a password; returns whether it was looked at, or too many had been tried."""
    answer = browser.post(PATH, {"login": login, "password": password}, **headers)
    return REFUSED not in answer.content


@pytest.mark.parametrize("spelled", [ALICE, "ALICE@Example.COM", f" {ALICE} "])
def test_any_spelling_of_host_and_address_counts_together(alice, spelled):
    hosts = ("testserver", "TESTSERVER", *(f"testserver:{port}" for port in range(20_000, 20_012)))
    logins = itertools.cycle([ALICE, spelled])
    tried = [guess(Client(), login=next(logins), HTTP_HOST=host) for host in hosts]
    assert tried == [True] * 5 + [False] * 9


@pytest.mark.long
def test_of_all_networks_together_twenty_a_minute_are_tried(alice):
    tried = [guess(Client(), REMOTE_ADDR=address(number), HTTP_HOST=f"testserver:{number + 1}") for number in range(50)]
    assert tried == [True] * 20 + [False] * 30


def test_an_owner_signs_in_from_a_browser_that_did_so_before_whatever_strangers_try(alice):
    known = Client()
    assert known.post(PATH, {"login": ALICE, "password": PASSWORD}).status_code == 302
    known.cookies.pop("sessionid")
    for number in range(30):
        guess(Client(), REMOTE_ADDR=address(number))
    assert not guess(Client(), PASSWORD, REMOTE_ADDR="192.0.2.1"), "others wait"
    assert known.post(PATH, {"login": ALICE, "password": PASSWORD}).status_code == 302


def test_a_known_browser_guesses_no_more_than_others_and_of_its_own_accounts_only(alice, bob):
    known = Client()
    known.post(PATH, {"login": ALICE, "password": PASSWORD})
    known.cookies.pop("sessionid")
    assert [guess(known) for _ in range(12)] == [True] * 10 + [False] * 2
    assert [guess(known, login=BOB) for _ in range(7)] == [True] * 5 + [False] * 2


def signed_otherwise():
    """A cookie that something else of this desk signed."""
    return signing.dumps(["x"], salt="another")


def no_list():
    """A cookie that holds nothing that a browser is known by."""
    return signing.dumps(7, salt=guesses._SALT)


@pytest.mark.parametrize("value", [str, lambda: "nonsense", signed_otherwise, no_list])
def test_what_this_desk_did_not_sign_is_no_known_browser(rf, value):
    request = rf.get(PATH)
    request.COOKIES["tapedeck_browser"] = value()
    assert guesses.known_browser(request) is None


def test_a_browser_is_known_to_the_last_accounts_only_and_nobody_else_can_read_or_send_it(rf, settings):
    settings.SESSION_COOKIE_SECURE = True
    cookies: dict[str, str] = {}
    for number in range(guesses.MOST + 3):
        request, answer = rf.get(PATH), HttpResponse()
        request.COOKIES.update(cookies)
        guesses.remember(request, answer, f"person{number}@example.com")
        cookie = answer.cookies["tapedeck_browser"]
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
        assert "example" not in cookie.value
        cookies = {"tapedeck_browser": cookie.value}
    request.COOKIES.update(cookies)
    known = guesses.known_browser(request)
    assert known is not None
    assert len(known.accounts) == guesses.MOST


def test_a_right_password_uses_up_nothing(alice):
    for _ in range(9):
        assert guess(Client(), PASSWORD)
    assert [guess(Client()) for _ in range(1)] == [True]
