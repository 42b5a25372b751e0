"""The terminal shows a board, writes the record, and names what is wrong with its chain. Each sees their own only."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from signals.journal import DAY_MS, KEPT_DAYS
from signals.learner.run import name_run
from signals.models import SignalFact, SignalRecord
from signals.predictors.rules import AlwaysUp, LastSign, Momentum
from signals.scoreboard.board import read_line
from tests.signals import recompute
from tests.signals.board_figures import compare_figures
from tests.signals.honesty.course import OPEN_MS
from tests.signals.honesty.market import make_tape
from tests.signals.stored_course import StoredCourse


@pytest.fixture(scope="module")
def course():
    return StoredCourse(make_tape(5, 2, 4, planted=0.1), [AlwaysUp(), LastSign(), Momentum()])


@pytest.fixture
def alice(db, course, monkeypatch):
    monkeypatch.setattr("signals.management.commands.signals.now_ms", lambda: OPEN_MS)
    person = User.objects.create_user("alice@example.com", "a long enough one").pk
    course.store(person)
    return person


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob@example.com", "a long enough one").pk


def run(capsys, user="alice", **options):
    call_command("signals", user=f"{user}@example.com", **options)
    return capsys.readouterr().out


def verify_wrong(capsys):
    with pytest.raises(CommandError) as refused:
        call_command("signals", "--verify", user="alice@example.com")
    assert refused.value.returncode == 1
    return capsys.readouterr().err.splitlines()


def test_the_board_has_a_line_a_model_with_counts(alice, bob, course, capsys):
    head, *lines, note = run(capsys).splitlines()
    assert head.split()[:4] == ["model", "version", "state", "scored"]
    assert [line.split("  ")[0] for line in lines] == ["always up", "last sign", "momentum"]
    for line, one in zip(lines, course.runs, strict=True):
        figures = read_line(one.registration, one.score, one.standing).figures
        assert "learning" in line
        right = figures["hit_rate"]
        assert right.value is not None
        assert f"{right.value * 100:.2f} % ({right.count})" in line
    assert "Not advice" in note
    assert run(capsys, "bob").startswith("No model is registered")


def test_an_export_is_what_the_independent_script_reads(alice, bob, course, capsys, tmp_path):
    path = tmp_path / "signals.jsonl"
    run(capsys, export=str(path))
    found = recompute.recompute(path.read_bytes().splitlines())
    for one in course.runs:
        assert compare_figures(one, found[name_run(one)]) == 30
    run(capsys, "bob", export=str(path))
    assert path.read_bytes() == b""


def test_a_file_that_cannot_be_written_is_named(alice, tmp_path):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("signals", user="alice@example.com", export=str(tmp_path / "nowhere" / "x"))


def test_a_whole_chain_is_whole_over_pages_and_its_head_can_be_kept(alice, course, capsys, monkeypatch):
    monkeypatch.setattr("signals.store.PAGE", 100)
    head, count = course.stored[-1].link, len(course.stored)
    assert run(capsys, verify=True) == f"The chain is whole: {count} facts. Its head: {head}\n"
    assert run(capsys, verify=True, head=head, count=count).startswith("The chain is whole")
    SignalFact.objects.filter(person=alice, number__gt=count - 3).delete()
    assert run(capsys, verify=True).startswith("The chain is whole"), "only who kept the head finds what is cut off"
    with pytest.raises(CommandError):
        run(capsys, verify=True, head=head, count=count)
    assert f"the facts {count - 2} to {count} behind it are missing" in capsys.readouterr().err


@pytest.mark.parametrize("about", ["signal", "outcome"])
def test_a_flipped_byte_of_a_record_is_named_with_its_fact(alice, course, capsys, about):
    fact = [one for one in course.stored if one.about == about][40]
    row = SignalRecord.objects.get(person=alice, digest=fact.digest)
    data = bytearray(row.data)
    data[-1] ^= 1
    SignalRecord.objects.filter(pk=row.pk).update(data=bytes(data))
    (fault,) = verify_wrong(capsys)
    assert fault.startswith(f"fact {fact.number} ({fact.model}, bar {fact.bar}): its")
    assert fault.endswith("was changed")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda row: {"body": row.body.replace('"n":4', '"n":5')}, "its bytes are not those that were recorded"),
        (lambda row: {"body": row.body[:-2]}, "it cannot be read"),
        (lambda row: {"link": "0" * 64}, "its row says another link than was recorded"),
        (lambda row: {"due": row.due + 1, "model": "other"}, "its row says another model and due than was recorded"),
    ],
)
def test_a_changed_fact_is_named(alice, course, capsys, change, what):
    fact = [one for one in course.stored if one.about == "signal"][40]
    row = SignalFact.objects.get(person=alice, number=fact.number)
    SignalFact.objects.filter(pk=row.pk).update(**change(row))
    first, *_ = verify_wrong(capsys)
    assert first.startswith(f"fact {fact.number} (")
    assert first.endswith(what)


def test_a_fact_and_a_record_that_are_missing_are_named(alice, course, capsys):
    fact = next(one for one in course.stored if one.about == "signal" and one.number >= 100)
    other = next(one for one in course.stored if one.about == "outcome" and one.number > 200)
    SignalFact.objects.filter(person=alice, number=fact.number).delete()
    SignalRecord.objects.filter(person=alice, digest=other.digest).delete()
    first, second = verify_wrong(capsys)
    assert f"fact {fact.number} before it is missing" in first
    assert second == f"fact {other.number} ({other.model}, bar {other.bar}): its outcome is missing"


def test_a_record_that_is_past_its_days_is_not_missed(alice, course, capsys, monkeypatch):
    SignalRecord.objects.filter(person=alice).delete()
    later = OPEN_MS + (KEPT_DAYS + 3) * DAY_MS
    monkeypatch.setattr("signals.management.commands.signals.now_ms", lambda: later)
    assert run(capsys, verify=True).startswith("The chain is whole")


def test_lines_of_an_export_hold_every_fact(alice, course, capsys, tmp_path):
    path = tmp_path / "signals.jsonl"
    run(capsys, export=str(path))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["fact"]["link"] for line in lines] == [fact.link for fact in course.stored]
