"""A person's rules in the database: theirs alone, bounded, versioned, and heard of by whoever evaluates them."""

import datetime
import types
import typing

import pytest
from django.utils import timezone

from accounts.models import User
from alerts import store
from alerts.models import AlertRule
from alerts.rules.reader import parse_rule
from alerts.store import AlertError
from alerts.watch.waker import AlertWaker
from streaming.facts import Entry
from streaming.host import waker
from streaming.host.waker import WakerRuntime
from streaming.ledger import store as ledger_store
from streaming.ledger.errors import SinkError
from streaming.models import Ownership, StoredFact
from streaming.ownership import rows

PRICE = '{"when": {"all": [{"field": "QQQ.last", "is": "crosses_up", "value": 450.50}]}, "session": "always"}'
OTHER = '{"when": {"all": [{"field": "SPY.last", "is": "above", "value": 600}]}, "trigger": "each"}'


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice@example.com", "a long enough one")


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob@example.com", "a long enough one")


def seen(person) -> tuple[int, bool]:
    """How often the person's streams were told that something changed, and whether somebody has to watch them."""
    row = Ownership.objects.filter(person=person).first()
    return (0, False) if row is None else (row.links, row.wanted_until is not None)


def test_a_rule_is_kept_exactly_and_its_person_is_watched_for_it(alice):
    row = store.create(alice.pk, parse_rule(PRICE))
    assert store.spec_of(row) == parse_rule(PRICE)
    assert "450.50" in row.spec, "as the person wrote it"
    assert (row.version, row.is_armed) == (1, True)
    assert seen(alice) == (1, True)
    (stored,) = store.stored_rules(alice.pk).rules
    assert (stored.rule.id, stored.rule.version, stored.state, stored.is_armed) == (str(row.pk), 1, None, True)
    assert stored.rule.armed_at == store.millis(row.armed_at)


def to_wake() -> list[int]:
    """Whom a waker finds that asks the database itself."""
    return AlertWaker(typing.cast(WakerRuntime, types.SimpleNamespace(ledger=None))).find_unwatched()


def test_an_edit_is_a_version_that_begins_anew(alice):
    row = store.create(alice.pk, parse_rule(PRICE))
    store.note_firing(row.pk, 1, 1_795_000_000_000, 1_795_000_000_500, "{}", stays_armed=False)
    edited = store.change(alice.pk, row.pk, parse_rule(OTHER))
    assert (edited.version, edited.is_armed, edited.state, edited.fired) == (2, True, None, 1)
    assert seen(alice)[0] == 2


def test_what_rests_is_not_watched_for_and_armed_again_it_is_another_version(alice):
    row = store.create(alice.pk, parse_rule(PRICE))
    resting = store.arm(alice.pk, row.pk, is_armed=False)
    assert (resting.is_armed, resting.wake_at) == (False, None)
    assert to_wake() == []
    assert store.arm(alice.pk, row.pk, is_armed=True).version == 2
    Ownership.objects.update(wanted_until=None)
    assert to_wake() == [alice.pk]


def test_a_rule_that_is_over_is_not_armed_again(alice):
    row = store.create(alice.pk, parse_rule(PRICE))
    AlertRule.objects.update(expires=timezone.now() - datetime.timedelta(seconds=1))
    with pytest.raises(AlertError) as refused:
        store.arm(alice.pk, row.pk, is_armed=True)
    assert (refused.value.code, refused.value.field) == ("alert_expired", "expires")


def test_too_many_are_refused_by_number(alice, bob, monkeypatch):
    monkeypatch.setattr(store, "MOST_RULES", 2)
    for _ in range(2):
        store.create(alice.pk, parse_rule(PRICE))
    with pytest.raises(AlertError, match="You have 2 alerts") as refused:
        store.create(alice.pk, parse_rule(PRICE))
    assert refused.value.code == "too_many_alerts"
    store.create(bob.pk, parse_rule(PRICE))


def test_somebody_elses_rule_is_not_there(alice, bob):
    row = store.create(alice.pk, parse_rule(PRICE))
    for ask in (
        lambda: store.find(bob.pk, row.pk),
        lambda: store.change(bob.pk, row.pk, parse_rule(OTHER)),
        lambda: store.arm(bob.pk, row.pk, is_armed=False),
        lambda: store.snooze(bob.pk, row.pk, timezone.now()),
        lambda: store.delete(bob.pk, row.pk),
    ):
        with pytest.raises(AlertError) as refused:
            ask()
        assert refused.value.code == "unknown_alert"
    assert store.of(alice.pk) == [row]
    assert store.of(bob.pk) == []
    assert seen(bob) == (0, False)


def firing(row, key="once", **fields):
    payload = {"rule": str(row.pk), "version": row.version, "key": key, "seen_at": 1_795_000_000_500} | fields
    payload["state"] = {"fired": 1}
    return Entry(kind="alert", at=1_795_000_000_000, payload=payload, venue_id=f"{row.pk}:{row.version}:{key}")


def test_a_firing_is_counted_with_its_fact_or_neither_is(alice, monkeypatch):
    row = store.create(alice.pk, parse_rule(PRICE))
    ledger_store.record(alice.pk, [firing(row)])
    row.refresh_from_db()
    assert (row.fired, row.is_armed, row.wake_at, row.state) == (1, False, None, '{"fired":1}')
    assert store.millis(row.fired_at) == 1_795_000_000_000

    def fail(*_, **__):
        raise RuntimeError("no room")

    monkeypatch.setattr("alerts.watch.sink.store.note_firing", fail)
    before = StoredFact.objects.count()
    with pytest.raises(SinkError, match="settle failed"):
        ledger_store.record(alice.pk, [firing(row, "2")])
    assert StoredFact.objects.count() == before


def test_the_same_firing_again_is_not_counted_again(alice):
    row = store.create(alice.pk, parse_rule(OTHER))
    for key in ("1", "1", "2"):
        ledger_store.record(alice.pk, [firing(row, key)])
    row.refresh_from_db()
    assert (row.fired, row.is_armed) == (2, True)
    assert StoredFact.objects.filter(person=alice, kind="alert").count() == 2


def test_a_firing_of_a_former_version_leaves_the_newest_armed(alice):
    row = store.create(alice.pk, parse_rule(PRICE))
    former = firing(row)
    store.change(alice.pk, row.pk, parse_rule(PRICE))
    ledger_store.record(alice.pk, [former])
    row.refresh_from_db()
    assert (row.fired, row.is_armed, row.state) == (1, True, None)


def test_a_firing_of_a_rule_that_was_deleted_stays(alice):
    row = store.create(alice.pk, parse_rule(PRICE))
    last = firing(row)
    store.delete(alice.pk, row.pk)
    (fact,) = ledger_store.record(alice.pk, [last])
    assert fact.payload["rule"] == last.payload["rule"]


def test_only_the_owner_keeps_a_checkpoint(alice):
    row = store.create(alice.pk, parse_rule(PRICE))
    Ownership.objects.filter(person=alice).update(epoch=7)
    later = 1_795_000_600_000
    assert store.save_checkpoint(alice.pk, 7, "{}", 1_795_000_000_000, {str(row.pk): later})
    row.refresh_from_db()
    assert store.millis(row.wake_at) == later
    assert not store.save_checkpoint(alice.pk, 6, '{"at":1}', 1_795_000_000_000, {str(row.pk): None})
    assert store.stored_rules(alice.pk).checkpoint == "{}"
    Ownership.objects.update(wanted_until=None)
    assert to_wake() == ([alice.pk] if later <= timezone.now().timestamp() * 1000 else [])


def test_people_are_woken_whose_session_began(alice, bob):
    store.create(alice.pk, parse_rule(PRICE))
    store.create(bob.pk, parse_rule(PRICE))
    AlertRule.objects.filter(person=bob).update(wake_at=timezone.now() + datetime.timedelta(hours=1))
    Ownership.objects.update(wanted_until=None)
    due = to_wake()
    assert due == [alice.pk]
    rows.watch(*due)
    assert seen(alice)[1]
    assert not seen(bob)[1]


def test_of_people_who_are_watched_nothing_is_written_until_shortly_before_that_is_over(
    alice, bob, django_assert_num_queries
):
    for person in (alice, bob):
        store.create(person.pk, parse_rule(PRICE))
    with django_assert_num_queries(1):
        assert to_wake() == []
    soon = timezone.now() + datetime.timedelta(seconds=rows.WATCH_S / 2 - 1)
    Ownership.objects.filter(person=bob).update(wanted_until=soon)
    assert to_wake() == [bob.pk]
    rows.watch(bob.pk)
    assert to_wake() == []


def test_each_look_wakes_others_than_the_one_before(alice, bob, monkeypatch):
    monkeypatch.setattr(waker, "AT_ONCE", 1)
    for person in (alice, bob):
        store.create(person.pk, parse_rule(PRICE))
    Ownership.objects.update(wanted_until=None)
    for person in (alice, bob):
        assert to_wake() == [person.pk]
        rows.watch(person.pk)
    assert to_wake() == []
