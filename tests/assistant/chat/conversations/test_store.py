"""Conversations are sealed, a person's own, searched, exported and deleted; consents and tokens are a person's."""

import datetime

import pytest
from django.utils import timezone

from accounts.credentials.encryption import SealError
from accounts.links import key_rotation
from accounts.models import User
from assistant.chat.conversations import consent, store, usage
from assistant.models import ChatTurn, ChatUsage, Conversation


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice@example.com")


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob@example.com")


def record(question: str = "Where is QQQ?", answer: str = "At 450.24.") -> store.TurnRecord:
    pieces = [{"kind": "words", "text": answer}]
    return store.TurnRecord(question=question, pieces=pieces, tools=[], usage={"total_tokens": 3}, outcome="stop")


def test_a_conversation_is_read_as_it_was_told_and_stored_sealed(alice):
    first = store.store_turn(alice.pk, "", record())
    assert store.store_turn(alice.pk, first.conversation, record("And SPY?")).number == 2
    found = store.read_conversation(alice.pk, first.conversation)
    assert [one["question"] for one in found["turns"]] == ["Where is QQQ?", "And SPY?"]
    assert store.answer_text(found["turns"][0]["answer"]) == "At 450.24."
    stored = str(list(Conversation.objects.values())) + str(list(ChatTurn.objects.values()))
    assert "QQQ" not in stored
    assert "450.24" not in stored


def test_a_turn_in_place_of_all_gives_the_title_and_one_that_fails_replaces_none(alice, monkeypatch):
    found = store.store_turn(alice.pk, "", record()).conversation
    store.store_turn(alice.pk, found, record("And SPY?"))
    with monkeypatch.context() as patch:
        patch.setattr(ChatTurn, "seal", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError, match="zero"):
            store.store_turn(alice.pk, found, record("Else?"), before=1)
    assert len(store.read_conversation(alice.pk, found)["turns"]) == 2
    assert store.store_turn(alice.pk, found, record("Else?"), before=1).number == 1
    kept = store.read_conversation(alice.pk, found)
    assert (kept["title"], [one["question"] for one in kept["turns"]]) == ("Else?", ["Else?"])


def test_a_sealed_turn_opens_for_its_own_person_alone(alice, bob):
    store.store_turn(alice.pk, "", record())
    ChatTurn.objects.update(person=bob)
    with pytest.raises(SealError):
        list(store.export_conversations(alice.pk))


def test_both_tables_are_wrapped_anew_with_every_other_secret():
    assert {Conversation, ChatTurn} <= set(key_rotation.tables())


def test_another_person_has_none_of_them(alice, bob):
    mine = store.store_turn(alice.pk, "", record()).conversation
    for work in (store.read_conversation, store.delete_conversation):
        with pytest.raises(store.UnknownConversationError):
            work(bob.pk, mine)
        with pytest.raises(store.UnknownConversationError):
            work(alice.pk, "nothing")
    with pytest.raises(store.UnknownConversationError):
        store.store_turn(bob.pk, mine, record())
    assert (store.list_conversations(bob.pk), store.delete_conversations(bob.pk)) == ([], 0)


def test_a_search_finds_words_of_questions_and_answers(alice):
    store.store_turn(alice.pk, "", record("Where is QQQ?", "At 450.24."))
    store.store_turn(alice.pk, "", record("How is the market?", "Calm."))
    assert [one["title"] for one in store.list_conversations(alice.pk, "qqq")] == ["Where is QQQ?"]
    assert [one["title"] for one in store.list_conversations(alice.pk, "MARKET calm")] == ["How is the market?"]
    assert store.list_conversations(alice.pk, "qqq calm") == []
    assert len(store.list_conversations(alice.pk)) == 2


def test_an_export_has_all_and_a_deletion_leaves_none(alice):
    for question in ("One?", "Two?"):
        store.store_turn(alice.pk, "", record(question))
    assert [one["turns"][0]["question"] for one in store.export_conversations(alice.pk)] == ["One?", "Two?"]
    assert store.delete_conversations(alice.pk) == 2
    assert not ChatTurn.objects.exists()
    store.store_turn(alice.pk, "", record())
    consent.give_consent(alice.pk, "x")
    usage.add_usage(alice.pk, datetime.date(2026, 1, 1), 1)
    alice.delete()
    assert not Conversation.objects.exists()


def test_what_nobody_went_on_with_for_90_days_is_deleted(alice, monkeypatch):
    monkeypatch.setattr(store, "PRUNED", 2)
    now = timezone.now()
    for days in (0, 89, 91, 92, 400):
        found = store.store_turn(alice.pk, "", record()).conversation
        Conversation.objects.filter(pk=found).update(changed=now - datetime.timedelta(days=days))
    assert [store.prune_conversations(now) for _ in range(3)] == [2, 1, 0]
    assert (Conversation.objects.count(), ChatTurn.objects.count()) == (2, 2)


def test_a_consent_is_for_one_person_and_one_host(alice, bob):
    consent.give_consent(alice.pk, "model.example")
    consent.give_consent(alice.pk, "model.example")
    assert consent.has_consent(alice.pk, "model.example")
    assert not consent.has_consent(alice.pk, "model.example:1")
    assert not consent.has_consent(bob.pk, "model.example")
    consent.withdraw_consents(alice.pk)
    assert not consent.has_consent(alice.pk, "model.example")


def test_tokens_add_up_in_a_day(alice, bob):
    day = datetime.date(2026, 11, 25)
    usage.add_usage(alice.pk, day, 5)
    usage.add_usage(alice.pk, day, 7)
    assert (usage.read_usage(alice.pk, day), usage.read_usage(bob.pk, day)) == (12, 0)
    assert usage.read_usage(alice.pk, datetime.date(2026, 11, 26)) == 0
    usage.prune_usage(datetime.date(2026, 11, 26))
    assert not ChatUsage.objects.exists()
