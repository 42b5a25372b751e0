"""What a password may be, how it is asked for, and that it is taken as it was typed."""

import datetime
import gzip
import pathlib
import re

import pytest
from django.contrib.auth import password_validation
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, BOB, PASSWORD

pytestmark = pytest.mark.django_db

CHANGE = "/accounts/password/change/"
LOGIN = "/accounts/login/"
NEW = "another quiet password"


def change(person: User, new: str, former: str = PASSWORD) -> bool:
    """Ask for another password; returns whether it is the person's now."""
    sign_in(person).post(CHANGE, {"oldpassword": former, "password1": new, "password2": new})
    person.refresh_from_db()
    return person.check_password(new)


def signs_up(password: str) -> bool:
    Client().post("/accounts/signup/", {"email": BOB, "password1": password})
    return User.objects.filter(email=BOB).exists()


def signs_in(password: str) -> bool:
    return Client().post(LOGIN, {"login": ALICE, "password": password}).status_code == 302


@pytest.mark.parametrize("password", ["qzvkx7w", "baseball", "trustno1", "QWERTYUIOP", ALICE])
def test_what_is_short_common_or_the_persons_own_address_is_refused(alice, settings, password):
    settings.OPEN_SIGNUP = True
    assert not change(alice, password)
    assert not signs_up(password.replace(ALICE, BOB))
    assert signs_in(PASSWORD)


def test_the_list_of_common_ones_has_thousands_that_would_be_long_enough():
    folder = pathlib.Path(password_validation.__file__).parent
    words = gzip.decompress((folder / "common-passwords.txt.gz").read_bytes()).decode().split()
    assert len([word for word in words if len(word) >= 8]) > 3_000


@pytest.mark.parametrize("password", ["qzvkxwpm", "8302746195", "        zq", "żółw i jeż", "!?.,;:-_+*", "x" * 120])
def test_any_characters_make_a_password(alice, settings, password):
    settings.OPEN_SIGNUP = True
    assert change(alice, password)
    assert signs_up(password)


def test_a_new_one_takes_the_former_one(alice):
    assert not change(alice, "another quiet password", former="not hers at all")
    assert not change(alice, "another quiet password", former="")
    assert change(alice, "another quiet password")


def test_it_is_taken_as_it_was_typed(alice):
    typed = f"  Quiet Words {'é' * 100} end "
    assert change(alice, typed)
    for other in (typed.strip(), typed.lower(), typed[:-2], typed.replace("é", "e\u0301"), f"{typed} "):
        assert not alice.check_password(other)
    assert not signs_in(typed.strip())
    assert signs_in(typed)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (LOGIN, {"password": "current-password"}),
        ("/accounts/signup/", {"password1": "new-password"}),
        (CHANGE, {"oldpassword": "current-password", "password1": "new-password", "password2": ""}),
        ("/accounts/reauthenticate/", {"password": "current-password"}),
        ("/accounts/tokens", {"password": "current-password"}),
    ],
)
def test_a_field_for_one_is_masked_and_open_to_password_managers(alice, settings, path, names):
    settings.OPEN_SIGNUP = True
    browser = Client() if path in (LOGIN, "/accounts/signup/") else sign_in(alice)
    inputs = {found[1]: found[0] for found in re.finditer(r'<input[^>]*\bname="(\w+)"[^>]*>', browser.get(path).text)}
    for name, helper in names.items():
        assert 'type="password"' in inputs[name]
        assert 'autocomplete="off"' not in inputs[name]
        assert f'autocomplete="{helper}"' in inputs[name] if helper else True
    others = {name for name, text in inputs.items() if 'type="password"' in text} - names.keys()
    assert not others


@pytest.mark.parametrize(("age_s", "is_good"), [(3_590, True), (3_610, False)])
def test_a_link_that_resets_it_is_good_for_an_hour_and_once(alice, mailoutbox, monkeypatch, age_s, is_good):
    path = mailed(mailoutbox)
    later = PasswordResetTokenGenerator()._now() + datetime.timedelta(seconds=age_s)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: later)
    reset(path, NEW)
    alice.refresh_from_db()
    assert alice.check_password(NEW) == is_good
    reset(path, "yet another quiet one")
    alice.refresh_from_db()
    assert not alice.check_password("yet another quiet one")


def mailed(mailoutbox) -> str:
    """Ask for a reset; returns the path of the link that is mailed."""
    Client().post("/accounts/password/reset/", {"email": ALICE})
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mailoutbox[-1].body)
    assert found
    return found[1]


def reset(path: str, new: str) -> None:
    browser = Client()
    form = browser.get(path, follow=True)
    browser.post(form.request["PATH_INFO"], {"password1": new, "password2": new})


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example", "/\\evil.example", "http:evil.example", "javascript:alert(1)"]
)
def test_after_signing_in_nobody_is_led_to_another_site(alice, path):
    answer = Client().post(LOGIN, {"login": ALICE, "password": PASSWORD, "next": path})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/settings")
    assert sign_in(alice).get(LOGIN, {"next": path})["Location"] == "/accounts/settings"
    own = Client().post(LOGIN, {"login": ALICE, "password": PASSWORD, "next": "/portfolio/?a=b"})
    assert own["Location"] == "/portfolio/?a=b"


def test_a_new_desk_knows_nobody():
    assert not User.objects.exists()


def test_no_page_asks_for_a_hint_or_a_secret_question():
    fields = {field.name for field in User._meta.get_fields()}
    assert not [name for name in fields if re.search("hint|question|answer", name)]
    asked = Client().get("/accounts/password/reset/").text
    form = re.search(r"<form[^>]*password/reset.*?</form>", asked, re.DOTALL)
    assert form
    assert re.findall(r'<(?:input|select|textarea)[^>]*\bname="(\w+)"', form[0]) == ["csrfmiddlewaretoken", "email"]
