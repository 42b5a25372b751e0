"""Copies of a headline are folded, templates with other numbers are not (facts: signals.md 2.3, acceptance A2)."""

import random
import time

import pytest

from news.text.stories import MOST, StoryIndex, canonical_url, words_of

NAMES = [
    f"{one}{two}" for one in ("Acme", "Bolt", "Corex", "Delphi", "Elmar", "Fennix") for two in ("", " Systems", " Labs")
]
ACTS = ("reports", "posts", "announces", "books", "delivers", "records")
WAYS = (("Raises", "Cuts"), ("Beats", "Misses"), ("Opens", "Closes"), ("Wins", "Loses"), ("Expands", "Narrows"))
THINGS = ("quarterly profit of", "revenue growth of", "a one-time charge of", "net new orders of", "free cash flow of")
TAILS = (
    "as demand for chips recovers", "after a plant closure in Ohio", "on strong cloud bookings",
    "amid weak retail traffic", "despite higher freight costs", "following its merger with a rival",
)  # fmt: skip


def headline(draw: random.Random) -> str:
    amount = f"{draw.randint(2, 90)} %" if draw.random() < 0.5 else f"${draw.randint(2, 900)} million"
    quarter = draw.choice(("first", "second", "third", "fourth"))
    return f"{draw.choice(NAMES)} {draw.choice(ACTS)} {draw.choice(THINGS)} {amount} in Q{draw.randint(1, 4)} {draw.choice(TAILS)} ({quarter} {draw.randint(2020, 2026)})"  # noqa: E501


def turned(draw: random.Random) -> tuple[str, str]:
    """Return a headline, and one that says the contrary in as many words with the same numbers."""
    way = draw.sample(draw.choice(WAYS), 2)
    rest = f"Forecast for Free Cash Flow in Q{draw.randint(1, 4)} {draw.choice(TAILS)}"
    name = draw.choice(NAMES)
    return f"{name} {way[0]} {rest}", f"{name} {way[1]} {rest}"


def copied(text: str, draw: random.Random) -> str:
    """Return `text` as another wire would carry it: every edit leaves the numbers alone."""
    edits = [
        lambda t: f"UPDATE {draw.randint(1, 4)}-{t}",
        lambda t: f"{t} - Reuters",
        lambda t: t.replace(" %", " percent"),
        lambda t: t.replace(" in Q", " for Q"),
        lambda t: t.upper(),
        lambda t: t.replace("a one-time", "one-time"),
    ]
    for edit in draw.sample(edits, 2):
        text = edit(text)
    return text


def renumbered(text: str, draw: random.Random) -> str:
    """Return `text` with another quarter or amount."""
    digits = [place for place, one in enumerate(text) if one.isdigit()]
    place = draw.choice(digits)
    other = draw.choice([one for one in "123456789" if one != text[place]])
    return text[:place] + other + text[place + 1 :]


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_edited_copies_are_folded_and_other_numbers_are_not(seed):
    draw = random.Random(seed)
    folded = merged = 0
    for _ in range(1_500):
        index = StoryIndex()
        first = headline(draw)
        index.add(1, first, None, (), 0)
        folded += index.add(2, copied(first, draw), None, (), 60_000) == 1
        merged += index.add(3, renumbered(first, draw), None, (), 60_000) == 1
    assert folded >= 0.94 * 1_500
    assert merged <= 0.005 * 1_500


@pytest.mark.parametrize("seed", [1, 2])
def test_what_says_the_contrary_is_another_story_and_its_copies_are_not(seed):
    draw = random.Random(seed)
    folded = merged = 0
    for _ in range(1_500):
        index = StoryIndex()
        first, other = turned(draw)
        index.add(1, first, None, (), 0)
        folded += index.add(2, copied(first, draw), None, (), 60_000) == 1
        merged += index.add(3, copied(other, draw), None, (), 60_000) == 1
    assert folded >= 0.94 * 1_500
    assert merged <= 0.005 * 1_500


def test_a_page_is_one_story_whatever_is_said_of_it():
    index = StoryIndex()
    assert index.add(1, "Acme opens a plant in Ohio today", "https://w.example/a?utm_source=rss#top", (), 0) == 1
    assert index.add(2, "Something else altogether was written", "https://w.example/a/", (), 0) == 1
    assert index.add(3, "Something else altogether was written", "https://w.example/a?id=2", (), 0) == 1, "the words"
    assert canonical_url("https://W.example/a/?b=1&utm_x=2#c") == "https://w.example/a?b=1"


def test_two_days_later_or_of_another_company_it_is_another_story():
    index = StoryIndex()
    text = "Shares halted: volatility pause on heavy volume"
    assert index.add(1, text, None, ("ACM",), 0) == 1
    assert index.add(2, text, None, ("BLT",), 0) == 2
    assert index.add(3, text, None, (), 1) in (1, 2), "one that names no symbol may be either"
    assert index.add(4, text, None, ("ACM",), 49 * 3_600_000) == 4


def test_what_wires_add_is_no_part_of_a_headline():
    assert words_of("UPDATE 2-Acme sinks 4 percent - Reuters") == words_of("Acme sinks 4 %")


@pytest.mark.long
def test_memory_is_bounded_and_finding_is_quick():
    index, draw = StoryIndex(), random.Random(3)
    for number in range(MOST + 500):
        index.add(number, headline(draw), f"https://w.example/{number}", (), number)
    assert len(index) == MOST
    assert len(index._by_url) <= MOST
    began = time.process_time()
    for number in range(100):
        index.add(MOST + 500 + number, headline(draw), None, (), MOST)
    assert time.process_time() - began < 2.0, "that would be 20 ms each; 2 are wanted, see bench"
