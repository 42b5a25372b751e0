"""`manage.py history`: what it says, and what it refuses in a sentence."""

import io

import pytest
from django.core.management import CommandError, call_command

from market.history.writer import record_answer
from market.models import CorporateAction
from tests.market.history.made_bars import answer, bar


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("history", *arguments, stdout=out)
    return out.getvalue()


def test_it_tells_what_is_kept_of_whom_and_what_it_takes(alice, bob):
    record_answer(alice.pk, answer(bar(0), bar(1)), 1)
    record_answer(bob.pk, answer(bar(0), symbol="SPY"), 1)
    told = run("tell")
    assert f"{alice}  QQQ 1m: 2 bars from 2025-11-17 to 2025-11-17" in told
    assert f"{bob}  SPY 1m: 1 bars" in told
    assert "The desk keeps 3 bars and 0 revisions in " in told
    assert " a bar." in told
    assert "SPY" not in run("tell", "--user", alice.email)


def test_a_split_is_noted_for_one_person(alice):
    told = run("note", "--user", alice.email, "--symbol", "qqq", "--day", "2025-11-18", "--split", "4")
    assert told == "Noted: split of QQQ on 2025-11-18, 4.\n"
    (row,) = CorporateAction.objects.all()
    assert (row.person, row.symbol, row.kind, str(row.value)) == (alice, "QQQ", "split", "4.00000000")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fill", "--symbol", "QQQ"], "has no link"),
        (["fill", "--symbol", "Q<Q"], "No such symbol: Q<Q"),
        (["note", "--symbol", "QQQ", "--day", "2025-11-18", "--split", "0"], "A split is above 0, not 0."),
        (["export", "bars.parquet"], r"requirements-parquet\.txt"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(alice, arguments, complaint):
    with pytest.raises(CommandError, match=complaint):
        run(arguments[0], "--user", alice.email, *arguments[1:])
