"""What the desk keeps for a person: layouts and preferences, for them alone, and nothing that cannot be."""

import concurrent.futures
import io
import json
import threading

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.test import Client

from desk.layout import COLUMNS, ROWS
from desk.models import SavedLayout, SavedPreferences
from desk.panels import BY_NAME
from desk.views import MOST_BYTES, choices
from tests.accounts.conftest import sign_in

pytestmark = pytest.mark.django_db

LAYOUT, PREFERENCES = "/api/desk/layout/wide", "/api/desk/preferences"
FIRST, SECOND = [*BY_NAME][:2]


def place(name: str, width: object = 5, height: object = 6, **more: object) -> dict[str, object]:
    return {"name": name, "width": width, "height": height, **more}


def put(browser: Client, *panels: object, path: str = LAYOUT):
    return browser.put(path, {"panels": panels}, content_type="application/json")


def patch(browser: Client, **chosen: object):
    return browser.patch(PREFERENCES, chosen, content_type="application/json")


def test_a_layout_is_kept_for_one_class_of_screen_and_reset(alice):
    browser = sign_in(alice)
    usual = browser.get(LAYOUT).json()
    answer = put(browser, place(SECOND), place(FIRST, 3, hidden=True))
    assert answer.status_code == 200
    kept = browser.get(LAYOUT).json()["panels"]
    assert kept[:2] == [place(SECOND, hidden=False), place(FIRST, 3, hidden=True)]
    assert {panel["name"] for panel in kept} == set(BY_NAME)
    assert not SavedLayout.objects.exclude(screen="wide").exists()
    assert browser.delete(LAYOUT).json() == usual == browser.get(LAYOUT).json()


def test_nobody_sees_or_changes_what_another_keeps(alice, bob):
    hers, his = sign_in(alice), sign_in(bob)
    usual = his.get(LAYOUT).json()
    put(hers, place(SECOND), place(FIRST))
    patch(hers, private=True)
    before = hers.get(LAYOUT).json(), hers.get(PREFERENCES).json()
    assert his.get(LAYOUT).json() == usual
    assert his.get(PREFERENCES).json()["private"] is False
    put(his, place(FIRST, 9))
    his.delete(LAYOUT)
    patch(his, colours="red-up", private=False)
    assert (hers.get(LAYOUT).json(), hers.get(PREFERENCES).json()) == before


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"panels":[{"name":"\xff"}]}',
        b"[" * 8000,
        b'{"panels":' + b"[" * 4000,
        json.dumps({"panels": [place("no such panel")]}).encode(),
        json.dumps({"panels": [place(FIRST), place(FIRST)]}).encode(),
        json.dumps({"panels": [place(FIRST, COLUMNS + 1)]}).encode(),
        json.dumps({"panels": [place(FIRST, 2)]}).encode(),
        json.dumps({"panels": [place(FIRST, 5, ROWS + 1)]}).encode(),
        json.dumps({"panels": [place(FIRST, "5")]}).encode(),
        json.dumps({"panels": [place(FIRST, 5.5)]}).encode(),
        json.dumps({"panels": [place(FIRST, more="")]}).encode(),
        json.dumps({"panels": [place(FIRST, hidden="yes")]}).encode(),
        json.dumps({"panels": {}}).encode(),
    ],
)
def test_what_is_no_layout_is_refused_and_changes_nothing(alice, text):
    answer = sign_in(alice).put(LAYOUT, text, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_message"
    assert not SavedLayout.objects.exists()


def test_choices_are_kept_one_by_one(alice):
    browser = sign_in(alice)
    assert patch(browser, colours="red-up").status_code == 200
    found = patch(browser, muted=["orders"], zone="exchange").json()
    assert (found["colours"], found["muted"], found["zone"]) == ("red-up", ["orders"], "exchange")
    patch(browser, colours="green-up", muted=[])
    assert SavedPreferences.objects.get().chosen == {"zone": "exchange"}, "what is usual is not kept"


@pytest.mark.django_db(transaction=True)
def test_choices_that_are_made_at_once_are_all_kept(alice):
    """Privacy chosen in one tab must not end because another one takes a look for its theme."""
    chosen: list[dict[str, object]] = [
        {"private": True}, {"theme": "dark"}, {"density": "dense"}, {"colours": "red-up"}, {"zone": "utc"},
        {"keys": False}, {"rate": "5s"}, {"muted": ["orders"]},
    ]  # fmt: skip
    browsers = [sign_in(alice) for _ in chosen]
    together = threading.Barrier(len(chosen))

    def choose(browser: Client, one: dict[str, object]) -> int:
        together.wait()
        status = patch(browser, **one).status_code
        connection.close()
        return int(status)

    with concurrent.futures.ThreadPoolExecutor(len(chosen)) as threads:
        assert {*threads.map(choose, browsers, chosen)} == {200}
    found = browsers[0].get(PREFERENCES).json()
    assert {name: found[name] for one in chosen for name in one} == {k: v for one in chosen for k, v in one.items()}


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{", b"[" * 8000, b'{"colours":"pink"}', b'{"private":"yes"}', b'{"muted":["everything"]}',
     b'{"admin":true}', b'{"theme":"\xff"}',
     b'{"keys":null}', b'{"theme":"<script>"}'],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused_and_changes_nothing(alice, text):
    browser = sign_in(alice)
    patch(browser, density="dense")
    assert browser.patch(PREFERENCES, text, content_type="application/json").status_code == 400
    assert SavedPreferences.objects.get().chosen == {"density": "dense"}


def test_a_choice_that_there_is_no_more_was_not_made(alice):
    SavedPreferences.objects.create(person=alice, chosen={"density": "dense", "colours": "pink", "gone": 1})
    found = sign_in(alice).get(PREFERENCES).json()
    assert (found["density"], found["colours"]) == ("dense", "green-up")


@pytest.mark.parametrize("path", [LAYOUT, PREFERENCES])
def test_who_is_not_signed_in_is_told_so(path):
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = Client().generic(method, path, b"{}", content_type="application/json")
        assert answer.status_code in (401, 405)
    assert not SavedLayout.objects.exists()


def test_another_site_cannot_change_anything(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert put(browser, place(FIRST)).status_code == 403
    assert patch(browser, private=True).status_code == 403
    assert browser.delete(LAYOUT).status_code == 403
    assert not SavedLayout.objects.exists()


def test_too_much_is_refused_however_its_size_is_told(alice):
    untold = ASGIRequest(
        {"type": "http", "method": "PATCH", "path": PREFERENCES, "headers": [], "query_string": b""},
        io.BytesIO(b'{"theme":"dark"}' + b" " * MOST_BYTES),
    )
    untold.user = alice
    assert choices(untold).status_code == 413
    assert not SavedPreferences.objects.exists()
    browser = sign_in(alice)
    assert put(browser, *[place(FIRST)] * 500).status_code == 413
    assert browser.get("/api/desk/layout/watch").status_code == 404


def test_pages_are_told_what_their_reader_likes(alice):
    browser = sign_in(alice)
    patch(browser, colours="blue-up", private=True, theme="light", muted=["links", "orders"])
    page = browser.get("/accounts/settings").content.decode()
    for attribute in ('data-colours="blue-up"', 'data-private="on"', 'data-theme="light"', 'data-muted="links orders"'):
        assert attribute in page
    assert "data-private" not in Client().get("/accounts/login/").content.decode()
