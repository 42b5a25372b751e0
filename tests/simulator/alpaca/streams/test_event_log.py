"""Events are recorded in order, under ids that rise and begin with their millisecond."""

import random

import hypothesis
import pytest
from hypothesis import strategies

from simulator.alpaca.format import micro_text
from simulator.alpaca.streams.event_log import Record, Ulids, is_ulid, moment_of

ULID = "01HCMKKNRK7S5C1JYP50QGDECQ"
AT = 1_795_000_000_000


@hypothesis.given(gaps=strategies.lists(strategies.integers(0, 3), min_size=1, max_size=40), seed=strategies.integers())
def test_ids_rise_and_begin_with_their_millisecond_but_for_an_inverted_one(gaps: list[int], seed: int):
    ulids, at, made = Ulids(random.Random(seed)), 1_697_203_738_387, list[str]()
    for gap in gaps:
        at += gap
        made.append(ulids.make(at))
        assert is_ulid(made[-1])
        assert moment_of(made[-1]) == at
    assert made == sorted({*made})
    odd = ulids.inverted()
    assert moment_of(odd) == at
    assert odd < min(each for each in made if moment_of(each) == at)


def test_the_sample_of_the_documentation_is_of_its_own_millisecond():
    assert moment_of(ULID) == 1_697_203_738_387  # 2023-10-13T13:28:58.387Z


@pytest.mark.parametrize(
    ("text", "is_one"),
    [(ULID, True), (ULID.lower(), False), (ULID[1:], False), (ULID + "0", False), ("8" + ULID[1:], False), ("", False)]
    + [(ULID[:-1] + letter, False) for letter in "ILOU "],
)
def test_a_ulid_is_known_by_its_letters_and_length(text: str, is_one: bool):
    assert is_ulid(text) == is_one


def test_an_id_that_was_made_before_is_not_made_again():
    ulids = Ulids(random.Random(7))
    ulids.go_beyond(ULID)
    at = moment_of(ULID)
    assert ulids.make(at) > ULID
    earlier = Ulids(random.Random(7))
    last = earlier.make(at + 5)
    earlier.go_beyond(ULID)
    assert earlier.make(at + 5) > last, "an older id changes nothing"


@hypothesis.given(gaps=strategies.lists(strategies.integers(0, 3), min_size=1, max_size=30))
def test_events_are_numbered_without_a_gap_and_each_is_later_than_the_last(gaps: list[int]):
    record, at = Record("seed", 100), AT
    for gap in gaps:
        at += gap
        entry = record.enter("A", "a", {"event": "new"}, at)
        assert moment_of(entry.ulid) == entry.at // 1000 >= at
    entries = [*record]
    assert [entry.number for entry in entries] == list(range(101, 101 + len(gaps)))
    assert len({entry.at for entry in entries}) == len(gaps)
    for key in ("at", "ulid"):
        told = [getattr(entry, key) for entry in entries]
        assert told == sorted(told)
    assert record.after(100) == entries
    assert record.after(record.number - 1) == entries[-1:]
    assert record.after(record.number) == []


def test_a_clock_that_was_put_back_does_not_put_back_events():
    record = Record("seed", 0)
    first, second = (record.enter("A", "a", {}, at) for at in (AT, AT - 60_000))
    assert second.at == first.at + 1
    assert second.ulid > first.ulid


def test_an_inverted_event_comes_later_under_an_id_that_sorts_before():
    record = Record("seed", 0)
    alone = record.enter("A", "a", {}, AT, is_inverted=True)
    first, odd = record.enter("A", "a", {}, AT + 5), record.enter("A", "a", {}, AT + 9, is_inverted=True)
    assert (odd.number, odd.at) == (3, first.at)
    assert odd.ulid < first.ulid
    assert alone.at // 1000 == moment_of(alone.ulid) == AT, "there was nothing to be before"


def test_a_record_goes_on_after_the_events_that_were_told_before():
    old, new = Record("seed", 0), Record("other", 0)
    told = [old.enter("A", "a", {"event": "new"}, AT + n) for n in range(3)]
    for entry in told:
        new.adopt(entry)
    following = new.enter("A", "a", {"event": "fill"}, AT)
    assert [*new] == [*told, following]
    assert (following.number, following.at) == (4, told[-1].at + 1)
    assert following.ulid > told[-1].ulid


def test_an_event_is_told_under_the_ids_of_its_version():
    entry = Record("seed", 6).enter("A", "account-1", {"event": "fill", "qty": "1"}, AT)
    at = micro_text(entry.at)
    rest = {"event": "fill", "qty": "1"}
    assert entry.payload(of_account=False) == {"at": at, "event_id": entry.ulid, **rest}
    assert entry.payload(of_account=True) == {"account_id": "account-1", "at": at, "event_id": entry.ulid, **rest}
    assert entry.told_of_old() == {
        "account_id": "account-1", "at": at, "event_id": 7, "event_ulid": entry.ulid, **rest,
    }  # fmt: skip
