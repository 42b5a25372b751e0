"""A person's items tell the desk's stories too, whichever came first; the desk's rows know nothing of it."""

import json

import pytest

from news.models import NewsItem
from news.owner import runner
from news.owner.runner import StoryMemory
from news.store import reader
from news.store.desk_stories import DeskStories, desk_version
from news.store.reader import Search
from news.store.writer import Origin, Term, forget_source
from streaming.models import Ownership
from streaming.wire.list_position import ListPosition
from tests.news.store.test_writer import HOST, desk
from tests.support import databases
from tests.support.news import item

WIRE, KEYED = Origin("wire", "The wire"), Origin("key", "Her key")
PROFIT = "Acme beats estimates as quarterly profit rises 4 %"


@pytest.fixture
def inside(database):
    return lambda work: databases.inside(database, work)


def told(number: int, headline: str = PROFIT):
    return item(number, headline, symbols=("ACM",))


class Alice:
    """Person 1 with a source of her own, beside the desk's. `memory` is what her owner knows of stories."""

    def __init__(self) -> None:
        self.desk, self.stories, self.memory = desk(), StoryMemory(), StoryMemory(DeskStories())
        Ownership.objects.create(person_id=1, epoch=4, host=HOST)
        self.term = Term(1, HOST, 4)

    def hers(self, *items):
        return runner.analyse_and_store(self.term, KEYED, items, {}, self.memory)

    def desks(self, *items):
        return runner.analyse_and_store(self.desk, WIRE, items, {}, self.stories)

    def stories_of(self, person: int) -> dict[str, str]:
        return {one["id"]: one["story"] for one in reader.search(person, Search(), 99).items}


def test_an_own_item_that_repeats_the_desks_tells_its_story(inside):
    def work():
        alice = Alice()
        alice.desks(told(1, "Something else entirely has happened here"), told(2))
        growth = alice.hers(told(7, f"UPDATE 1-{PROFIT}"), told(8, "Nobody else has heard of this one"))
        assert [json.loads(text)["story"] for text in growth.items] == ["d2", "p2"]
        assert alice.stories_of(1) == {"d1": "d1", "d2": "d2", "p1": "d2", "p2": "p2"}
        assert alice.stories_of(2) == {"d1": "d1", "d2": "d2"}

    inside(work)


def test_a_desks_item_that_comes_later_makes_her_whole_story_the_desks(inside):
    def work():
        alice = Alice()
        alice.hers(told(7), told(8, f"UPDATE 2-{PROFIT}"), told(9, "Nobody else has heard of this one"))
        before = alice.desks(told(1))
        growth = runner.fold(alice.term, alice.memory)
        assert growth is not None
        assert (growth.prev, growth.version) == (3, 5)
        changed = {one["id"]: one["story"] for one in map(json.loads, growth.items)}
        assert changed == {"p1": "d1", "p2": "d1"}
        assert [json.loads(text)["story"] for text in before.items] == ["d1"], "the desk's own is as it was"
        page = reader.changes(1, ListPosition(1, 3))
        assert {one["id"]: one["story"] for one in map(json.loads, page.items)} == changed
        assert runner.fold(alice.term, alice.memory) is None, "once"

    inside(work)


def test_an_own_item_that_makes_its_story_the_desks_takes_its_siblings_with_it(inside):
    def work():
        alice = Alice()
        alice.hers(told(7, "Acme beats estimates as profit grows 4 %"))
        alice.desks(told(1, "Acme beats all estimates as quarterly profit rises strongly to 4 %"))
        assert alice.stories_of(1)["p1"] == "p1"
        growth = alice.hers(told(8))
        changed = {one["id"]: one["story"] for one in map(json.loads, growth.items)}
        assert changed == {"p1": "d1", "p2": "d1"}

    inside(work)


def test_a_revision_in_the_batch_that_made_a_story_the_desks_leaves_it_the_desks(inside):
    def work():
        alice = Alice()
        alice.hers(told(7, "Acme beats estimates as profit grows 4 %"))
        alice.desks(told(1, "Acme beats all estimates as quarterly profit rises strongly to 4 %"))
        growth = alice.hers(told(8), told(7, "Acme beats estimates as profit grows 4 %, and raises its outlook"))
        found = {one["id"]: (one["story"], one["revision"]) for one in map(json.loads, growth.items)}
        assert found == {"p1": ("d1", 2), "p2": ("d1", 1)}
        assert alice.stories_of(1)["p1"] == "d1"

    inside(work)


def test_an_owner_that_comes_later_folds_what_the_former_one_did_not(inside):
    def work():
        alice = Alice()
        alice.hers(told(7))
        alice.desks(told(1))
        alice.memory = StoryMemory(DeskStories())
        assert runner.fold(alice.term, alice.memory) is not None
        assert alice.stories_of(1) == {"d1": "d1", "p1": "d1"}
        assert alice.memory.folded == desk_version()

    inside(work)


def test_the_desks_rows_are_the_same_with_her_key_and_without_it(inside):
    """Not a byte of what bob sees depends on what her key brought, was folded, or went."""

    def work():
        alice = Alice()
        alice.desks(told(1))
        alone = reader.newest(2).items
        rows = [*NewsItem.objects.filter(list=0).order_by("number").values()]
        alice.hers(told(7), told(8, f"UPDATE 1-{PROFIT}"))
        alice.desks(told(1))
        assert reader.newest(2).items == alone
        assert forget_source(1, "key") == 2
        assert [*NewsItem.objects.filter(list=0).order_by("number").values()] == rows
        assert reader.newest(2).items == reader.newest(1).items == alone

    inside(work)


def test_a_story_of_a_removed_source_of_the_desk_is_told_by_nobody(inside):
    def work():
        alice = Alice()
        alice.desks(told(1))
        runner.analyse_and_store(
            alice.desk, Origin("other", "The other"), [told(5, "Nobody but the other")], {}, alice.stories
        )
        alice.hers(told(6, "Her first one is about a plant"))
        forget_source(0, "wire")
        growth = alice.hers(told(7), told(8, "Nobody but the other"))
        assert [json.loads(text)["story"] for text in growth.items] == ["p2", "d2"]

    inside(work)


def test_nothing_of_hers_is_folded_into_a_story_that_is_gone(inside):
    def work():
        alice = Alice()
        alice.hers(told(7))
        alice.desks(told(1))
        assert alice.memory.desk is not None
        alice.memory.desk.catch_up()
        forget_source(0, "wire")
        assert runner.fold(alice.term, alice.memory) is None
        assert alice.stories_of(1) == {"p1": "p1"}

    inside(work)


def test_the_desks_headlines_are_compared_in_steps(inside, monkeypatch):
    monkeypatch.setattr("news.store.writer.FOLDED_AT_ONCE", 3)

    def work():
        alice = Alice()
        alice.hers(told(7))
        alice.desks(*[told(n, f"Headline about plant {n} of the company") for n in range(1, 7)], told(9))
        steps = 0
        while alice.memory.folded < desk_version():
            runner.fold(alice.term, alice.memory)
            steps += 1
        assert steps == 3
        assert alice.stories_of(1)["p1"] == "d7"

    inside(work)
