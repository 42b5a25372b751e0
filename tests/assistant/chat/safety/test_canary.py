"""An answer with the canary ends before it."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from assistant.chat.safety.canary import Canary, CanaryFilter

WORD = "a1b2c3d4e5f60718"


def test_it_is_found_in_other_writing():
    canary = Canary(WORD)
    for text in (WORD, WORD.upper(), " ".join(WORD), "-".join(WORD), WORD[::-1], f"x{WORD}x"):
        assert canary.is_in(text), text
    assert not canary.is_in(WORD[:-1])
    assert Canary().word != Canary().word


@given(st.lists(st.integers(0, 40), max_size=6))
def test_no_part_of_it_is_shown_however_it_comes(cuts):
    text = f"It says {WORD} and more"
    places = [0, *sorted(cuts), len(text)]
    found = CanaryFilter(Canary(WORD))
    parts = [text[start:end] for start, end in itertools.pairwise(places)]
    shown = "".join(map(found.feed, parts)) + found.end()
    assert "It says ".startswith(shown)
    assert found.is_cut


def test_other_text_is_let_go_whole():
    found = CanaryFilter(Canary(WORD))
    text = f"A price of {WORD[:9]} it is not, a1"
    assert "".join(map(found.feed, text)) + found.end() == text
    assert not found.is_cut
