"""How near an item is to a person: the same rules here and on the page, each from that person's book alone."""

import pytest

from news.text.relevance import INDICES, Book, named, relevance

BOOK = Book(frozenset({"AAPL", "SPY"}), frozenset({"NVDA", "AAPL"}))


@pytest.mark.parametrize(
    ("symbols", "category", "expected"),
    [
        (["NVDA", "AAPL"], "other", "held"),
        (["NVDA"], "macro", "watched"),
        (["QQQ"], "other", "index"),
        ([], "fed", "index"),
        (["F"], "earnings", "market"),
        ([], "other", "market"),
    ],
)
def test_what_is_held_is_nearest_then_what_is_watched_then_indices(symbols, category, expected):
    assert relevance(symbols, category, BOOK) == expected


def test_who_holds_and_watches_nothing_has_the_market():
    assert relevance(["NVDA"], "earnings", Book()) == "market"


def test_an_option_is_named_by_what_it_is_on():
    assert named(["AAPL261218C00150000", "NVDA", "/ESZ6", "BRK.B"]) == {"AAPL", "NVDA", "/ESZ6", "BRK.B"}
    assert "SPY" in INDICES
