"""Stored links as the stream manager uses them: opened, written about, and renewed in the place of the old ones."""

import datetime
import uuid

import pytest
from asgiref.sync import sync_to_async

from accounts.credentials import keys
from accounts.credentials.encryption import new_key
from accounts.links import linking, store
from accounts.models import BrokerLink
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from brokers.contract.errors import CredentialsRejected
from lib.redaction import REDACTED, redact
from streaming.links.db_store import StoredLinks
from streaming.manager.pending_writes import PendingRenewal, PendingWrites, Unsaved
from streaming.models import Ownership
from tests.accounts.conftest import make_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """Has what waits for a commit happen at the end of the block."""
    return django_capture_on_commit_callbacks


def renewed(token: str) -> Credentials:
    """What a venue gave to a link that `make_link` made."""
    return Credentials(client_secret="secret of Main", refresh_token=token)


def test_what_a_stream_was_given_takes_the_place_of_the_old_and_nothing_else(alice, heard, committing):
    link = make_link(alice)
    given = Credentials(client_secret="s", refresh_token="renewed", unknown="x")
    with committing(execute=True):
        assert store.store_renewed(link.pk, [link.unseal()], given) == 1
    kept = BrokerLink.objects.get()
    assert kept.unseal() == {"client_secret": "s", "refresh_token": "renewed"}
    assert (kept.revision, kept.state, kept.fingerprint != link.fingerprint) == (1, "idle", True)
    assert heard.links == [], "its streams go on"


def test_what_stands_in_for_a_credential_that_was_not_given_does_not_count(alice, settings):
    settings.TASTYTRADE_CLIENT_SECRET = "everybody's"
    link = make_link(alice, "Main", Credentials(refresh_token="token"))
    opened = store.open_credentials(link.pk)
    assert opened["client_secret"] == "everybody's"
    assert store.store_renewed(link.pk, [opened], Credentials({**opened, "refresh_token": "renewed"}))
    assert BrokerLink.objects.get().unseal() == {"refresh_token": "renewed"}


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


def test_late_ones_do_not_overwrite_those_that_another_owner_was_given(alice):
    link = make_link(alice)
    given = link.unseal()
    assert store.store_renewed(link.pk, [given], renewed("of its owner"))
    assert store.store_renewed(link.pk, [given], renewed("of the former one"), afresh=True) is None
    kept = BrokerLink.objects.get()
    assert (kept.unseal(), kept.revision) == (renewed("of its owner"), 1)


def test_a_link_that_was_refused_with_the_former_ones_is_opened_anew(alice, heard, committing):
    link = make_link(alice)
    store.record_state(link.pk, "refused", "the grant was revoked", None, link.revision)
    with committing(execute=True):
        assert store.store_renewed(link.pk, [link.unseal()], renewed("renewed")) == 2
    kept = BrokerLink.objects.get()
    assert (kept.state, kept.reason, kept.revision, heard.links) == ("idle", "", 2, [alice.pk])


def test_a_refusal_of_the_former_ones_that_comes_after_late_ones_says_nothing_of_them(alice, heard, committing):
    link = make_link(alice)
    with committing(execute=True):
        assert store.store_renewed(link.pk, [link.unseal()], renewed("renewed"), afresh=True) == 2
    store.record_state(link.pk, "refused", "the grant was revoked", None, link.revision)
    assert (BrokerLink.objects.get().state, heard.links) == ("idle", [alice.pk])


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
    leftovers.retain(alice.pk, 1, Unsaved(renewals=[renewal]))
    await leftovers.written(alice.pk)
    await leftovers.close()
    after = await Ownership.objects.aget(person=alice)
    (now,) = await StoredLinks().of(alice.pk)
    assert (now.state, now.revision, after.links) == ("idle", info.revision + 1, before.links + 1)
    assert await sync_to_async(store.open_credentials)(link.pk) == renewal.credentials


def test_opened_credentials_are_whole_and_known_to_the_redaction(alice):
    link = make_link(alice, "Main", Credentials(client_secret="canary-secret-1", refresh_token="canary-token-1"))
    opened = store.open_credentials(link.pk)
    assert opened == {"client_secret": "canary-secret-1", "refresh_token": "canary-token-1"}
    assert repr(opened) == "<Credentials client_secret refresh_token>"
    assert redact("it said canary-token-1") == f"it said {REDACTED}"


def test_a_link_that_is_gone_is_rejected():
    with pytest.raises(CredentialsRejected, match="removed"):
        store.open_credentials(uuid.uuid4())


def test_a_disconnected_link_keeps_no_secret_and_says_why(alice):
    link = make_link(alice)
    linking.disconnect(link, "disconnected by an administrator")
    link.refresh_from_db()
    assert (link.sealed, link.fingerprint, link.state, link.revision) == ({}, "", "refused", 2)
    with pytest.raises(CredentialsRejected, match="by an administrator"):
        store.open_credentials(link.pk)


def test_a_key_that_is_gone_means_a_new_link(alice, settings):
    settings.CREDENTIAL_KEYS = f"{new_key()}"
    link = make_link(alice)
    settings.CREDENTIAL_KEYS = f"{new_key()}"
    with pytest.raises(CredentialsRejected, match="CREDENTIAL_KEYS must still hold it"):
        store.open_credentials(link.pk)


def test_an_older_key_opens_as_long_as_it_is_listed(alice, settings):
    old, new = new_key(), new_key()
    settings.CREDENTIAL_KEYS = old
    link = make_link(alice)
    settings.CREDENTIAL_KEYS = f"{new},{old}"
    assert store.open_credentials(link.pk)["client_secret"] == "secret of Main"
    link.seal(Credentials(client_secret="x"))
    assert link.sealed["client_secret"].split(".")[1] == keys.public_key().id


def test_states_are_written_down(alice):
    link = make_link(alice)
    store.record_state(link.pk, "refused", "the grant was revoked " * 40, True)
    link.refresh_from_db()
    assert (link.state, link.state_text, link.delayed) == ("refused", "re-link needed", True)
    assert len(link.reason) == store.REASON_LENGTH
    assert link.state_at is not None
    store.record_state(link.pk, "live", "", None)
    link.refresh_from_db()
    assert (link.state, link.reason, link.delayed) == ("live", "", True)
    assert link.revision == 1


def test_the_last_word_about_old_credentials_does_not_land_on_new_ones(alice):
    link = make_link(alice)
    store.record_state(link.pk, "live", "", None, link.revision)
    store.record_state(link.pk, "refused", "the grant was revoked", None, link.revision - 1)
    link.refresh_from_db()
    assert link.state == "live"


def test_refreshes_are_written_down(alice):
    link = make_link(alice)
    at = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.UTC)
    store.record_refresh(link.pk, at)
    link.refresh_from_db()
    assert link.last_refresh == at


def test_writing_about_a_link_that_is_gone_is_no_error():
    store.record_state(uuid.uuid4(), "live", "", None, 1)
    store.record_refresh(uuid.uuid4(), datetime.datetime.now(datetime.UTC))
    assert not BrokerLink.objects.exists()


def test_the_venues_in_use_are_named_once(alice, bob):
    assert store.venues_in_use() == []
    make_link(alice)
    make_link(alice, "Other")
    make_link(bob)
    assert store.venues_in_use() == ["tastytrade"]


def test_a_venue_that_the_desk_does_not_know_any_more_opens_nothing(alice):
    link = make_link(alice)
    BrokerLink.objects.update(venue="closed down")
    with pytest.raises(CredentialsRejected, match="does not know closed down any more"):
        store.open_credentials(link.pk)
