"""A history and a slot of candles join without a gap, or it is known that something was missed."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.board.board import Item
from streaming.board.candle_join import Noted, holds, note, shown


def slot(*times: int, revised_at: int | None = None) -> Item:
    """A slot that shows the candles of these times, oldest first."""
    *earlier, newest = ({"time": time} for time in times)
    return {"type": "candle", **newest, "earlier": earlier, "revised_at": revised_at}


def test_a_slot_shows_its_earlier_candles_before_its_newest():
    assert [candle["time"] for candle in shown(slot(1, 2, 3))] == [1, 2, 3]
    for nothing in ({"time": 3}, {"time": 3, "earlier": None}):
        assert shown(nothing) == [nothing]


def test_the_mark_is_the_last_candle_before_the_newest_which_still_changes():
    assert note(slot(1, 2, 3, revised_at=7)) == Noted(7, 2)
    assert note(slot(3)) == Noted(None, 3), "with one candle it is that"
    assert note(None) is None


def test_a_revision_says_that_something_was_missed():
    noted = note(slot(1, 2, 3, revised_at=7))
    assert holds(slot(1, 2, 3, revised_at=7), noted)
    assert not holds(slot(1, 2, 3, revised_at=8), noted)
    assert not holds(slot(1, 2, 3), noted)


def test_a_series_that_begins_or_ends_meanwhile_does_not_join():
    assert holds(None, None)
    assert not holds(slot(1), None)
    assert not holds(None, note(slot(1)))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.data())
def test_it_holds_exactly_while_every_candle_that_may_have_changed_is_shown(gaps, data):
    """Only the newest two candles change, and a slot shows the newest three."""
    times = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    then = data.draw(st.integers(1, len(times)), "how many candles there were")
    now = data.draw(st.integers(then, len(times)), "how many there are")
    changing = times[max(0, then - 2) : now]
    visible = slot(*times[max(0, now - 3) : now])
    said = {candle["time"] for candle in shown(visible)}
    assert holds(visible, note(slot(*times[max(0, then - 3) : then]))) == (said >= {*changing})
