"""Headlines that say the contrary of each other are told apart; other words for the same are not."""

import pytest

from news.text.opposites import are_contrary
from news.text.stories import words_of

CONTRARY = [
    ("Apple opens a plant by the sea", "Apple closes a plant by the sea"),
    ("Fed raises rates by 25 bps", "Fed cuts rates by 25 bps"),
    ("Acme beats estimates in Q3", "Acme misses estimates in Q3"),
    ("Acme shares up 4 % on Monday", "Acme shares down 4 % on Monday"),
    ("Stocks gain as oil falls", "Stocks lose as oil rises"),
    ("Acme wins the suit over chips", "Acme loses the suit over chips"),
    ("Bolt upgraded to buy", "Bolt downgraded to sell"),
    ("Acme Gains On Upgrade From Northgate", "Acme Slips On Downgrade From Northgate"),
    ("Stocks rise as yields fall", "Stocks rise as yields climb"),
    ("Acme rises after a plant closes", "Acme falls after a plant closes"),
]
THE_SAME = [
    ("Acme shares rise 4 %", "Acme shares gain 4 %"),
    ("Acme shares rise 4 %", "Acme shares up 4 %"),
    ("Acme rises despite lower sales", "Acme gains despite a decline in sales"),
    ("Acme opens a plant as it closes another", "Acme opens a plant"),
    ("Acme raises its forecast", "Acme lifts its forecast"),
]


@pytest.mark.parametrize(("one", "other"), CONTRARY)
def test_contraries_are_told_apart_whichever_came_first(one, other):
    assert are_contrary(words_of(one).turns, words_of(other).turns)
    assert are_contrary(words_of(other).turns, words_of(one).turns)


@pytest.mark.parametrize(("one", "other"), THE_SAME)
def test_other_words_for_the_same_are_no_contrary(one, other):
    assert not are_contrary(words_of(one).turns, words_of(other).turns)
    assert not are_contrary(words_of(one).turns, words_of(one).turns)
