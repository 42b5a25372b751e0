"""A session may stream as long as it may sign in; whatever ends it is told at once, or found at the next look."""

import datetime

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.auth.access import Access, valid
from accounts.models import User
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, PASSWORD

pytestmark = pytest.mark.django_db
NEW = "another quiet password"


def socket_of(person, browser):
    """What a socket remembers of the session it was opened with."""
    return Access(person.pk, browser.session.session_key, browser.session[HASH_SESSION_KEY])


@pytest.fixture
def browser(alice):
    return sign_in(alice)


@pytest.fixture
def socket(alice, browser):
    return socket_of(alice, browser)


def is_good(socket):
    return valid([socket]) == {socket}


# The look


def test_a_session_in_use_is_good(socket):
    assert is_good(socket)


def test_a_hundred_sockets_cost_two_queries(alice, bob, django_assert_num_queries):
    sockets = [socket_of(person, sign_in(person)) for person in (alice, bob) for _ in range(50)]
    with django_assert_num_queries(2):
        assert valid(sockets) == set(sockets)


def test_nobody_asks_for_nothing():
    assert valid([]) == set()


def test_one_bad_socket_does_not_end_the_others(alice, bob, socket):
    other = socket_of(bob, sign_in(bob))
    assert valid([socket, Access(bob.pk, "no such session", "hash"), other]) == {socket, other}


def test_a_session_is_good_for_its_own_person_only(bob, socket):
    stolen = socket._replace(person=bob.pk)
    assert valid([socket, stolen]) == {socket}
    assert not is_good(stolen._replace(session_hash=bob.get_session_auth_hash()))
    User.objects.filter(pk=bob.pk).update(password=User.objects.get(pk=socket.person).password)
    assert not is_good(stolen)


def test_who_came_in_by_nothing_has_no_access(alice):
    assert not is_good(Access(alice.pk))


def test_a_repr_tells_no_key(socket):
    assert repr(socket) == f"<Access person={socket.person} by session>"


@pytest.mark.parametrize("hash_", ["", "0" * 64, "é"])
def test_a_wrong_hash_is_not_good(socket, hash_):
    assert not is_good(socket._replace(session_hash=hash_))


def test_a_session_without_anybody_is_not_good(alice):
    browser = Client()
    browser.session.save()
    session = browser.session
    session["seen"] = True
    session.save()
    assert not is_good(Access(alice.pk, session.session_key or ""))


def test_an_expired_session_is_not_good(socket):
    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(seconds=1))
    assert not is_good(socket)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "md5$salt$other"}])
def test_a_change_that_no_model_saw_is_found(socket, change):
    User.objects.update(**change)
    assert not is_good(socket)


def test_a_person_deleted_behind_our_back_is_found(socket):
    User.objects.all()._raw_delete("default")
    assert not is_good(socket)


# What is told


def test_signing_out_ends_that_session(alice, browser, socket, heard, django_capture_on_commit_callbacks):
    other = socket_of(alice, sign_in(alice))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/accounts/logout/")
    assert heard.access == [(alice.pk, socket.session)]
    assert valid([socket, other]) == {other}


def test_changing_the_password_ends_all_and_keeps_the_browser_signed_in(
    alice, browser, socket, heard, django_capture_on_commit_callbacks
):
    elsewhere = socket_of(alice, sign_in(alice))
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(
            "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        )
    assert answer.status_code == 302
    assert (alice.pk, None) in heard.access
    assert valid([socket, elsewhere]) == set()
    alice.refresh_from_db()
    assert browser.get("/accounts/settings").status_code == 200
    assert is_good(socket_of(alice, browser))


def test_resetting_the_password_ends_all(alice, socket, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        alice.set_password(NEW)
        alice.save()
    assert heard.access == [(alice.pk, None)]
    assert not is_good(socket)


@pytest.mark.parametrize("fields", [None, ["is_active"]])
def test_deactivation_ends_all(alice, socket, heard, fields, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        alice.is_active = False
        alice.save(update_fields=fields)
    assert heard.access == [(alice.pk, None)]
    assert not is_good(socket)


def test_deletion_ends_all(alice, socket, heard, django_capture_on_commit_callbacks):
    person_id = alice.pk
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()
    assert heard.access == [(person_id, None)]
    assert not is_good(socket)


def test_a_deleted_session_ends_that_one(alice, socket, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        Session.objects.filter(session_key=socket.session).delete()
    assert heard.access == [(alice.pk, socket.session)]


def test_clearing_expired_sessions_tells_of_each(alice, socket, heard, django_capture_on_commit_callbacks):
    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("clearsessions")
    assert heard.access == [(alice.pk, socket.session)]


def test_signing_in_and_other_changes_end_nothing(alice, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        Client().post("/accounts/login/", {"login": ALICE, "password": PASSWORD})
        alice.first_name = "Alice"
        alice.save()
        alice.is_active = False
        alice.save(update_fields=["first_name"])
    assert heard.access == []


def test_nothing_is_told_before_the_commit(alice, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        alice.set_password(NEW)
        alice.save()
        assert heard.access == []
