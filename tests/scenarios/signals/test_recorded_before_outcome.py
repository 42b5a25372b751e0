"""Signals of a few bars are facts before their outcome, are scored after it, and the chain of both is whole."""

import pytest

from signals import store
from signals.record.batch import VOIDS
from signals.record.outcome import WAYS
from signals.record.verifier import verify_chain
from tests.scenarios.signals.trial import PERSON, SYMBOLS, Trial, batches, ms, outcomes, until
from tests.scenarios.signals.venue import cents_of


async def _some_bars(trial):
    trial.follow()
    trial.begin()
    await until("11:21:40")


def test_each_bar_is_recorded_when_it_is_said_and_ends_when_it_is_due(sqlite_ledger):
    trial = Trial(sqlite_ledger)
    trial.run("10:58", _some_bars)
    kept = trial.chain()
    said, came = batches(kept, "momentum"), outcomes(kept, "momentum")
    assert [one.bar for one in said] == [ms(f"11:{minute:02}:30") for minute in (0, 5, 10, 15, 20)]
    assert [one.bar for one in came] == [one.bar for one in said][:-1]
    for fact, _ in kept:
        if fact.about == "signal":
            assert 0 <= fact.at - fact.bar <= 2_000, "within 2 s"
        if fact.about == "outcome":
            assert fact.at >= fact.due
    numbers = {(fact.about, fact.bar): fact.number for fact, _ in kept if fact.model == "momentum"}
    assert all(numbers["signal", one.bar] < numbers["outcome", one.bar] for one in came)
    for batch, outcome in zip(said, came, strict=False):
        assert batch.symbols == list(SYMBOLS)
        assert [VOIDS[place] for place in batch.void] == ["", "", "no_quote", "halted"]
        assert [WAYS[way] for way in outcome.way] == ["due", "due", "void", "void"]
        for place, symbol in enumerate(SYMBOLS[:2]):
            assert batch.mid[place] is not None
            told = {cents_of(symbol, at) for at in range(batch.due - 2_000, batch.due + 1_000, 1)}
            assert round((outcome.mid[place] or 0) * 100) in told
            moved = [(end or 0) / (start or 1) - 1 for end, start in (
                (outcome.mid[place], batch.mid[place]), (outcome.market, batch.market)
            )]  # fmt: skip
            assert outcome.move[place] == pytest.approx(1e4 * (moved[0] - moved[1])), "beyond SPY's, its beta being 1"
    links = trial.inside(lambda: list(store.read_links(PERSON)))
    assert verify_chain([fact for fact, _ in links], {fact.digest: data for fact, data in links if fact.digest}) == []
