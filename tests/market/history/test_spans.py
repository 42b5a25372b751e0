"""Stretches of time that were asked for."""

import itertools

import hypothesis.strategies as st
from hypothesis import given

from market.history.spans import add_span, cut_spans, missing_spans

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)))


def covered(spans) -> set[int]:
    return {at for since, until in spans for at in range(since, until)}


@given(SPANS, st.integers(0, 40), st.integers(0, 40))
def test_they_cover_what_was_added_and_nothing_else(asked, since, until):
    spans: list[tuple[int, int]] = []
    for one in asked:
        spans = add_span(spans, *one)
    assert covered(spans) == covered(asked)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans)), "they never touch"
    window = covered([(since, until)])
    assert covered(cut_spans(spans, since, until)) == covered(asked) & window
    assert covered(missing_spans(spans, since, until)) == window - covered(asked)
