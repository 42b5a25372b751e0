"""The book is what the ledger's facts make it, whichever way they came, and is written when they are."""

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies as st

from streaming.ledger import store
from streaming.ledger.store import Job
from streaming.models import Ownership, StoredFact
from streaming.ownership import rows
from tests.support import databases
from tests.trading.telling import AT, D, activity, entries, fill, order
from trading.models import Activity, Fill, Order
from trading.projection.projection import project

IDS = "abcdef"


def told(*events) -> None:
    """Store what happened as the owner of person 1 does."""
    epoch = rows.claim(1, "00000000-0000-0000-0000-000000000001")
    (outcome,) = store.store([Job(1, epoch, entries(*events))], [project])
    assert isinstance(outcome, list), outcome


def book() -> tuple[object, ...]:
    """Everything the book says, but in which order it was told."""
    passing = ("id", "fact", "recovered", "late_ms")
    rows = []
    for model in (Order, Fill, Activity):
        found = [{k: v for k, v in row.items() if k not in passing} for row in model.objects.values()]
        rows.append(sorted(found, key=lambda row: (row["link"], row["venue_id"])))
    return tuple(rows)


def test_a_fill_is_booked_with_all_its_venue_said_and_exactly(database):
    def work() -> None:
        told(fill("1", "0.123456789123456789", price="450.10", fees=D("-0.0020"), order=None, multiplier=D(100)))
        (row,) = Fill.objects.all()
        assert (str(row.quantity), str(row.price), str(row.fees)) == ("0.123456789123456789", "450.10", "-0.0020")
        assert (row.order, row.multiplier, row.position, row.stands, row.person_id) == (None, 100, None, True, 1)

    databases.inside(database, work)


def test_an_order_is_kept_as_its_newest_version_says_and_never_goes_back(database):
    def work() -> None:
        told(order("9", AT + 2, "partially_filled", "1.50"), order("9", AT + 5, "filled", "3"))
        told(order("9", AT + 3, "partially_filled", "2"), order("9", AT + 5, "partially_filled", "2"))
        told(order("10", AT, "rejected", reason="no\0 room"))
        done, refused = Order.objects.order_by("order").reverse()
        assert (done.status, done.version, done.filled, done.works) == ("filled", AT + 5, D(3), False)
        assert refused.reason == "no room"
        assert refused.legs == entries_legs(order("10", AT, "rejected"))

    databases.inside(database, work)


def entries_legs(event):
    return event.legs


def test_a_bust_takes_a_fill_back_and_a_correction_puts_another_in_its_place(database):
    def work() -> None:
        told(fill("b", "-1", kind="bust", of="a", at=AT + 1))  # it comes first
        told(fill("a"), fill("c", "5"), fill("d", "4", kind="correction", of="c", at=AT + 1))
        told(fill("e", "3", kind="correction", of="d", at=AT + 2))
        assert {row.venue_id: (row.stands, row.void_by) for row in Fill.objects.all()} == {
            "a": (False, "b"), "b": (False, ""), "c": (False, "d"), "d": (False, "e"), "e": (True, ""),
        }  # fmt: skip
        assert sum(row.quantity for row in Fill.objects.all().standing()) == 3

    databases.inside(database, work)


words = st.builds(
    lambda id_, quantity, later, how, of: fill(
        id_, str(quantity), at=AT + later, symbol="QQQ", kind=how if of != id_ else "fill", of=of if of != id_ else None
    ) if how != "fill" else fill(id_, str(quantity), at=AT + later),
    st.sampled_from(IDS), st.integers(-5, 5), st.integers(0, 3), st.sampled_from(["fill", "bust", "correction"]),
    st.sampled_from(IDS),
)  # fmt: skip
changes = st.builds(
    order,
    st.sampled_from("12"),
    st.integers(AT, AT + 3),
    st.sampled_from(["pending", "working", "partially_filled", "filled", "canceled", "replaced"]),
    st.sampled_from(["0", "1", "2"]),
    link=st.sampled_from("lm"),
)
others = st.builds(activity, st.sampled_from("xyz"), symbol=st.sampled_from([None, "QQQ"]))
stories = st.lists(st.one_of(words, words, changes, others), max_size=14, unique_by=lambda one: (one.slot[0], one.slot))


@pytest.mark.long
@hypothesis.settings(
    max_examples=25, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(story=stories, data=st.data())
def test_the_book_is_the_same_for_any_order_any_groups_and_any_repetition(ledger_database, story, data):
    """Told once in a row; and shuffled, with some told again, in transactions of any size, some of which fail."""
    again = data.draw(st.lists(st.sampled_from(story), max_size=5)) if story else []
    shuffled = data.draw(st.permutations(story + again))
    groups = data.draw(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=10))

    def fail(facts) -> None:
        raise ZeroDivisionError

    def in_groups() -> None:
        epoch = rows.claim(1, "00000000-0000-0000-0000-000000000001")
        rest = list(shuffled)
        for size, fails in [*groups, (len(rest), False)]:
            part, rest = rest[:size], rest[size:]
            if fails and part:
                store.store([Job(1, epoch, entries(*part))], [project, fail])  # a crash between
            store.store([Job(1, epoch, entries(*part))], [project])
        project(store.page(1, 0, 100))  # and all of it once more, past the ledger

    def clear() -> None:
        with transaction.atomic():
            for model in (StoredFact, Ownership, *databases.BOOK):
                model._default_manager.all().delete()

    def work() -> None:
        clear()
        told(*story)
        expected = book()
        clear()
        in_groups()
        assert book() == expected

    databases.inside(ledger_database, work)
