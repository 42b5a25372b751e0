"""Links as they are verified, stored, and told to the stream manager."""

import asyncio
import concurrent.futures
import threading

import pytest
from django.db import IntegrityError, transaction

from accounts.credentials import refused_attempts
from accounts.credentials.encryption import SealError
from accounts.links import linking, order, store
from accounts.links.link_info import LinkInfo
from accounts.links.linking import LinkRefusedError
from accounts.models import BrokerLink, User
from brokers.catalogue import VENUES
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from brokers.contract.errors import CredentialsRejected
from tests.accounts import paper
from tests.accounts.conftest import make_link
from tests.accounts.paper import Paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers(monkeypatch):
    monkeypatch.setitem(VENUES, "paper", paper.VENUE)
    monkeypatch.setattr(Paper, "open_now", 0)


def word(text):
    return Credentials(word=text)


# Asking a venue


@pytest.mark.parametrize(
    ("given", "said", "by_venue"),
    [
        ("refused", "Paper refuses these credentials: the word is wrong.", True),
        ("lost", "Paper could not be asked: the line is dead. Try again later.", False),
        ("unable", "Paper: not supported: verify.", False),
        ("closed", "Paper knows these credentials, but they open no account.", False),
        ("none", "Paper knows these credentials, but they open no account.", False),
    ],
)
async def test_what_a_venue_refuses_is_a_sentence_for_the_person(papers, given, said, by_venue):
    with pytest.raises(LinkRefusedError) as caught:
        await linking.verify("paper", "live", word(given))
    assert (str(caught.value), caught.value.by_venue) == (said, by_venue)
    assert Paper.open_now == 0


async def test_a_venue_that_does_not_answer_is_not_waited_for(papers, monkeypatch):
    monkeypatch.setattr(linking, "VERIFY_S", 0.05)
    with pytest.raises(LinkRefusedError, match="did not answer within"):
        await linking.verify("paper", "live", word("mute"))
    assert Paper.open_now == 0


async def test_a_venue_says_who_somebody_is(papers):
    assert await linking.verify("paper", "live", word("mixed")) == Identity(
        (paper.CLOSED, paper.OPEN), ("read", "trade"), True
    )  # fmt: skip


def test_only_refusals_by_the_venue_count_against_a_person(papers, alice):
    for _ in range(30):
        with pytest.raises(LinkRefusedError, match="line is dead"):
            linking.check(alice, "paper", "live", word("lost"))
    for _ in range(5):
        with pytest.raises(LinkRefusedError, match="word is wrong"):
            linking.check(alice, "paper", "live", word("refused"))
    with pytest.raises(LinkRefusedError, match="wait 10 minutes"):
        linking.check(alice, "paper", "live", word("right"))


def test_guessing_in_parallel_gets_no_more_attempts(papers, alice, monkeypatch):
    asked = []
    together = threading.Barrier(12, timeout=10)

    async def verify(paper):
        asked.append(paper)
        await asyncio.sleep(0.2)  # as long as venues take; meanwhile the others come
        raise CredentialsRejected("the word is wrong")

    def guess():
        together.wait()
        with pytest.raises(LinkRefusedError):
            linking.check(alice, "paper", "live", word("refused"))

    monkeypatch.setattr(Paper, "verify", verify)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for guessed in [pool.submit(guess) for _ in range(12)]:
            guessed.result()
    assert 1 <= len(asked) <= refused_attempts.EACH_PERSON


def test_a_whole_desk_of_guessers_is_stopped_too(papers):
    def guess(people: list[User]) -> list[bool]:
        """Try four refused grants each; return which the venue was asked about."""
        refusals = []
        for person in people:
            for _ in range(4):
                with pytest.raises(LinkRefusedError) as caught:
                    linking.check(person, "paper", "live", word("refused"))
                refusals.append(caught.value.by_venue)
        return refusals

    people = [User.objects.create_user(f"{number}@example.com") for number in range(9)]
    linked = people[6:]
    for number, person in enumerate(linked):
        linking.link(person, "paper", "live", "Paper", word(f"open{number}"), Identity((paper.OPEN,), None, None))
    assert guess(people[:6]) == [True] * 10 + [False] * 14, "those without a link there take half"
    assert guess(linked) == [True] * 10 + [False] * 2


# Storing


def test_closed_accounts_are_left_out(papers, alice):
    identity = Identity((paper.CLOSED, paper.OPEN), None, None)
    link = linking.link(alice, "paper", "live", "Paper", word("mixed"), identity)
    assert link.identities == [
        {"number": "PAPER0001", "nickname": "Savings", "kind": "Individual", "authority": "owner"}
    ]  # fmt: skip
    assert link.default_account == "PAPER0001"
    assert (link.scopes, link.delayed) == ([], None)


def test_a_sealed_value_pasted_into_another_row_does_not_open(alice, bob):
    hers, another, his = make_link(alice), make_link(alice, "Other"), make_link(bob)
    for thief in (another, his):
        BrokerLink.objects.filter(pk=thief.pk).update(sealed=hers.sealed)
        with pytest.raises(SealError, match="not sealed for this place"):
            BrokerLink.objects.get(pk=thief.pk).unseal()
        with pytest.raises(CredentialsRejected, match="do not open"):
            store.open_credentials(thief.pk)


def test_nor_into_another_field_or_for_another_owner(alice, bob):
    link = make_link(alice)
    swapped = {"client_secret": link.sealed["refresh_token"], "refresh_token": link.sealed["client_secret"]}
    BrokerLink.objects.filter(pk=link.pk).update(sealed=swapped)
    with pytest.raises(CredentialsRejected):
        store.open_credentials(link.pk)
    BrokerLink.objects.filter(pk=link.pk).update(sealed=link.sealed, person=bob)
    with pytest.raises(CredentialsRejected):
        store.open_credentials(link.pk)


def test_the_fingerprint_tells_one_persons_credentials_apart(alice, bob):
    one, other = make_link(alice), make_link(alice, "Other")
    his = make_link(bob, "Main")
    assert his.unseal() == one.unseal()
    assert len({one.fingerprint, other.fingerprint, his.fingerprint}) == 3
    with pytest.raises(LinkRefusedError, match="linked already, as Main"):
        make_link(alice, "Third", one.unseal())


def test_a_label_is_free_to_somebody_else_and_taken_for_oneself(alice, bob):
    make_link(alice)
    make_link(bob)
    with pytest.raises(LinkRefusedError, match="a link named Main already"):
        make_link(alice, "Main", Credentials(client_secret="x", refresh_token="y"))
    assert BrokerLink.objects.count() == 2


@pytest.mark.parametrize("label", ["", "  ", "x" * 61, "a\0b", "a\u202eb"])
def test_a_label_can_be_read_and_typed(alice, label):
    with pytest.raises(LinkRefusedError, match="1 to 60 printable characters"):
        make_link(alice, label)
    assert make_link(alice, " Mum's \t account ").label == "Mum's account"


def test_a_label_is_taken_however_it_is_capitalised(alice):
    make_link(alice)
    with pytest.raises(LinkRefusedError, match="a link named MAIN already"):
        make_link(alice, "MAIN")


def test_the_same_credentials_are_not_linked_twice_by_relinking(alice):
    one, other = make_link(alice), make_link(alice, "Other")
    with pytest.raises(LinkRefusedError, match="linked already, as Main"):
        linking.relink(other, one.unseal(), identity("5WX00001"))
    linking.relink(one, one.unseal(), identity("5WX00001"))
    assert (one.revision, BrokerLink.objects.get(pk=other.pk).revision) == (2, 1)


def test_nor_by_two_requests_at_the_same_time(alice):
    """Both passed every check; the database takes one of them."""
    one, other = make_link(alice), make_link(alice, "Other")
    with pytest.raises(IntegrityError), transaction.atomic():
        BrokerLink.objects.filter(pk=other.pk).update(fingerprint=one.fingerprint)
    linking.disconnect(one, "disconnected")
    linking.disconnect(other, "disconnected")
    assert set(BrokerLink.objects.values_list("fingerprint", flat=True)) == {""}


@pytest.mark.parametrize("refused", [True, False])
def test_what_a_venue_says_of_old_credentials_is_not_written_onto_new_ones(alice, monkeypatch, refused):
    link = make_link(alice)

    def check(*_):
        again = BrokerLink.objects.get(pk=link.pk)
        linking.relink(again, Credentials(client_secret="x", refresh_token="y"), identity("5WX00001", "5WX00002"))
        if refused:
            raise LinkRefusedError("the old grant was revoked", by_venue=True)
        return identity("5WX00001")

    monkeypatch.setattr(linking, "check", check)
    with pytest.raises(LinkRefusedError, match="changed or removed meanwhile"):
        linking.test(link)
    link.refresh_from_db()
    assert (link.state, link.reason, link.accounts) == ("idle", "", ["5WX00001", "5WX00002"])


def test_choosing_an_account_of_a_link_just_removed_is_refused_in_words(alice):
    link = make_link(alice)
    linking.unlink(BrokerLink.objects.get(pk=link.pk))
    with pytest.raises(LinkRefusedError, match="removed meanwhile"):
        linking.choose_account(link, "5WX00001")


def test_the_default_account_survives_a_relink_as_long_as_it_exists(alice):
    link = make_link(alice, "Main", None, "A0000001", "A0000002")
    linking.choose_account(link, "A0000002")
    linking.relink(link, Credentials(client_secret="x", refresh_token="y"), identity("A0000003", "A0000002"))
    assert link.default_account == "A0000002"
    linking.relink(link, Credentials(client_secret="x", refresh_token="z"), identity("A0000003"))
    assert link.default_account == "A0000003"
    assert link.revision == 3


def identity(*numbers):
    return Identity(tuple(AccountIdentity(number) for number in numbers))


def test_a_revision_never_gets_lost(alice):
    """Two that change a link at the same time, each from its own copy, both count."""
    link = make_link(alice)
    stale = BrokerLink.objects.get(pk=link.pk)
    linking.relink(link, Credentials(client_secret="x", refresh_token="y"), identity("5WX00001"))
    linking.relink(stale, Credentials(client_secret="x", refresh_token="z"), identity("5WX00001"))
    assert BrokerLink.objects.get().revision == 3


# Telling of changes


def test_links_changed_is_told_after_the_commit_and_only_then(
    alice, heard, django_capture_on_commit_callbacks
):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        link = make_link(alice)
        assert heard.links == []
    assert heard.links == [alice.pk]
    with django_capture_on_commit_callbacks(execute=True):
        linking.relink(link, Credentials(client_secret="x", refresh_token="y"), identity("5WX00001"))
    with django_capture_on_commit_callbacks(execute=True):
        linking.disconnect(link, "disconnected")
    with django_capture_on_commit_callbacks(execute=True):
        linking.unlink(link)
    assert heard.links == [alice.pk] * 4


def test_nothing_is_told_of_what_was_rolled_back(alice, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        make_link(alice)
        transaction.set_rollback(True)
    assert heard.links == []
    assert not BrokerLink.objects.exists()


def test_a_deleted_person_takes_their_links_along(alice, heard, django_capture_on_commit_callbacks):
    make_link(alice)
    person_id = alice.pk
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()
    assert heard.links == [person_id]
    assert heard.access == [(person_id, None)]


# What the stream manager asks


def test_the_manager_is_told_of_a_persons_own_links_the_real_ones_first(alice, bob):
    simulated = make_link(alice, "Simulated", environment="simulated")
    live = make_link(alice, "Live", environment="live")
    sandbox = make_link(alice, "Sandbox", environment="sandbox")
    make_link(bob)
    found = order.links_of(alice.pk)
    assert [link.id for link in found] == [live.pk, sandbox.pk, simulated.pk]
    assert found[0] == LinkInfo(live.pk, "tastytrade", "live", "Live", "5WX00001", 1, "idle", "", True)
    assert "secret" not in repr(found)


def test_it_is_told_of_none_when_the_person_may_not_come_in(alice):
    make_link(alice)
    alice.is_active = False
    alice.save()
    assert order.links_of(alice.pk) == []


# What a venue renews while it is asked


def test_a_grant_rotated_while_it_is_verified_is_stored_as_it_is_now(alice, rotating):
    identity = linking.check(alice, "tastytrade", "simulated", rotating)
    link = linking.link(alice, "tastytrade", "simulated", "Main", rotating, identity)
    assert link.unseal()["refresh_token"] != rotating["refresh_token"]
    assert link.unseal()["client_secret"] == rotating["client_secret"]
    assert linking.test(link).accounts


def test_a_test_that_rotates_a_stored_grant_stores_it_and_begins_its_streams_again(alice, venue, rotating, heard):
    link = make_link(alice, "Main", rotating, environment="simulated")
    linking.test(link)
    kept = BrokerLink.objects.get()
    assert kept.unseal()["refresh_token"] != rotating["refresh_token"]
    assert kept.revision == link.revision == 2, "a stream would go on with a token that is dead"
    assert linking.test(kept).accounts


def test_a_test_of_a_refused_link_that_rotates_its_grant_begins_its_streams_again_once(
    alice, venue, rotating, heard, django_capture_on_commit_callbacks
):
    link = make_link(alice, "Main", rotating, environment="simulated")
    store.record_state(link.pk, "refused", "the grant was revoked", None, link.revision)
    link.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        linking.test(link)
    assert (link.state, link.revision, heard.links) == ("idle", 2, [alice.pk])


def test_a_test_that_is_refused_says_nothing_of_what_a_stream_renewed_meanwhile(alice, venue, monkeypatch):
    link = make_link(alice)

    def refusing(person, venue, environment, given):
        assert store.store_renewed(link.pk, [given], Credentials(client_secret="secret of Main", refresh_token="now"))
        raise linking.LinkRefusedError("tastytrade refuses these credentials.", by_venue=True)

    monkeypatch.setattr(linking, "check", refusing)
    with pytest.raises(linking.LinkRefusedError, match="changed or removed meanwhile"):
        linking.test(link)
    assert BrokerLink.objects.get().state == "idle"
