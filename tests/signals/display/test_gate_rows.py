"""The gates of a model in words: number, threshold, what is missing."""

from signals.display.gate_rows import read_gate_rows, read_means
from signals.learner.run import open_run
from signals.predictors.rules import AlwaysUp


def test_the_gates_of_a_model_that_pays_are_all_good(runs):
    rows = read_gate_rows(runs[4])
    assert [row.gate for row in rows] == [f"G{number}" for number in range(7)]
    assert all(row.is_good and not row.missing for row in rows)
    texts = {row.gate: row.text for row in rows}
    assert texts["G0"] == "slot 5 of 16 of 2026, taken before its first signal"
    assert "(≥ 300), 42 sessions (≥ 20), coverage 99.54 % (≥ 99 %), void 0.0 % (≤ 5 %)" in texts["G1"]
    assert "(≥ 320), passed on 2" in texts["G2"]
    assert texts["G2"].endswith(" Sep")
    assert "bps a signal before cost" in texts["G4"]
    assert texts["G6"].endswith("(< 20)")


def test_a_retired_model_fails_the_last_gate_and_says_why(runs):
    last = read_gate_rows(runs[6])[-1]
    assert (last.statement, last.is_good, last.missing) == ("not retired", False, "worse than doing nothing")


def test_a_model_without_outcomes_says_what_is_missing(runs):
    rows = read_gate_rows(open_run(AlwaysUp(), runs[0].registration))
    assert [row.gate for row in rows if row.is_good] == ["G0", "G6"]
    assert rows[1].missing.startswith("300 bars; 20 sessions; coverage is not known")
    assert "nothing different was said yet" in rows[3].text
    assert rows[4].text == "1.00 (≥ 320): no side was taken yet"
    assert rows[5].text == "z – over the last 20 sessions (≥ 1.25)"


def test_the_means_are_of_what_was_said_and_of_what_came(runs):
    said, came = read_means(runs[4].score)
    bins = runs[4].score.calibration.bins
    count = sum(part.count for part in bins)
    assert abs(said - sum(part.said for part in bins) / count) < 1e-9
    assert abs(came - sum(part.came for part in bins) / count) < 1e-9
