"""Items are kept once, in the order of receipt, numbered without gaps, by the owner of their list alone."""

import json
import random

import pytest

from news.owner import runner
from news.owner.runner import StoryMemory
from news.store import reader
from news.store.ownership import claim_desk, desk_owner, release_desk
from news.store.reader import Search
from news.store.writer import Origin, Term, cursor, drop_old, forget_source
from streaming.ledger.errors import FencedError
from streaming.models import Ownership
from streaming.ownership import rows
from streaming.ownership.rows import OwnerIdentity, Situation
from streaming.wire.list_position import ListPosition
from tests.support import databases
from tests.support.news import NOW, item

HOST = "0b0e2f6e-0000-4000-8000-000000000001"
OTHER = "0b0e2f6e-0000-4000-8000-000000000002"
WIRE = Origin("wire", "The wire", True)


def analyse_and_store(term, origin, items, leads_to):
    return runner.analyse_and_store(term, origin, items, leads_to, StoryMemory())


def live(host: str) -> None:
    rows.register(host, OwnerIdentity(f"machine:{host[-1]}", "boot", "streams", True), Situation("", "", 0))


def desk() -> Term:
    live(HOST)
    term = claim_desk(HOST)
    assert term is not None
    return term


def shown(page) -> list[tuple[str, str]]:
    found = [json.loads(text) for text in page.items]
    return [(one["id"], one["headline"]) for one in found]


@pytest.fixture
def inside(database):
    return lambda work: databases.inside(database, work)


def test_a_known_item_is_stored_once_and_a_revision_keeps_what_it_said_before(inside):
    def work():
        term = desk()
        first = analyse_and_store(term, WIRE, [item(1), item(2), item(1)], {"newest": "2"})
        assert (first.prev, first.version, len(first.items)) == (0, 2, 2)
        again = analyse_and_store(term, WIRE, [item(2), item(1, "Nvidia cuts its outlook")], {"newest": "2"})
        assert (again.prev, again.version, len(again.items)) == (2, 3, 1)
        (found,) = reader.search(1, Search(text="cuts"), 5).items
        assert (found["revision"], found["number"], found["version"]) == (2, 1, 3)
        assert [one["headline"] for one in found["revisions"]] == [item(1).headline]
        assert cursor(0, "wire") == {"newest": "2"}

    inside(work)


def test_who_does_not_own_the_list_stores_nothing(inside):
    def work():
        former = desk()
        live(OTHER)
        assert claim_desk(OTHER) is None, "its owner is alive"
        release_desk(former)
        now = claim_desk(OTHER)
        assert now is not None
        assert now.epoch == former.epoch + 1
        assert desk_owner() == (OTHER, now.epoch)
        with pytest.raises(FencedError):
            analyse_and_store(former, WIRE, [item(1)], {})
        assert reader.position(1) == ListPosition(0, 0)

    inside(work)


def test_a_person_sees_the_desks_items_and_their_own_and_nobody_elses(inside):
    def work():
        term = desk()
        Ownership.objects.create(person_id=1, epoch=4, host=HOST)
        Ownership.objects.create(person_id=2, epoch=1, host=HOST)
        analyse_and_store(term, WIRE, [item(1)], {})
        analyse_and_store(Term(1, HOST, 4), Origin("key", "Keyed"), [item(7, "Canary of alice")], {})
        with pytest.raises(FencedError):
            analyse_and_store(Term(1, HOST, 3), Origin("key", "Keyed"), [item(8)], {})
        assert [one["id"] for one in reader.search(1, Search(), 9).items] == ["p1", "d1"]
        assert [one["id"] for one in reader.search(2, Search(), 9).items] == ["d1"]
        assert reader.search(2, Search(text="canary"), 9).items == []
        assert "Canary" not in "".join(reader.newest(2).items) + "".join(reader.changes(2, ListPosition()).items)
        assert reader.position(1) == ListPosition(1, 1)
        assert forget_source(1, "key") == 1
        assert [one["id"] for one in reader.search(1, Search(), 9).items] == ["d1"]
        assert reader.position(1) == ListPosition(1, 1), "numbers are not used twice"

    inside(work)


def test_a_search_has_every_word_pages_and_filters(inside):
    def work():
        term = desk()
        analyse_and_store(term, WIRE, [item(n, f"Acme opens plant {n}", symbols=("ACM",)) for n in range(1, 8)], {})
        analyse_and_store(term, WIRE, [item(9, "Fed keeps <b>rates</b>", symbols=("SPY",), summary="Plants wilt")], {})
        assert len(reader.search(1, Search(text="acme plant"), 9).items) == 7
        assert len(reader.search(1, Search(text="pla"), 9).items) == 8, "the last word may be a beginning"
        assert [one["id"] for one in reader.search(1, Search(text='"; drop'), 9).items] == []
        assert [one["id"] for one in reader.search(1, Search(symbols=("SPY",)), 9).items] == ["d8"]
        first = reader.search(1, Search(symbols=("ACM",)), 3)
        second = reader.search(1, Search(symbols=("ACM",), before=first.next), 9)
        assert [one["id"] for one in first.items + second.items] == [f"d{n}" for n in range(7, 0, -1)]
        assert second.next is None

    inside(work)


def test_items_go_after_ninety_days(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1)], {})
        at = round(NOW.timestamp() * 1000)
        assert drop_old(at + 89 * 86_400_000) == 0
        assert drop_old(at + 91 * 86_400_000) == 1
        assert reader.search(1, Search(text="Nvidia"), 9).items == []

    inside(work)


@pytest.mark.long
def test_a_thousand_random_items_equal_a_plain_reference(inside):
    """The reference: a dictionary by id, the order of first receipt, the newest text that is no older revision."""

    def work():
        term, draw = desk(), random.Random(25)
        order: list[str] = []
        texts: dict[str, str] = {}
        seen: list[str] = []
        at = ListPosition()
        for _ in range(100):
            batch = [item(draw.randrange(300), f"Headline {draw.randrange(4)}") for _ in range(10)]
            analyse_and_store(term, WIRE, batch, {})
            for one in batch:
                if one.id not in texts:
                    order.append(one.id)
                texts[one.id] = one.headline
            while True:
                page = reader.changes(1, at)
                seen += [found_id for found_id, _ in shown(page)]
                at = page.position
                if not page.more:
                    break
        whole = reader.changes(1, ListPosition())
        rows = shown(whole)
        while whole.more:
            whole = reader.changes(1, whole.position)
            rows += shown(whole)
        newest = dict(rows)
        assert [newest[f"d{number}"] for number in range(1, len(order) + 1)] == [texts[one] for one in order]
        assert set(seen) == set(newest), "a reader that follows has all of them"
        assert list(dict.fromkeys(seen)) == [f"d{number}" for number in range(1, len(order) + 1)]

    inside(work)


def test_what_several_wires_tell_is_one_story(inside):
    def work():
        term, memory = desk(), StoryMemory()
        told = [
            (WIRE, item(1, "Acme beats estimates as quarterly profit rises 4 %")),
            (
                Origin("press", "Press"),
                item(9, "UPDATE 1-Acme beats estimates as quarterly profit rises 4 percent - Press"),
            ),
            (Origin("press", "Press"), item(10, "Acme beats estimates as quarterly profit rises 5 %")),
        ]
        for origin, one in told:
            runner.analyse_and_store(term, origin, [one], {}, memory)
        assert [one["story"] for one in reader.search(1, Search(), 9).items] == ["d3", "d1", "d1"]
        again = runner.analyse_and_store(
            term, WIRE, [item(2, told[0][1].headline, url="https://x.example/")], {}, StoryMemory()
        )
        assert json.loads(again.items[0])["story"] == "d1", "a process that comes later reads the stories of two days"

    inside(work)
