"""The command prints a line a claim and ends with 1 where a bound is missed."""

import multiprocessing.dummy

import pytest

from tests.signals.honesty import __main__ as command
from tests.signals.honesty.rows import Claim, Trial


def is_even(seed):
    return {"even": seed % 2 == 0}


@pytest.mark.parametrize(("bound", "verdict", "code"), [(0.5, "ok", 0), (0.4, "MISSED", 1)])
def test_a_missed_bound_is_said_and_is_the_exit_code(monkeypatch, capsys, bound, verdict, code):
    trial = Trial(is_even, 200, 10, (Claim("C1", "even seeds", "even", bound, True),))
    monkeypatch.setattr(command, "TRIALS", (trial,))
    monkeypatch.setattr("multiprocessing.Pool", multiprocessing.dummy.Pool)
    monkeypatch.setenv("QUICK", "1")
    assert command.main() == code
    line = capsys.readouterr().out.splitlines()[0]
    assert line.split() == ["C1", "even", "seeds", "50.0%", "of", "10", "seeds,", "at", "most", f"{bound:.0%}", verdict]


def test_rows_and_seeds_can_be_chosen(monkeypatch, capsys):
    trials = tuple(Trial(is_even, 200, 10, (Claim(row, "even seeds", "even", 1, True),)) for row in ("C1", "C4"))
    monkeypatch.setattr(command, "TRIALS", trials)
    monkeypatch.setattr("multiprocessing.Pool", multiprocessing.dummy.Pool)
    monkeypatch.setenv("ONLY", "C4")
    monkeypatch.setenv("SEEDS", "7")
    assert command.main() == 0
    assert [line[:2] for line in capsys.readouterr().out.splitlines()] == ["C4", "  "]


@pytest.mark.parametrize(("chosen", "count"), [("", 2), ("1", 1)])
def test_it_takes_two_processes_or_as_many_as_are_chosen(monkeypatch, chosen, count):
    counts = []

    def open_pool(count):
        counts.append(count)
        return multiprocessing.dummy.Pool(1)

    monkeypatch.setattr(command, "TRIALS", ())
    monkeypatch.setattr("multiprocessing.Pool", open_pool)
    monkeypatch.setenv("PROCESSES", chosen)
    assert command.main() == 0
    assert counts == [count]
