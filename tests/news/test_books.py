"""What is a person's own is reckoned from their own book, and from nobody else's."""

import typing

import pytest

from accounts.models import User
from market.models import Watchlist
from news.books import read_book, search_mine
from news.owner import runner
from news.owner.runner import StoryMemory
from news.panels import shown, stories
from news.store.reader import Search
from news.store.writer import Origin
from news.text.relevance import Book
from tests.news.store.test_writer import desk
from tests.support.news import item

ALICE, BOB = 1, 2
HELD = [{"symbol": "AAPL261218C00150000"}, {"symbol": "QQQ"}]
TOLD = {"AAPL": "Apple opens a plant", "NVDA": "Nvidia opens a plant", "F": "Ford opens a plant"}


@pytest.fixture
def _told(db):
    """Three stories; alice watches two companies, bob the third."""
    for person in (ALICE, BOB):
        User.objects.create_user(f"{person}@example.com", "a long enough one", pk=person)
    items = [item(n, text, symbols=(symbol,)) for n, (symbol, text) in enumerate(TOLD.items())]
    runner.analyse_and_store(desk(), Origin("wire", "The wire"), items, {}, StoryMemory())
    Watchlist.objects.create(person_id=ALICE, name="Chips", symbols=["NVDA", "AAPL"], place=1)
    Watchlist.objects.create(person_id=BOB, name="Cars", symbols=["F"], place=1)


@pytest.mark.usefixtures("_told")
def test_mine_is_what_the_person_holds_or_watches():
    hers = search_mine(HELD, ALICE, Search(), 9)
    assert [(one["symbols"], one["relevance"]) for one in hers.items] == [(["NVDA"], "watched"), (["AAPL"], "held")]
    assert {(one["relevance_by"], one["relevance_version"]) for one in hers.items} == {("book", 1)}
    assert [one["symbols"] for one in search_mine([], BOB, Search(), 9).items] == [["F"]]
    assert [one["symbols"] for one in search_mine(HELD, ALICE, Search(symbols=("NVDA", "F")), 9).items] == [["NVDA"]]
    assert search_mine([], 3, Search(), 9).items == [], "who holds and watches nothing has nothing of their own"
    paged = search_mine(HELD, ALICE, Search(), 1)
    assert [one["symbols"] for one in search_mine(HELD, ALICE, Search(before=paged.next), 9).items] == [["AAPL"]]


@pytest.mark.usefixtures("_told")
def test_a_book_is_its_persons_alone():
    assert read_book(ALICE, HELD) == Book(frozenset({"AAPL", "QQQ"}), frozenset({"NVDA", "AAPL"}))
    assert read_book(BOB, []) == Book(watched=frozenset({"F"}))


@pytest.mark.usefixtures("_told")
def test_the_panel_says_how_near_each_story_is():
    found: dict[str, typing.Any] = shown(ALICE, "QQQ", None)
    assert [(one["headline"], one["nearness"]) for one in found["items"]] == [
        (TOLD["F"], ""),
        (TOLD["NVDA"], "watched"),
        (TOLD["AAPL"], "watched"),
    ]
    assert (found["held"], found["watched"]) == ([], ["AAPL", "NVDA"])


def test_items_are_folded_into_stories_with_the_newest_on_top():
    def told(name: str, story: str):
        return {"id": name, "story": story}

    newest_first = [told("d4", "d2"), told("d3", "d3"), told("p1", "d2"), told("d2", "d2")]
    assert [[one["id"] for one in story] for story in stories(newest_first)] == [["d3"], ["d2", "p1", "d4"]]
