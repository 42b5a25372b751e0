"""The comparison of books finds each kind of disagreement, once, and tells both numbers."""

import dataclasses
import decimal

import pytest

from tests.scenarios.three_books.comparing import Book, Execution, compare, compare_numbers, compare_told

Decimal = decimal.Decimal


def fill(id: str, quantity: str = "3", **changes) -> Execution:
    return dataclasses.replace(Execution(id, "9", "QQQ", Decimal(quantity), Decimal("450.10")), **changes)


def book(*fills: Execution, status: str = "Filled", held: str = "5") -> Book:
    return Book([*fills], {"9": status}, {"QQQ": Decimal(held)})


VENUE = book(fill("a"), fill("b", "2"))


def test_equal_books_do_not_differ_and_a_position_of_nothing_is_none():
    other = book(fill("b", "2.0"), fill("a"))
    other.held["SPY"] = Decimal(0)
    assert not compare(VENUE, other, by_id=True)
    assert str(compare(VENUE, other, by_id=False)) == "none"


@pytest.mark.parametrize("by_id", [True, False])
def test_a_fill_that_is_missing_is_lost(by_id):
    found = compare(VENUE, book(fill("a")), by_id=by_id)
    assert len(found.lost) == 1
    assert not found.doubled
    assert not found.wrong


@pytest.mark.parametrize("by_id", [True, False])
def test_a_fill_that_came_twice_is_doubled(by_id):
    found = compare(VENUE, book(fill("a"), fill("b", "2"), fill("b", "2")), by_id=by_id)
    assert "fill b, 2 times" in found.doubled
    assert not found.lost


def test_without_ids_a_quantity_that_was_told_twice_is_doubled_whatever_it_is_called():
    found = compare(VENUE, book(fill("a"), fill("b", "2"), fill("c", "2")), by_id=False)
    assert found.doubled == ["7 of QQQ by order 9 for 3150.70, and 5 for 2250.50 at the venue"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"quantity": Decimal(4)}, "4 QQQ at 450.1 by order 9, and 3 QQQ at 450.1 by order 9"),
        ({"price": Decimal(451)}, "3 QQQ at 451 by order 9, and 3 QQQ at 450.1 by order 9"),
        ({"symbol": "SPY"}, "3 SPY at 450.1 by order 9, and 3 QQQ at 450.1 by order 9"),
        ({"order": "8"}, "3 QQQ at 450.1 by order 8, and 3 QQQ at 450.1 by order 9"),
        ({"void": True}, "3 QQQ at 450.1 by order 9, void, and 3 QQQ at 450.1 by order 9"),
    ],
)
def test_a_fill_with_other_terms_is_wrong_and_both_are_told(change, told):
    found = compare(VENUE, book(fill("a", **change), fill("b", "2")), by_id=True)
    assert found.wrong == [f"fill a is {told} at the venue"]
    assert not found.lost
    assert not found.doubled


def test_without_ids_a_sum_of_dollars_that_differs_is_wrong():
    found = compare(VENUE, book(fill("a"), fill("b", "2", price=Decimal(451))), by_id=False)
    assert found.wrong == ["5 of QQQ by order 9 for 2252.30, and 5 for 2250.50 at the venue"]


def test_a_fill_the_venue_does_not_have_is_wrong():
    assert compare(VENUE, book(*VENUE.fills, fill("z")), by_id=True).wrong == ["fill z of 3 QQQ is not the venue's"]


def test_orders_are_lost_strange_or_stand_otherwise():
    assert compare(VENUE, dataclasses.replace(VENUE, orders={}), by_id=True).lost == ["order 9, Filled"]
    strange = dataclasses.replace(VENUE, orders={"9": "Filled", "8": "Live"})
    assert compare(VENUE, strange, by_id=True).wrong == ["order 8 is not the venue's"]
    found = compare(VENUE, book(*VENUE.fills, status="Live"), by_id=True)
    assert found.wrong == ["order 9 is Live, and Filled at the venue"]


def test_positions_are_told_with_both_numbers():
    found = compare(VENUE, book(*VENUE.fills, held="4"), by_id=True)
    assert found.wrong == ["4 of QQQ are held, and 5 at the venue"]


LEDGER = [{"fact": number, "type": "fill", "symbol": "QQQ", "quantity": Decimal(number)} for number in (1, 2, 3, 4)]


def test_a_client_that_was_told_everything_since_it_came_agrees():
    assert not compare_told(LEDGER, LEDGER[1:], first=1)


def test_a_client_that_missed_a_fact_was_told_one_twice_late_or_otherwise_does_not():
    assert compare_told(LEDGER, [*LEDGER[:2], LEDGER[3]], 0).lost == ["fact 3, fill of QQQ"]
    twice = compare_told(LEDGER, [*LEDGER[:2], *LEDGER[1:]], 0)
    assert twice.doubled == ["fact 2, 2 times"]
    turned = compare_told(LEDGER, [LEDGER[0], LEDGER[2], LEDGER[1], LEDGER[3]], 0)
    assert turned.wrong == ["fact 3 came before 2"]
    changed = compare_told(LEDGER, [*LEDGER[:3], {**LEDGER[3], "quantity": Decimal(5)}], 0)
    assert len(changed.wrong) == 1


def test_numbers_of_a_ledger_have_no_gap():
    assert not compare_numbers([1, 2, 3])
    assert compare_numbers([1, 3]).lost == ["number 2"]
    assert compare_numbers([1, 2, 2]).doubled == ["number 2"]
