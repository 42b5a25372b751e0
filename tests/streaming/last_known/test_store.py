"""What was last known of a person is theirs alone, exact, and goes with their link and with them."""

import decimal

import pytest

from accounts.models import User
from brokers.contract.events import Quote
from streaming.last_known import store
from streaming.models import LastKnown
from tests.accounts.conftest import make_link
from tests.support.people import ALICE, BOB, PASSWORD

pytestmark = pytest.mark.django_db
PRICE = decimal.Decimal("450.1250000000000000001")


@pytest.fixture
def alice():
    return User.objects.create_user(ALICE, PASSWORD)


@pytest.fixture
def link(alice):
    return make_link(alice, "Main", environment="simulated")


def quote(symbol: str, link: str, at: int = 1) -> dict[str, object]:
    return {"type": Quote.__struct_config__.tag, "symbol": symbol, "last": PRICE, "link": link, "at": at}


def test_numbers_come_back_with_all_their_digits(alice, link):
    store.save(alice.pk, [quote("QQQ", str(link.pk))])
    items, primary = store.load(alice.pk)
    assert items == [quote("QQQ", str(link.pk))]
    assert items[0]["last"] == PRICE
    assert primary == ("balance", str(link.pk), link.default_account)


def test_a_second_writing_keeps_what_it_does_not_tell(alice, link):
    store.save(alice.pk, [quote("QQQ", str(link.pk))])
    store.save(alice.pk, [quote("SPY", str(link.pk), 2)])
    assert [item["symbol"] for item in store.load(alice.pk)[0]] == ["QQQ", "SPY"]
    assert LastKnown.objects.count() == 1


def test_bob_sees_nothing_of_alice(alice, link):
    bob = User.objects.create_user(BOB, PASSWORD)
    make_link(bob, "His", environment="simulated")
    store.save(alice.pk, [quote("QQQ", str(link.pk))])
    assert store.load(bob.pk) == ([], None)
    store.save(bob.pk, [quote("QQQ", str(link.pk))])
    assert store.load(bob.pk)[0] == [], "what came by a link of hers is not his"


def test_what_came_by_a_link_goes_with_it(alice, link):
    other = make_link(alice, "Other", environment="live")
    store.save(alice.pk, [quote("QQQ", str(link.pk)), quote("SPY", str(other.pk))])
    link.delete()
    assert [item["symbol"] for item in store.read(LastKnown.objects.get().state)] == ["SPY"]
    other.delete()
    assert store.read(LastKnown.objects.get().state) == []
    assert store.load(alice.pk) == ([], None)


def test_an_owner_that_has_not_heard_of_the_removal_brings_nothing_back(alice, link):
    gone = str(link.pk)
    store.save(alice.pk, [quote("QQQ", gone)])
    link.delete()
    store.save(alice.pk, [quote("QQQ", gone, 2)])
    assert store.read(LastKnown.objects.get().state) == []


def test_it_goes_with_its_person_and_nothing_is_shown_to_a_disabled_one(alice, link):
    store.save(alice.pk, [quote("QQQ", str(link.pk))])
    User.objects.update(is_active=False)
    assert store.load(alice.pk) == ([], None)
    person = alice.pk
    alice.delete()
    store.save(person, [quote("QQQ", str(link.pk))])
    assert not LastKnown.objects.exists()
