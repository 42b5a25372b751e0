"""The panel of signals: what a model says is shown with its confidence where there is one, and else not at all."""

import math

import msgspec
import pytest

from signals.display.statement_rows import read_planted, read_remarks, read_statements
from signals.record.batch import VOIDS
from signals.scoreboard.standing import Challenge
from tests.support.scored_models import newest_batches


@pytest.fixture(scope="module")
def newest(course):
    return newest_batches(course)


def test_only_models_with_a_confidence_are_believed(runs, newest):
    rows = read_statements(runs, newest)
    assert {row.model for row in rows} == {"online logistic v1", "feature v1"}
    for row in rows:
        batch = newest[row.place - 1][1]
        p, q = (each[batch.symbols.index(row.symbol)] for each in (batch.p, batch.q))
        assert row.way == ("up" if p > q else "down")
        assert row.share == f"{100 * (p if row.way == 'up' else 1 - p):.1f} %"
        assert row.base == f"{100 * (q if row.way == 'up' else 1 - q):.1f} %"
        assert (row.due, row.after) == (batch.due, "1 s")


def test_the_symbol_in_focus_comes_first_and_is_always_there(runs, newest):
    for focus in newest[0][1].symbols:
        rows = read_statements(runs, newest, focus)
        assert [row.symbol for row in rows][:2] == [focus, focus]


def test_a_model_that_fell_out_of_calibration_has_no_share(runs, newest):
    broken = msgspec.structs.replace(runs[4].score, voids=runs[4].score.signals)
    changed = [*runs[:4], msgspec.structs.replace(runs[4], score=broken), *runs[5:]]
    assert {row.model for row in read_statements(changed, newest)} == {"online logistic v1"}
    (told,) = [remark for remark in read_remarks(changed) if remark.title == "feature v1 not shown"]
    assert told.text == "At present too little of its schedule is covered, or too much is void."


def test_a_model_whose_record_is_not_whole_has_no_share(runs, newest):
    changed = [*runs[:4], msgspec.structs.replace(runs[4], fault="fact 3: its batch was changed"), *runs[5:]]
    assert {row.model for row in read_statements(changed, newest)} == {"online logistic v1"}
    assert "At present its record is not whole." in {remark.text for remark in read_remarks(changed)}


def test_a_version_that_a_later_one_replaced_is_not_shown(runs, newest):
    challenge = Challenge(champion="feature 1", challenger="online logistic 1")
    challenge.evidence.highest = math.log(20)
    changed = [*runs[:3], msgspec.structs.replace(runs[3], challenge=challenge), *runs[4:]]
    assert {row.model for row in read_statements(changed, newest)} == {"online logistic v1"}
    (told,) = [remark for remark in read_remarks(changed) if remark.state == "replaced"]
    assert told.title == "feature v1"
    assert told.text == "online logistic v1 was right more often on the same bars, and is shown instead."


def test_a_void_statement_says_why_and_has_no_share(runs, newest):
    fact, batch = newest[4]
    halted = msgspec.structs.replace(batch, void=[VOIDS.index("halted")] * len(batch.symbols))
    rows = read_statements(runs, [*newest[:4], (fact, halted), *newest[5:]])
    assert {(row.share, row.void) for row in rows if row.place == 5} == {("", "halted")}


def test_others_are_named_without_their_statements(runs):
    remarks = {remark.state: remark for remark in read_remarks(runs)}
    assert remarks["learning"].title == "3 models recorded, not shown"
    assert remarks["learning"].text == "3 have not shown anything yet."
    assert remarks["retired"].text == "contrary v1: worse than doing nothing."
    assert remarks["fading"].title == "spent feature v1"
    assert remarks["fading"].text.startswith("It knew until about 16 Oct.")


def test_a_planted_edge_is_named_where_the_registration_names_it(runs):
    assert [read_planted(run) for run in runs] == ["", "", "", "", "planted edge, IC 0.12", "", ""]
