"""Credentials that a venue renews are sealed in the place of the old ones, and nowhere else."""

import pytest
from asgiref.sync import sync_to_async

from accounts.links import linking, store
from accounts.models import BrokerLink
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from streaming.links.db_store import StoredLinks
from streaming.manager.pending_writes import PendingRenewal, PendingWrites, Unsaved
from streaming.models import Ownership
from tests.accounts.conftest import make_link


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """Has what waits for a commit happen at the end of the block."""
    return django_capture_on_commit_callbacks


def renewed(token: str) -> Credentials:
    """What a venue gave to a link that `make_link` made."""
    return Credentials(client_secret="secret of Main", refresh_token=token)


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
def test_a_test_of_a_refused_link_that_rotates_its_grant_begins_its_streams_again_once(
    alice, venue, rotating, heard, committing
):
    link = make_link(alice, "Main", rotating, environment="simulated")
    store.record_state(link.pk, "refused", "the grant was revoked", None, link.revision)
    link.refresh_from_db()
    with committing(execute=True):
        linking.test(link)
    assert (link.state, link.revision, heard.links) == ("idle", 2, [alice.pk])


@pytest.mark.django_db
def test_a_test_that_is_refused_says_nothing_of_what_a_stream_renewed_meanwhile(alice, venue, monkeypatch):
    link = make_link(alice)

    def refusing(person, venue, environment, given):
        assert store.store_renewed(link.pk, [given], renewed("now"))
        raise linking.LinkRefusedError("tastytrade refuses these credentials.", by_venue=True)

    monkeypatch.setattr(linking, "check", refusing)
    with pytest.raises(linking.LinkRefusedError, match="changed or removed meanwhile"):
        linking.test(link)
    assert BrokerLink.objects.get().state == "idle"


@pytest.mark.django_db
def test_what_a_stream_was_given_takes_the_place_of_the_old_and_nothing_else(alice, heard, committing):
    link = make_link(alice)
    given = Credentials(client_secret="s", refresh_token="renewed", unknown="x")
    with committing(execute=True):
        assert store.store_renewed(link.pk, [link.unseal()], given) == 1
    kept = BrokerLink.objects.get()
    assert kept.unseal() == {"client_secret": "s", "refresh_token": "renewed"}
    assert (kept.revision, kept.state, kept.fingerprint != link.fingerprint) == (1, "idle", True)
    assert heard.links == [], "its streams go on"


@pytest.mark.django_db
def test_what_stands_in_for_a_credential_that_was_not_given_does_not_count(alice, settings):
    settings.TASTYTRADE_CLIENT_SECRET = "everybody's"
    link = make_link(alice, "Main", Credentials(refresh_token="token"))
    opened = store.open_credentials(link.pk)
    assert opened["client_secret"] == "everybody's"
    assert store.store_renewed(link.pk, [opened], Credentials({**opened, "refresh_token": "renewed"}))
    assert BrokerLink.objects.get().unseal() == {"refresh_token": "renewed"}


@pytest.mark.django_db
def test_credentials_that_come_too_late_are_dropped(alice):
    link, late = make_link(alice), renewed("too late")
    given = link.unseal()
    linking.relink(link, renewed("another"), Identity((AccountIdentity("5WX00001"),)))
    assert store.store_renewed(link.pk, [given], late, afresh=True) is None, "it was linked again"
    assert BrokerLink.objects.get().unseal() == renewed("another")
    linking.disconnect(link, "by an administrator")
    assert store.store_renewed(link.pk, [given], late, afresh=True) is None
    link.refresh_from_db()
    assert (link.sealed, link.state) == ({}, "refused")
    linking.unlink(link)
    assert store.store_renewed(link.pk, [given], late, afresh=True) is None


@pytest.mark.django_db
def test_late_ones_do_not_overwrite_those_that_another_owner_was_given(alice):
    link = make_link(alice)
    given = link.unseal()
    assert store.store_renewed(link.pk, [given], renewed("of its owner"))
    assert store.store_renewed(link.pk, [given], renewed("of the former one"), afresh=True) is None
    kept = BrokerLink.objects.get()
    assert (kept.unseal(), kept.revision) == (renewed("of its owner"), 1)


@pytest.mark.django_db
def test_a_link_that_was_refused_with_the_former_ones_is_opened_anew(alice, heard, committing):
    link = make_link(alice)
    store.record_state(link.pk, "refused", "the grant was revoked", None, link.revision)
    with committing(execute=True):
        assert store.store_renewed(link.pk, [link.unseal()], renewed("renewed")) == 2
    kept = BrokerLink.objects.get()
    assert (kept.state, kept.reason, kept.revision, heard.links) == ("idle", "", 2, [alice.pk])


@pytest.mark.django_db
def test_a_refusal_of_the_former_ones_that_comes_after_late_ones_says_nothing_of_them(alice, heard, committing):
    link = make_link(alice)
    with committing(execute=True):
        assert store.store_renewed(link.pk, [link.unseal()], renewed("renewed"), afresh=True) == 2
    store.record_state(link.pk, "refused", "the grant was revoked", None, link.revision)
    assert (BrokerLink.objects.get().state, heard.links) == ("idle", [alice.pk])


@pytest.mark.django_db
def test_it_counts_what_was_replaced_between_and_what_is_there_already(alice):
    """A commit may have happened though its connection broke; then it is tried again, or with what came after."""
    link = make_link(alice)
    given = link.unseal()
    assert store.store_renewed(link.pk, [given], renewed("first"))
    assert store.store_renewed(link.pk, [given], renewed("first"))
    assert store.store_renewed(link.pk, [given, renewed("first")], renewed("second"))
    assert BrokerLink.objects.get().unseal() == renewed("second")


@pytest.mark.django_db(transaction=True)
async def test_what_a_process_could_not_write_in_time_has_the_next_owner_open_the_link_anew(alice):
    """It was refused with what is dead. Its owner finds that the links changed though no hint arrives."""
    link = await sync_to_async(make_link)(alice)
    await sync_to_async(store.record_state)(link.pk, "refused", "the grant was revoked", None, link.revision)
    before = await Ownership.objects.aget(person=alice)
    (info,) = await StoredLinks().of(alice.pk)
    renewal = PendingRenewal(info, [await sync_to_async(link.unseal)()], renewed("canary-renewed-4711"))
    assert "canary" not in repr(renewal)
    leftovers = PendingWrites(StoredLinks())
    leftovers.keep(alice.pk, 1, Unsaved(renewals=[renewal]))
    await leftovers.written(alice.pk)
    await leftovers.close()
    after = await Ownership.objects.aget(person=alice)
    (now,) = await StoredLinks().of(alice.pk)
    assert (now.state, now.revision, after.links) == ("idle", info.revision + 1, before.links + 1)
    assert await sync_to_async(store.open_credentials)(link.pk) == renewal.credentials
