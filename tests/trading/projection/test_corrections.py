"""Of a fill and all words on it the newest counts."""

import hypothesis
import pytest
from hypothesis import strategies as st

from trading.projection.corrections import Verdict, Word, judge

IDS = st.sampled_from("abcdef")
FILLS = st.builds(Word, IDS, st.just("fill"), st.none(), st.integers(0, 3))
LATER_WORDS = st.builds(Word, IDS, st.sampled_from(["bust", "correction"]), IDS, st.integers(0, 3))


def test_a_bust_takes_away_the_fill_it_names_and_is_no_fill_itself():
    told = [Word("bust", "bust", "a", 2), Word("a", "fill", None, 1), Word("b", "fill", None, 1)]
    assert judge(told) == {"a": Verdict(False, "bust"), "b": Verdict(True, ""), "bust": Verdict(False, "")}


def test_a_correction_counts_in_the_place_of_its_fill_until_another_word_follows():
    told = [Word("a", "fill", None, 1), Word("first", "correction", "a", 2)]
    assert judge(told) == {"a": Verdict(False, "first"), "first": Verdict(True, "")}
    again = judge([*told, Word("second", "correction", "a", 3)])
    assert again == {"a": Verdict(False, "second"), "first": Verdict(False, "second"), "second": Verdict(True, "")}
    taken = judge([*told, Word("bust", "bust", "first", 3)])
    assert [word for word, verdict in taken.items() if verdict.stands] == []


def test_a_word_on_a_fill_that_never_came_stands_by_itself():
    assert judge([Word("c", "correction", "unknown", 1)]) == {"c": Verdict(True, "")}
    assert judge([]) == {}


def independent(words: list[Word]) -> dict[str, bool]:
    """What stands, by following each fill to its newest word: written from the rule, not from the code."""

    def voided(word: Word) -> bool:
        on_it = [other for other in words if other.of == word.id and other.id != word.id]
        beside = [
            other for other in words
            if word.of not in (None, word.id) and other.of == word.of and other.id not in (word.id, other.of)
        ]  # fmt: skip
        return bool(on_it) or any((other.at, other.id) > (word.at, word.id) for other in beside)

    return {word.id: word.kind != "bust" and not voided(word) for word in words}


@pytest.mark.long
@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(story=st.lists(FILLS | LATER_WORDS, max_size=8, unique_by=lambda one: one.id))
def test_of_each_fill_and_all_words_on_it_the_newest_counts(story):
    assert {id_: verdict.stands for id_, verdict in judge(story).items()} == independent(story)
