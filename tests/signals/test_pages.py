"""The pages of signals: the table is there without a script, and a person's record is nobody else's."""

import datetime
import re
import typing

import msgspec
import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from accounts.models import BrokerLink, User
from market.models import Watchlist
from signals import owner_store, store
from signals.chain_check import MOST_FAULTS, check_chain
from signals.learner.run import dump_run
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalRecord
from streaming.models import Ownership
from tests.accounts.conftest import alice, bob, sign_in
from tests.support import scored_models

__all__ = ["alice", "bob"]
pytestmark = pytest.mark.django_db
BOARD = "/learning"
ROW = re.compile(r'<tr data-place="(\d+)".*?<a href="[^"]+">([^<]+)</a>.*?data-standing="(\w+)"', re.DOTALL)


@pytest.fixture(autouse=True)
def _boardless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody streams here: what a board has is no part of the record."""

    async def nothing(*_asked: object) -> None:
        return None

    monkeypatch.setattr("signals.pages.initial_state.shown", nothing)


@pytest.fixture
def recorded(alice: User) -> User:
    scored_models.record(alice.email)
    return alice


async def join(answer: typing.Any) -> bytes:
    return b"".join([part async for part in answer])


def read(person: User, path: str = BOARD) -> str:
    answer = sign_in(person).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_table_has_every_model_in_the_order_of_registration(recorded):
    rows = ROW.findall(read(recorded))
    assert rows == [
        ("1", "always up", "learning"), ("2", "last sign", "learning"), ("3", "momentum 12", "learning"),
        ("4", "online logistic", "knows"), ("5", "feature", "pays"), ("6", "spent feature", "fading"),
        ("7", "contrary", "retired"),
    ]  # fmt: skip


def test_the_page_says_what_it_is(recorded):
    page = read(recorded)
    for words in (
        "Recorded before the outcome, scored after it, compared with doing nothing. Losers stay.",
        "Scored up to Tue 17 Nov 2026", "7 of 16 slots of 2026 used", "Silence would lower it.",
        "= 16 slots a year ÷ 0.05: in at most one year of 20 would luck alone lift any of the 16 there",
        "never again", "a new version", "It predicts nothing.", "None was made up.",
    ):  # fmt: skip
        assert words in page


def test_the_model_of_the_address_is_shown_whole(recorded):
    assert "Gates <small>always up v1" in read(recorded)
    assert "Gates <small>feature v1" in read(recorded, "/learning?model=5")
    assert "Gates <small>always up v1" in read(recorded, "/learning?model=99"), "there is none: the first one"
    part = read(recorded, "/learning?part=chosen&model=6")
    assert "Gates <small>spent feature v1" in part
    assert "<html" not in part
    assert "score-table" not in part


def test_a_planted_edge_is_named_and_no_other(recorded):
    page = read(recorded)
    assert page.count("planted edge, IC 0.12</span>") == 1
    assert "planted edge, IC 0.12: planted in the simulated market" in page


def test_a_statement_that_was_due_is_over(recorded):
    said = re.compile(r'<b data-part="over"( hidden)?>')
    page = read(recorded)
    assert "It is being worked out." in page, "nobody looked at this market before"
    assert set(said.findall(page)) == {" hidden"}
    due = SignalFact.objects.filter(person=recorded, about="signal").latest("number").due
    with time_machine.travel(due / 1000 + 1):
        assert set(said.findall(read(recorded))) == {""}


def test_nothing_of_one_person_is_on_the_page_of_another(recorded, bob):
    page = read(bob)
    assert "No model is registered. They are once you follow signals." in page
    assert "spent feature" not in page
    assert sign_in(bob).get("/learning/models/1").status_code == 404
    assert sign_in(bob).get("/learning/export").status_code == 200
    assert "Nothing is recorded yet" in read(bob, "/learning/chain")


@pytest.mark.parametrize("path", [BOARD, "/learning/models/1", "/learning/chain", "/learning/export"])
def test_who_is_not_signed_in_is_sent_to_sign_in(path):
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_the_page_of_a_model_has_every_figure_with_its_count(recorded):
    page = read(recorded, "/learning/models/5")
    run = store.read_runs(recorded.pk)[4]
    assert run.registration.sha256 in page
    assert "320 = 16 slots a year ÷ 0.05" in page
    assert "</b> = 16 slots a year ÷ 0.05: in at most one year of 20 would luck alone lift any of the 16 there" in page
    assert "no backtest, no promise, and not advice" in page
    assert "Wed 11 Nov 2026" in page, "since when it pays"
    rows = re.findall(
        r'<th scope="row">([^<]+)</th><td class="number">([^<]+)</td><td class="number">([^<]+)</td>', page
    )
    figures = {title: (value, count) for title, value, count in rows}
    assert figures["Outcomes scored"] == ("13,044", "13,044")
    assert figures["Coverage"] == ("99.5 %", "3,276")
    assert len(figures) > 25


def test_who_follows_nothing_is_told_so_and_can_begin_and_stop(alice):
    client = sign_in(alice)
    assert "You do not follow signals: no model speaks for you." in read(alice)
    begun = client.post("/learning/follow", {"on": "1"}, follow=True)
    assert begun.redirect_chain == [("/learning", 302)]
    assert owner_store.is_followed(alice.pk)
    assert Ownership.objects.filter(person=alice, wanted_until__gt=timezone.now()).exists()
    page = begun.content.decode()
    assert "no watchlist of yours has a symbol with a regular session" in page
    assert "The naive rules begin with the next session." in page
    Watchlist.objects.create(person=alice, name="mine", symbols=["QQQ"], place=0)
    assert "no watchlist of yours" not in read(alice)
    stopped = client.post("/learning/follow", {"on": "0"}, follow=True)
    assert "You no longer follow signals." in stopped.content.decode()
    assert not owner_store.is_followed(alice.pk)


def test_only_a_form_of_ones_own_begins_or_stops(alice, bob):
    owner_store.follow(bob.pk, is_on=True)
    assert sign_in(alice).get("/learning/follow").status_code == 405
    assert Client().post("/learning/follow", {"on": "1"}).status_code == 302
    sign_in(alice).post("/learning/follow", {"on": "0"})
    assert [one.pk for one in (alice, bob) if owner_store.is_followed(one.pk)] == [bob.pk]


def test_learning_that_is_off_or_behind_is_said(recorded, settings):
    LearnerProgress.objects.filter(person=recorded).update(number=0)
    SignalFact.objects.filter(person=recorded, number__lte=3).update(about="outcome")
    assert "3 outcomes wait to be scored. The learner ran last at" in re.sub(r"\s+", " ", read(recorded))
    settings.LEARNING = False
    assert "Learning is off (LEARNING=0)" in read(recorded)


def test_a_learner_that_is_silent_is_said_while_one_follows(recorded):
    begun = timezone.now() - datetime.timedelta(minutes=3)
    LearnerProgress.objects.filter(person=recorded).update(ran_at=begun)
    assert "The learner has not run since" not in read(recorded), "nothing new is said for who does not follow"
    owner_store.follow(recorded.pk, is_on=True)
    assert "The learner has not run since" in re.sub(r"\s+", " ", read(recorded))
    LearnerProgress.objects.filter(person=recorded).update(ran_at=timezone.now())
    assert "The learner has not run since" not in read(recorded)


def test_models_that_do_not_speak_and_a_broken_chain_are_said(recorded):
    owner_store.follow(recorded.pk, is_on=True)
    owner_store.write_silent(recorded.pk, {"my.Model": "SIGNALS names my.Model, which cannot be made: no"})
    LearnerProgress.objects.filter(person=recorded).update(fault="fact 30 (feature, bar 7): its batch was changed")
    page = read(recorded)
    assert "my.Model does not speak: SIGNALS names my.Model, which cannot be made: no." in page
    assert "The record is not whole: fact 30 (feature, bar 7): its batch was changed." in page
    assert page.count("At present its record is not whole.") == 2
    assert 'class="end">5' not in page, "no confidence"


def test_without_market_data_the_page_and_its_panel_say_so(recorded):
    said = ("No link of yours gives market data.", "<b>No market data</b>")
    assert all(words in read(recorded) for words in said)
    alpaca = BrokerLink.objects.create(person=recorded, venue="alpaca", environment="sandbox", label="orders only")
    assert all(words in read(recorded) for words in said), "it carries out orders, and gives no prices"
    alpaca.delete()
    BrokerLink.objects.create(person=recorded, venue="tastytrade", environment="sandbox", label="prices")
    assert not any(words in read(recorded) for words in said)


def test_who_failed_at_the_newest_bar_and_who_is_not_believed_are_named(recorded):
    page = read(recorded)
    assert "failed at its newest bar" not in page
    assert "is not believed any more" not in page
    row = SignalFact.objects.filter(person=recorded, about="signal", model="last sign").latest("bar")
    detail = {"error": "ZeroDivisionError: no <b>volume</b>"}
    row.body = msgspec.json.encode(msgspec.structs.replace(store.read_fact(row), detail=detail)).decode()
    row.save()
    run = store.read_runs(recorded.pk)[2]
    run.unexplained = "what it said of QQQ does not follow from what was recorded"
    LearnedModel.objects.filter(person=recorded, model="momentum 12").update(run=dump_run(run))
    page = read(recorded)
    assert (
        "last sign v1 failed at its newest bar, which is void: "
        "ZeroDivisionError: no &lt;b&gt;volume&lt;/b&gt;."
    ) in page  # fmt: skip
    assert f"momentum 12 v2 is not believed any more: {run.unexplained}." in page
    assert page.count("failed at its newest bar") == page.count("is not believed any more") == 1
    needed = re.findall(r'data-label="Still needed">([^<]+)<', page)
    assert needed[2] == "a new version"


def test_an_export_has_a_line_a_fact_with_its_batch(recorded, monkeypatch):
    monkeypatch.setattr("signals.pages.EXPORT_PAGE", 7)
    answer = sign_in(recorded).get("/learning/export")
    lines = async_to_sync(join)(answer).splitlines()
    assert len(lines) == SignalFact.objects.filter(person=recorded).count() == 6 * 7
    assert all(b'"content":' in line for line in lines)


def test_a_chain_that_is_whole_is_said_to_be(recorded):
    page = read(recorded, "/learning/chain")
    assert "The chain is whole" in page
    assert "42 of 42 facts were looked at." in re.sub(r"\s+", " ", page)
    assert SignalFact.objects.get(person=recorded, number=42).link in page


def test_a_flipped_byte_and_a_lost_fact_are_named(recorded):
    record = SignalRecord.objects.filter(person=recorded).order_by("pk")[20]
    data = bytearray(record.data)
    data[-1] ^= 1
    SignalRecord.objects.filter(pk=record.pk).update(data=bytes(data))
    fact = SignalFact.objects.get(person=recorded, digest=record.digest)
    SignalFact.objects.filter(person=recorded, number=30).delete()
    after = SignalFact.objects.get(person=recorded, number=31)
    check = check_chain(recorded.pk)
    assert [str(fault) for fault in check.faults] == [
        f"fact {fact.number} ({fact.model}, bar {fact.bar}): its batch was changed",
        f"fact 31 ({after.model}, bar {after.bar}): fact 30 before it is missing",
    ]
    page = read(recorded, "/learning/chain")
    assert "The chain is broken" in page
    assert "its batch was changed" in page


def test_a_batch_that_is_gone_before_its_time_is_named_and_one_past_it_is_not(recorded):
    SignalRecord.objects.filter(person=recorded).earliest("pk").delete()
    assert [fault.what for fault in check_chain(recorded.pk).faults] == ["its batch is missing"]


def test_a_long_chain_is_looked_at_from_a_fact_on(recorded):
    SignalFact.objects.filter(person=recorded, number=10).delete()
    check = check_chain(recorded.pk, most=20)
    assert (check.looked_at, check.recorded, check.faults) == (20, 42, [])
    assert [fault.number for fault in check_chain(recorded.pk).faults] == [11]
    SignalFact.objects.filter(person=recorded, number=35).update(body="{}")
    assert check_chain(recorded.pk, most=20).faults[0].number == 35
    assert len(check_chain(recorded.pk).faults) <= MOST_FAULTS


def test_models_that_a_desk_knows_no_more_are_still_on_the_board(recorded):
    LearnedModel.objects.filter(person=recorded, place=2).update(state=b"")
    assert len(ROW.findall(read(recorded))) == 7
