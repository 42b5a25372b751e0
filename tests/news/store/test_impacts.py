"""Impact is stored once for each reader and item, as numbered changes of the reader's own list."""

import json

import pytest

from news.impact.measurement import Measurement
from news.impact.rules import FEWEST, PriceSample
from news.models import NewsImpact, NewsItem, NewsMove
from news.store import reader
from news.store.impacts import announce_again, expectation, fresh, store_impacts, unfinished
from news.store.writer import Term, drop_old
from streaming.ledger.errors import FencedError
from streaming.models import Ownership
from streaming.wire.list_position import ListPosition
from tests.news.store.test_writer import HOST, WIRE, analyse_and_store, desk
from tests.support import databases
from tests.support.news import NOW, item

ALICE, BOB = 1, 2
ARRIVED = round(NOW.timestamp() * 1000)
STILL = PriceSample(100.0, 100.0, at=0)


@pytest.fixture
def inside(database):
    return lambda work: databases.inside(database, work)


def owner(person: int, epoch: int = 1) -> Term:
    Ownership.objects.update_or_create(person_id=person, defaults={"epoch": epoch, "host": HOST})
    return Term(person, HOST, epoch)


def measurement(number: int = 1, category: str = "guidance") -> Measurement:
    """One that began a second after its item arrived."""
    found = Measurement(item=f"d{number}", symbol="NVDA", category=category, received_at=ARRIVED)
    found.begin(STILL, STILL, 1.0, [], ARRIVED + 1_000)
    return found


def told(person: int, after: ListPosition) -> list[dict]:
    return [json.loads(text) for text in reader.changes(person, after).items]


def test_impact_is_a_change_of_its_readers_list_and_of_no_other(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1), item(2, "Nvidia is sued over a patent")], {})
        alice = owner(ALICE)
        before = reader.position(ALICE)
        stored = store_impacts(alice, [measurement(1)])
        assert stored.growth is not None
        assert (stored.growth.prev, stored.growth.version) == (0, 1)
        (shown,) = told(ALICE, before)
        assert shown == json.loads(stored.growth.items[0])
        assert (shown["id"], shown["impact"]["state"], shown["impact"]["beyond"]) == ("d1", "measuring", "SPY")
        assert told(BOB, reader.position(BOB)) == []
        assert [one["impact"] for one in reader.search(BOB, reader.Search(), 9).items] == [None, None]

    inside(work)


def test_a_later_look_takes_the_place_of_an_earlier_one_and_an_end_stands(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1)], {})
        alice, one = owner(ALICE), measurement()
        versions = []
        for price in (101.0, 102.0, 103.0):
            one.advance(PriceSample(price, price, at=0), STILL, ARRIVED + 301_000)
            stored = store_impacts(alice, [one])
            assert stored.growth is not None
            versions.append(json.loads(stored.growth.items[0])["version"])
        assert versions == sorted({*versions})
        assert (NewsImpact.objects.count(), NewsMove.objects.count()) == (1, 3)
        assert [move.move is not None for move in NewsMove.objects.order_by("minutes")] == [True, False, False]
        one.windows[0].move = 99.0
        store_impacts(alice, [one])
        assert NewsMove.objects.get(minutes=5).move == pytest.approx(0.99503, abs=1e-4)

    inside(work)


def test_what_is_under_way_is_read_as_it_was_stored(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1), item(2, "Nvidia is sued over a patent")], {})
        alice, one, other = owner(ALICE), measurement(1), measurement(2)
        other.void("halted")
        one.before = -0.3
        one.windows[0].finish(None, "spread")
        store_impacts(alice, [one, other])
        one.windows[0].is_counted = True  # by whoever stored it
        assert unfinished(ALICE) == [one]
        assert unfinished(BOB) == []

    inside(work)


def test_who_does_not_own_the_reader_stores_nothing(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1)], {})
        former = owner(ALICE)
        owner(ALICE, epoch=2)
        with pytest.raises(FencedError):
            store_impacts(former, [measurement()])
        assert NewsImpact.objects.count() == 0

    inside(work)


def test_an_item_that_is_gone_is_said_and_the_others_are_stored(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1)], {})
        stored = store_impacts(owner(ALICE), [measurement(1), measurement(7)])
        assert stored.gone == ["d7"]
        assert stored.growth is not None
        assert len(stored.growth.items) == 1
        assert store_impacts(owner(ALICE), [measurement(7)]).growth is None

    inside(work)


def test_an_item_older_than_90_days_takes_its_impact_with_it(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1)], {})
        store_impacts(owner(ALICE), [measurement()])
        drop_old(ARRIVED + 91 * 86_400_000)
        assert (NewsItem.objects.count(), NewsImpact.objects.count(), NewsMove.objects.count()) == (0, 0, 0)

    inside(work)


def test_an_expectation_counts_the_readers_own_ends_of_the_category_and_nothing_else(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(number, f"Nvidia is sued by party {number}") for number in range(60)], {})
        alice, bob = owner(ALICE), owner(BOB)
        done = [measurement(number) for number in range(1, FEWEST + 2)]
        for number, one in enumerate(done):
            one.windows[0].finish(-number / 100)
        done[-1].windows[0].is_confounded = True
        odd = [measurement(number) for number in range(FEWEST + 2, FEWEST + 6)]
        odd[0].category = "legal"
        odd[0].windows[0].finish(1.0)
        odd[1].windows[0].finish(None, "halted")
        odd[2].windows[0].move = 1.0
        odd[3].windows[0].by = "candles"
        odd[3].windows[0].finish(1.0)
        store_impacts(alice, done[:-2])
        assert expectation(ALICE, "guidance", 5).n == FEWEST - 1
        assert expectation(ALICE, "guidance", 5).low is None
        store_impacts(alice, [*done[-2:], *odd])
        found = expectation(ALICE, "guidance", 5)
        assert found.n == FEWEST
        assert found.mid == pytest.approx(0.245)
        assert expectation(ALICE, "guidance", 15).n == 0
        assert expectation(BOB, "guidance", 5).n == 0
        stored = store_impacts(bob, [measurement(58)])
        assert stored.growth is not None
        assert json.loads(stored.growth.items[0])["impact"]["moves"][0]["expected"]["n"] == 0
        stored = store_impacts(alice, [measurement(58)])
        assert stored.growth is not None
        expected = json.loads(stored.growth.items[0])["impact"]["moves"][0]["expected"]
        assert (expected["n"], expected["mid"]) == (FEWEST, 0.245)

    inside(work)


def test_a_revised_item_is_told_again_with_its_impact_and_one_without_is_not(inside):
    def work():
        term = desk()
        analyse_and_store(term, WIRE, [item(1), item(2, "Nvidia is sued over a patent")], {})
        alice = owner(ALICE)
        store_impacts(alice, [measurement(1)])
        analyse_and_store(term, WIRE, [item(1, "Nvidia cuts its outlook")], {})
        known = max(one["version"] for one in reader.search(ALICE, reader.Search(), 9).items)
        stored = announce_again(alice, ["d1", "d2"])
        assert stored.growth is not None
        (shown,) = [json.loads(text) for text in stored.growth.items]
        assert (shown["revision"], shown["impact"]["symbol"]) == (2, "NVDA")
        assert shown["version"] > known
        assert announce_again(alice, ["d2"]).growth is None

    inside(work)


def test_items_that_came_a_moment_ago_and_have_no_impact_are_found_for_their_reader(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1), item(2, "Nvidia is sued over a patent")], {})
        store_impacts(owner(ALICE), [measurement(1)])
        assert [one.id for one in fresh(ALICE, ARRIVED - 1)] == ["d2"]
        assert [one.id for one in fresh(BOB, ARRIVED - 1)] == ["d1", "d2"]
        assert fresh(BOB, ARRIVED) == []

    inside(work)


def test_a_move_without_an_end_is_not_read_as_one_that_ended(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1)], {})
        alice, one = owner(ALICE), measurement()
        for window in one.windows[:2]:
            window.finish(-2.0)
        store_impacts(alice, [one])
        NewsMove.objects.filter(minutes=5).update(ends_at=None)
        (ended,) = reader.ended_moves(ALICE, 0, 9)
        assert (ended.minutes, ended.move) == (15, -2.0)

    inside(work)


def test_each_move_that_ended_is_read_once_in_the_order_of_its_end_by_its_reader_alone(inside):
    def work():
        analyse_and_store(desk(), WIRE, [item(1), item(2, "Nvidia is sued over a patent")], {})
        alice, one, other = owner(ALICE), measurement(1), measurement(2)
        store_impacts(alice, [one, other])
        assert reader.ended_moves(ALICE, 0, 9) == []
        other.windows[0].finish(-2.0)
        other.windows[1].finish(-3.0)
        store_impacts(alice, [other])
        seen = reader.ended_moves(ALICE, 0, 9)
        assert [(move.move, move.impact.item.number) for move in seen] == [(-2.0, 2), (-3.0, 2)]
        assert [move.version for move in reader.ended_moves(ALICE, 0, 1)] == [seen[0].version], "no page tears them"
        one.windows[0].finish(1.0)
        one.windows[1].finish(None, "spread")
        store_impacts(alice, [one, other])
        announce_again(alice, ["d1", "d2"])
        (last,) = reader.ended_moves(ALICE, seen[1].version, 9)
        assert (last.move, last.impact.symbol) == (1.0, "NVDA")
        assert reader.ended_moves(ALICE, last.version, 9) == []
        assert reader.ended_moves(BOB, 0, 9) == []
        ended = last.ends_at
        assert ended is not None
        assert reader.moves_before(ALICE, ended) == seen[0].version - 1
        assert reader.moves_before(ALICE, ended + 3_600_001) == reader.position(ALICE).own
        other.windows[2].finish(4.0)
        store_impacts(alice, [other])
        assert (
            reader.moves_before(ALICE, ended + 3_000_000) == reader.ended_moves(ALICE, last.version, 9)[0].version - 1
        )

    inside(work)
