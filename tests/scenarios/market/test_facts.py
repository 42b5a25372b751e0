"""The simulated market has the stylised facts of real ones, in short; `make market` measures them at length."""

import pytest

from tests.scenarios.market.facts import measure
from tests.scenarios.market.seam import torn

pytestmark = pytest.mark.long


def test_every_fact_lies_in_its_published_range():
    facts = measure(seed=1, days=500, fine_days=20)
    assert [fact for fact in facts if not fact.holds] == []
    assert len(facts) == 16


@pytest.mark.parametrize("seed", [1, 2])
def test_past_and_live_join_without_a_seam(seed: int):
    assert torn(seed) == []
