"""Events reach each listener once and in order, unless a fault loses, doubles, delays or reorders them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.faults.delivery import Delivery
from simulator.faults.faults import Fault, Faults

ALICE, BOB = ("A1", "A2"), ("B1",)


class Bench:
    """A delivery to two listeners, and what they were told."""

    def __init__(self, *standing: Fault) -> None:
        self.faults = Faults()
        for fault in standing:
            self.faults.stand(fault, 0.0)
        self.told: list[tuple[str, int]] = []
        self.delivery: Delivery[str, int] = Delivery(
            self.faults, lambda listener, event: self.told.append((listener, event))
        )

    def bring(self, *events: int, listener: str = "alice", now: float = 0.0, stream: str = "") -> None:
        accounts = ALICE if listener == "alice" else BOB
        for event in events:
            self.delivery.bring(listener, event, accounts, now, stream)

    def of(self, listener: str) -> list[int]:
        return [event for name, event in self.told if name == listener]


@given(some.lists(some.tuples(some.sampled_from(("alice", "bob")), some.integers())))
def test_without_a_fault_everything_is_told_at_once_and_in_order(events: list[tuple[str, int]]):
    bench = Bench()
    for listener, event in events:
        bench.bring(event, listener=listener)
    assert bench.told == events


def test_an_event_is_lost_as_often_as_the_fault_says_and_for_its_account_only():
    bench = Bench(Fault("swallow_event", account="A2", times=2))
    bench.bring(1, 2, 3)
    bench.bring(1, listener="bob")
    assert (bench.of("alice"), bench.of("bob")) == ([3], [1])


def test_an_event_is_told_twice():
    bench = Bench(Fault("duplicate_event", times=1))
    bench.bring(1, 2)
    assert bench.of("alice") == [1, 1, 2]


@pytest.mark.parametrize(("delay", "due"), [(0.0, 2.0), (7.5, 7.5)])
def test_a_late_event_is_told_when_its_delay_is_over_and_not_before(delay: float, due: float):
    bench = Bench(Fault("late_event", times=1, delay=delay))
    bench.bring(1, 2, now=10.0)
    bench.delivery.deliver_due(10.0 + due - 0.001)
    assert bench.of("alice") == [2]
    bench.delivery.deliver_due(10.0 + due)
    bench.delivery.deliver_due(99.0)
    assert bench.of("alice") == [2, 1]


def test_events_out_of_order_follow_the_next_one():
    bench = Bench(Fault("reorder_events", times=2))
    bench.bring(1, 2)
    assert bench.told == []
    bench.bring(9, listener="bob")
    bench.bring(3)
    assert (bench.of("alice"), bench.of("bob")) == ([3, 1, 2], [9])


def test_a_fault_of_a_stream_leaves_the_others_alone():
    bench = Bench(Fault("swallow_event", stream="updates"))
    bench.bring(1, stream="updates")
    bench.bring(2, stream="events")
    assert bench.of("alice") == [2]


def test_a_listener_that_has_left_is_told_nothing_more_and_the_others_everything():
    bench = Bench(Fault("late_event", times=2), Fault("reorder_events", times=2))
    bench.bring(1, now=1.0)
    bench.bring(1, now=1.0, listener="bob")
    bench.bring(2, now=1.0)
    bench.bring(2, now=1.0, listener="bob")
    bench.delivery.forget("bob")
    bench.bring(3, now=1.0)
    bench.bring(3, now=1.0, listener="bob")
    bench.delivery.deliver_due(99.0)
    assert (bench.of("alice"), bench.of("bob")) == ([3, 2, 1], [3])
