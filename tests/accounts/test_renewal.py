"""Credentials that a venue renews are sealed in the place of the old ones, and nowhere else."""

import pytest

from accounts import linking, stored
from accounts.models import BrokerLink
from brokers.contract import Credentials
from tests.accounts.conftest import make_link


@pytest.mark.django_db
def test_a_grant_rotated_while_it_is_verified_is_stored_as_it_is_now(alice, rotating):
    identity = linking.check(alice, "tastytrade", "simulated", rotating)
    link = linking.link(alice, "tastytrade", "simulated", "Main", rotating, identity)
    assert link.unseal()["refresh_token"] != rotating["refresh_token"]
    assert link.unseal()["client_secret"] == rotating["client_secret"]
    assert linking.test(link).accounts


@pytest.mark.django_db
def test_a_test_that_rotates_a_stored_grant_stores_it_and_begins_its_streams_again(alice, venue, rotating, heard):
    link = make_link(alice, "Main", rotating, environment="simulated")
    linking.test(link)
    kept = BrokerLink.objects.get()
    assert kept.unseal()["refresh_token"] != rotating["refresh_token"]
    assert kept.revision == link.revision == 2, "a stream would go on with a token that is dead"
    assert linking.test(kept).accounts


@pytest.mark.django_db
def test_what_a_stream_was_given_takes_the_place_of_the_old_and_nothing_else(alice, heard):
    link = make_link(alice)
    heard.links.clear()
    assert stored.store_renewed(link.pk, 1, Credentials(client_secret="s", refresh_token="renewed", unknown="x"))
    kept = BrokerLink.objects.get()
    assert kept.unseal() == {"client_secret": "s", "refresh_token": "renewed"}
    assert (kept.revision, kept.state, kept.fingerprint != link.fingerprint) == (1, "idle", True)
    assert heard.links == [], "its streams go on"


@pytest.mark.django_db
def test_credentials_that_come_too_late_are_dropped(alice):
    link, late = make_link(alice), Credentials(refresh_token="too late")
    assert not stored.store_renewed(link.pk, 2, late), "it was linked again"
    linking.disconnect(link, "by an administrator")
    assert not stored.store_renewed(link.pk, 2, late)
    link.refresh_from_db()
    assert link.sealed == {}
    linking.unlink(link)
    assert not stored.store_renewed(link.pk, 2, late)
