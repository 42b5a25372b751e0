"""Two sources of one price differ when their books are apart for a while, and that is told once."""

import hypothesis
from hypothesis import strategies as st

from streaming.feeds.divergence import AGREED_S, HOLD_S, DivergenceBook, Divergences, apart, book


def test_books_that_touch_are_not_apart_and_prices_beyond_the_fraction_are():
    wide, other = DivergenceBook(1.0, 3.0), DivergenceBook(2.9, 3.1)
    assert apart(wide, other, 0.01) is None
    assert apart(DivergenceBook(100.0, 100.1), DivergenceBook(102.0, 102.1), 0.01) == apart(
        DivergenceBook(102.0, 102.1), DivergenceBook(100.0, 100.1), 0.01
    )
    assert apart(DivergenceBook(100.0, 100.1), DivergenceBook(100.5, 100.6), 0.01) is None


def test_a_book_is_compared_only_when_it_is_whole_fresh_and_real_time():
    whole = {"bid": 1.0, "ask": 2.0, "at": 10_000}
    assert book(whole, 12_000) == DivergenceBook(1.0, 2.0)
    for lacking in (None, whole | {"ask": None}, whole | {"delayed": True}, whole | {"at": 1_000}, {"bid": 1.0}):
        assert book(lacking, 12_000) is None


@hypothesis.given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=40))
@hypothesis.settings(max_examples=100)
def test_a_divergence_is_told_once_until_its_sources_agreed_for_a_while(spells):
    """Whatever they do: told only after HOLD_S apart, and again only after they agreed for AGREED_S."""
    seen, now, apart_since, apart_at = Divergences(0.01), 0.0, None, -AGREED_S
    told_at: list[float] = []
    calm_since_told = True
    for differ, seconds in spells:
        for _ in range(seconds):
            now += 1
            gap = seen.check(
                "QQQ",
                DivergenceBook(100.0, 100.1),
                DivergenceBook(110.0, 110.1) if differ else DivergenceBook(100.0, 100.1),
                now,
            )
            if differ:
                apart_since = now if apart_since is None else apart_since
                assert (gap is not None) == (calm_since_told and now - apart_since >= HOLD_S)
                apart_at = now
            else:
                apart_since = None
                assert gap is None
                calm_since_told = calm_since_told or now - apart_at >= AGREED_S
            if gap is not None:
                told_at.append(now)
                calm_since_told = False
