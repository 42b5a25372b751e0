"""How long somebody stays signed in."""

import datetime

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from accounts.auth import access, session_store
from accounts.auth.access import Access
from tests.accounts.conftest import sign_in

NOON = datetime.datetime(2026, 11, 18, 17, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
PAGE = "/accounts/settings"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def is_in(browser: Client) -> bool:
    return browser.get(PAGE).status_code == 200


def found(browser: Client) -> Access | None:
    """Return by what a stream of this browser would come in."""
    return access.by_session(browser.cookies["sessionid"].value)


def test_who_does_nothing_for_twelve_hours_is_signed_out(alice, clock):
    browser = sign_in(alice)
    clock.shift(12 * HOUR - datetime.timedelta(seconds=1))
    assert found(browser) is not None
    clock.shift(datetime.timedelta(seconds=1))
    assert found(browser) is None
    assert not is_in(browser)


def test_a_page_now_and_then_keeps_somebody_in_until_the_seventh_day_is_over(alice, clock):
    browser = sign_in(alice)
    for _ in range(7 * 24 // 11):
        clock.shift(11 * HOUR)
        assert is_in(browser)
    assert Session.objects.get().expire_date == NOON + 7 * 24 * HOUR
    clock.move_to(NOON + 7 * 24 * HOUR - datetime.timedelta(seconds=1))
    assert is_in(browser)
    clock.shift(datetime.timedelta(seconds=1))
    assert not is_in(browser)
    assert found(browser) is None


def test_a_stream_that_stays_open_ends_with_its_session(alice, clock):
    browser = sign_in(alice)
    opened = found(browser)
    assert opened is not None
    clock.shift(11 * HOUR)
    assert access.valid([opened]) == {opened}
    clock.shift(HOUR)
    assert access.valid([opened]) == set(), "a stream is no sign of a person"


def test_a_page_is_written_to_the_row_at_most_every_ten_minutes(alice, clock, django_assert_num_queries):
    browser = sign_in(alice)
    row = Session.objects.get()
    clock.shift(session_store.EXTEND_EVERY - datetime.timedelta(seconds=1))
    assert is_in(browser)
    assert Session.objects.get().expire_date == row.expire_date
    clock.shift(datetime.timedelta(seconds=1))
    assert is_in(browser)
    assert Session.objects.get().expire_date == row.expire_date + session_store.EXTEND_EVERY


def test_the_cookie_lives_as_long_as_the_session_can(alice, clock):
    browser = sign_in(alice)
    assert browser.session.get_expiry_age() == 7 * 24 * 3600
    clock.shift(HOUR)
    assert browser.session.get_expiry_age() == (7 * 24 - 1) * 3600


def test_a_session_of_a_former_release_has_ended(alice, clock):
    browser = sign_in(alice)
    session = browser.session
    del session[session_store.SIGNED_IN_AT]
    session.save()
    assert found(browser) is None
    assert not is_in(browser)


async def test_it_holds_where_a_view_reads_its_session_without_a_thread_too(transactional_db, clock):
    store = session_store.SessionStore()
    await store.aset("theme", "dark")
    await store.acreate()
    again = session_store.SessionStore(store.session_key)
    assert await again.aget("theme") == "dark"
    assert await again.aget_expiry_date() == NOON + 12 * HOUR
    assert await again.aget_expiry_age() == 7 * 24 * 3600


def test_what_has_ended_is_cleared(alice, clock):
    sign_in(alice)
    clock.shift(13 * HOUR)
    call_command("clearsessions")
    assert not Session.objects.exists()
