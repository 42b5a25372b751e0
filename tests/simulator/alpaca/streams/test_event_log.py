"""Events are recorded in order, under ids that rise and begin with their millisecond."""

import random

import hypothesis
from hypothesis import strategies

from simulator.alpaca.streams.event_log import Ulids, is_ulid, moment_of

ULID = "01HCMKKNRK7S5C1JYP50QGDECQ"


@hypothesis.given(gaps=strategies.lists(strategies.integers(0, 3), min_size=1, max_size=40), seed=strategies.integers())
def test_ids_rise_and_begin_with_their_millisecond_but_for_an_inverted_one(gaps: list[int], seed: int):
    ulids, at, made = Ulids(random.Random(seed)), 1_697_203_738_387, list[str]()
    for gap in gaps:
        at += gap
        made.append(ulids.make(at))
        assert is_ulid(made[-1])
        assert moment_of(made[-1]) == at
    assert made == sorted({*made})
    odd = ulids.inverted()
    assert moment_of(odd) == at
    assert odd < min(each for each in made if moment_of(each) == at)


def test_the_sample_of_the_documentation_is_of_its_own_millisecond():
    assert moment_of(ULID) == 1_697_203_738_387  # 2023-10-13T13:28:58.387Z
