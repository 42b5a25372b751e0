"""A person's watchlists in the database: theirs alone, in their order, and whole whatever is done at once."""

import concurrent.futures
import threading

import pytest
from django.db import connection

from market import watchlist_rules
from market.models import Watchlist
from market.watchlist_rules import FIRST_NAME, FIRST_SYMBOLS, MOST_LISTS, WatchlistError
from market.watchlists import store


def names(person) -> list[str]:
    return [one.name for one in store.of(person.pk)]


def test_who_has_no_list_is_given_the_first_one_once(alice, bob):
    (first,) = store.of(alice.pk)
    assert (first.name, first.symbols) == (FIRST_NAME, [*FIRST_SYMBOLS])
    assert store.of(alice.pk) == [first]
    assert Watchlist.objects.filter(person=bob).count() == 0
    store.create(bob.pk, "Chips", ["nvda"])
    assert names(bob) == [FIRST_NAME, "Chips"], "who begins with a list of their own has the first one, too"


def test_a_list_is_made_in_its_place_with_each_symbol_once(alice):
    store.create(alice.pk, "B", [])
    made = store.create(alice.pk, "  A ", ["nvda", "AMD", "NVDA"], at=0)
    assert (made.name, made.symbols) == ("A", ["NVDA", "AMD"])
    assert names(alice) == ["A", FIRST_NAME, "B"]
    store.create(alice.pk, "C", [], at=99)
    assert names(alice) == ["A", FIRST_NAME, "B", "C"]


def test_a_list_is_renamed_and_moved_at_once_or_not_at_all(alice):
    (first,) = store.of(alice.pk)
    store.create(alice.pk, "Other", [])
    store.alter(alice.pk, first.pk, "Mine", 1)
    assert names(alice) == ["Other", "Mine"]
    with pytest.raises(WatchlistError, match="You have a list named OTHER already") as refused:
        store.alter(alice.pk, first.pk, "OTHER", 0)
    assert (refused.value.code, names(alice)) == ("name_taken", ["Other", "Mine"])
    store.alter(alice.pk, first.pk, "MINE", None)
    assert names(alice) == ["Other", "MINE"], "its own name is not taken"


def test_the_last_list_stays(alice):
    (first,) = store.of(alice.pk)
    with pytest.raises(WatchlistError) as refused:
        store.delete(alice.pk, first.pk)
    assert refused.value.code == "last_watchlist"
    other = store.create(alice.pk, "Other", [])
    store.delete(alice.pk, first.pk)
    assert store.of(alice.pk) == [other]


def test_a_change_that_is_refused_leaves_the_list_as_it_was(alice):
    (first,) = store.of(alice.pk)

    def refuse(symbols):
        raise WatchlistError("too_many_symbols", "Too many.", "symbols")

    with pytest.raises(WatchlistError, match="Too many"):
        store.change(alice.pk, first.pk, refuse)
    assert store.find(alice.pk, first.pk).symbols == [*FIRST_SYMBOLS]
    assert store.change(alice.pk, first.pk, lambda symbols: symbols[:1]).symbols == [FIRST_SYMBOLS[0]]


@pytest.mark.parametrize(
    "work",
    [
        lambda person, id: store.find(person, id),
        lambda person, id: store.alter(person, id, "Mine", 0),
        lambda person, id: store.delete(person, id),
        lambda person, id: store.change(person, id, lambda symbols: ()),
    ],
    ids=["find", "alter", "delete", "change"],
)
def test_the_list_of_somebody_else_is_not_there(alice, bob, work):
    (hers,) = store.of(alice.pk)
    store.of(bob.pk)
    for id in (hers.pk, hers.pk + 1_000):
        with pytest.raises(WatchlistError) as refused:
            work(bob.pk, id)
        assert refused.value.code == "unknown_watchlist"
    assert store.of(alice.pk)[0].symbols == [*FIRST_SYMBOLS]


@pytest.mark.django_db(transaction=True)
def test_changes_that_are_made_at_once_are_all_kept(alice):
    (row,) = store.of(alice.pk)
    names = [f"Z{letter}" for letter in "ABCDEFGHIJKLMNOP"]
    together = threading.Barrier(4)

    def work(mine: list[str]) -> None:
        together.wait()
        for name in mine:
            store.change(alice.pk, row.pk, lambda symbols: watchlist_rules.added(symbols, (name,)))  # noqa: B023
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(work, names[at::4]) for at in range(4)]:
            done.result()
    kept = store.find(alice.pk, row.pk).symbols
    assert kept[: len(FIRST_SYMBOLS)] == [*FIRST_SYMBOLS]
    assert sorted(kept[len(FIRST_SYMBOLS) :]) == names


@pytest.mark.django_db(transaction=True)
def test_lists_that_are_made_at_once_are_no_more_than_there_may_be(alice):
    store.of(alice.pk)
    for number in range(MOST_LISTS - 2):
        store.create(alice.pk, f"List {number}", ())
    together = threading.Barrier(6)

    def make(number: int) -> bool:
        together.wait()
        try:
            store.create(alice.pk, f"More {number}", ())
        except WatchlistError:
            return False
        finally:
            connection.close()
        return True

    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(make, range(6))) == 1
    assert Watchlist.objects.filter(person=alice).count() == MOST_LISTS


@pytest.mark.django_db(transaction=True)
def test_lists_that_are_moved_at_once_have_a_place_each(alice):
    store.of(alice.pk)
    made = [store.create(alice.pk, f"List {number}", ()) for number in range(8)]
    together = threading.Barrier(4)

    def move(mine: Watchlist) -> None:
        together.wait()
        for at in (0, 3, 1, 0):
            store.alter(alice.pk, mine.pk, None, at)
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(move, made[:4]))
    lists = store.of(alice.pk)
    assert [one.place for one in lists] == [*range(9)]
    assert [one.name for one in lists[4:]] == [FIRST_NAME, *(one.name for one in made[4:])]
