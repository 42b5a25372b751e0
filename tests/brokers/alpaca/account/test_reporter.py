"""What trade events end in: whatever the venue writes, each is told once, and no more is remembered than can be."""

import copy
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.alpaca.account.executions import SeenExecutions
from brokers.alpaca.account.reporter import CURSOR, Memory, ReportEmitter
from brokers.alpaca.account.state import AlpacaAccountState
from brokers.alpaca.timestamps import millis, ulid_ms
from brokers.contract.events import Event
from brokers.contract.reports import OrderReport, Report
from tests.brokers.alpaca.samples import FILL, NEW, ORDER, SPREAD

NOW = millis("2023-10-13T13:31:00Z") or 0
ACCOUNT = "aa4439c3"
FUTURE = "7ZZZZZZZZZ" + NEW["event_id"][10:]


def teller(
    told: list[Event],
    memory: Memory | None = None,
    account: str | None = ACCOUNT,
    cursors: typing.Mapping[str, str] | None = None,
) -> ReportEmitter:
    said, book = SeenExecutions("link", "PA1"), AlpacaAccountState("link", 5.0)
    return ReportEmitter(said, account, book, memory or Memory(), told.append, cursors or {}, lambda: None, lambda: NOW)


def happenings(told: list[Event]) -> list[Report]:
    return [event for event in told if isinstance(event, Report)]


def word(status: str, at: str, **changed: typing.Any) -> dict[str, typing.Any]:
    return NEW | {"order": ORDER | {"status": status, "updated_at": at} | changed}


def test_an_order_that_has_ended_does_not_work_again_when_an_older_word_comes_late():
    told: list[Event] = []
    memory = Memory()
    one = teller(told, memory)
    one.event(word("canceled", "2023-10-13T13:30:00.500Z"))
    one.event(word("new", "2023-10-13T13:30:00.100Z"))
    assert [each.status for each in told if isinstance(each, OrderReport)] == ["canceled", "working"], "both are facts"
    assert memory.working == set(), "it would be asked for, by its id, for ever"
    one.event(word("new", "2023-10-13T13:30:01Z", id="another"))
    assert memory.working == {"another"}


def test_what_is_remembered_of_orders_is_bounded(monkeypatch):
    monkeypatch.setattr("brokers.alpaca.account.reporter.SEEN", 10)
    memory = Memory()
    one = teller([], memory)
    for number in range(50):
        one.event(word("canceled", "2023-10-13T13:30:00.500Z", id=f"order {number}"))
    assert len(memory._versions) <= 10


def test_an_event_from_the_future_moves_no_cursor():
    """Whoever asked for what came after it would be told nothing for thousands of years."""
    told: list[Event] = []
    one = teller(told)
    one.event(NEW)
    one.event(FILL | {"event_id": FUTURE})
    assert len(happenings(told)) == 3
    assert [each.cursors for each in happenings(told)] == [{CURSOR: NEW["event_id"]}, {}, {}]
    assert one.since_ms(0) == ulid_ms(NEW["event_id"])


def test_a_stored_cursor_from_the_future_is_no_cursor():
    told: list[Event] = []
    one = teller(told, cursors={CURSOR: FUTURE})
    assert one.since_ms(0) is None
    one.event(NEW)
    assert happenings(told)[0].cursors == {CURSOR: NEW["event_id"]}, "it is replaced by a true one"


def test_events_are_told_where_the_account_has_no_id_and_another_account_s_are_not():
    told: list[Event] = []
    teller(told, account=None).event(NEW)
    assert len(happenings(told)) == 1
    teller(told).event(NEW | {"account_id": "somebody else"})
    assert len(happenings(told)) == 1


def places(raw: typing.Any, path: tuple[typing.Any, ...] = ()) -> typing.Iterator[tuple[typing.Any, ...]]:
    """Every place in an event that has a value."""
    for key, value in raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ():
        yield (*path, key)
        yield from places(value, (*path, key))


JUNK = some.one_of(
    some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=9), some.just([]), some.just({}),
    some.just([[]]), some.just(["x"]), some.just({"x": []}),
)  # fmt: skip


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(some.sampled_from([NEW, FILL, SPREAD]), some.data())
def test_whatever_stands_in_an_event_ends_nothing(event, data):
    spoilt = copy.deepcopy(event)
    for path in data.draw(some.lists(some.sampled_from([*places(event)]), max_size=3)):
        place = spoilt
        for step in path[:-1]:
            place = place[step] if isinstance(place, dict | list) and _has(place, step) else None
        if isinstance(place, dict | list) and _has(place, path[-1]):
            place[path[-1]] = data.draw(JUNK)
    one = teller([])
    one.event(spoilt)
    one.event(event)


def _has(place: typing.Any, step: typing.Any) -> bool:
    return step in place if isinstance(place, dict) else isinstance(step, int) and step < len(place)


def test_what_is_kept_of_spreads_and_of_what_was_filled_is_bounded(monkeypatch):
    monkeypatch.setattr("brokers.alpaca.account.executions.KEPT", 4)
    monkeypatch.setattr("brokers.alpaca.account.state.KEPT", 4)
    said, book = SeenExecutions("link", "PA1"), AlpacaAccountState("link", 5.0)
    for number in range(20):
        legs = [leg | {"id": f"{leg['id']} {number}"} for leg in SPREAD["order"]["legs"]]
        said.orders(SPREAD["order"] | {"id": f"parent {number}", "legs": legs})
        for fill in said.fills(FILL | {"order": ORDER | {"symbol": f"S{number}"}}):
            book.filled(fill, 0.0)
    assert (len(said._wholes), len(book._words)) == (4, 4)
