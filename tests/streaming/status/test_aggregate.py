"""What processes report of themselves adds up, in any order, and is finished for people."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.status import aggregate

counts = st.one_of(st.none(), st.integers(0, 99))


books = st.lists(st.floats(0, 99, width=16), max_size=3).map(lambda newest: {"samples": len(newest), "newest": newest})


found = st.fixed_dictionaries(
    {"n": counts, "silent_ms": counts, "book": books, "on": st.booleans()},
    optional={"new in this version": st.integers(0, 9), "links": st.dictionaries(st.sampled_from("ab"), counts)},
)


def plain(value):
    """A value with its lists in order, so that two sums compare."""
    return msgspec.convert(value, dict) | {"book": {**value["book"], "newest": sorted(value["book"]["newest"])}}


@given(found, found, found)
def test_reports_add_up_to_the_same_in_any_order(one, two, three):
    left = aggregate.add(aggregate.add(one, two), three)
    right = aggregate.add(one, aggregate.add(two, three))
    turned = aggregate.add(three, aggregate.add(two, one))
    assert plain(left) == plain(right) == plain(turned)
    known = [each["n"] for each in (one, two, three) if each["n"] is not None]
    assert left["n"] == (sum(known) if known else None)
    silences = [each["silent_ms"] for each in (one, two, three) if each["silent_ms"] is not None]
    assert left["silent_ms"] == min(silences, default=None)


def report(name, managers=(), closes=(), **more):
    links = [{"state": state} for state in managers]
    return {
        "process": {"name": name, "answers": True},
        "host": {"people": len(links), "managers": [{"person": n, "links": [link]} for n, link in enumerate(links)]},
        "drops": {"closes": [{"carrier": "sse", "code": 1012, "reason": why, "count": n} for why, n in closes]},
        **more,
    }


def test_a_sum_lists_its_processes_folds_closes_and_tells_of_trouble_first():
    first = report("a", ["live", "live"], [("restarting", 2)], book={"samples": 3, "newest": [1.0, 2.0, 3.0]})
    other = report("b", ["waiting"], [("restarting", 5), ("at once", 1)], book={"samples": 1, "newest": [9.0]})
    told = aggregate.finished(aggregate.merged([first, other]), 2)
    assert [process["name"] for process in told["processes"]] == ["a", "b"]
    assert told["host"]["people"] == 3
    assert [manager["links"][0]["state"] for manager in told["host"]["managers"]] == ["waiting", "live"]
    assert {close["reason"]: close["count"] for close in told["drops"]["closes"]} == {"restarting": 7, "at once": 1}
    assert told["book"] == {"samples": 4, "p50_ms": 2.0, "p95_ms": 9.0, "p99_ms": 9.0}


@pytest.mark.parametrize("value", [{"samples": 0, "newest": []}])
def test_no_samples_have_no_percentiles(value):
    told = aggregate.finished(report("a") | {"book": value})
    assert told["book"] == {"samples": 0, "p50_ms": None, "p95_ms": None, "p99_ms": None}


def test_switches_are_on_where_one_is_and_what_only_one_process_reports_is_kept():
    assert aggregate.add({"on": True, "off": False}, {"on": False, "off": False}) == {"on": True, "off": False}
    assert aggregate.add({"new": 3, "both": 1}, {"both": 2, "old": {"n": 1}}) == {"new": 3, "both": 3, "old": {"n": 1}}


@pytest.mark.parametrize(
    ("samples", "p50", "p95", "p99"),
    [([7.04], 7.0, 7.0, 7.0), ([1.0, 2.0], 1.0, 2.0, 2.0), (range(100, 0, -1), 50.0, 95.0, 99.0),
     ([], None, None, None)],
)  # fmt: skip
def test_a_percentile_is_the_least_sample_that_its_share_does_not_exceed(samples, p50, p95, p99):
    assert aggregate.percentiles([*samples]) == {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def test_only_so_many_managers_are_told_of_and_numbers_are_rounded():
    told = aggregate.finished(report("a", ["live"] * 5) | {"rate": 1.23456}, 3)
    assert (len(told["host"]["managers"]), told["host"]["people"], told["rate"]) == (3, 5, 1.23)
    assert len(aggregate.finished(report("a", ["live"] * 5))["host"]["managers"]) == 5


def test_a_manager_is_well_while_all_its_links_are_live():
    assert aggregate.is_well({"links": []})
    assert aggregate.is_well({"links": [{"state": "live"}]})
    assert not aggregate.is_well({"links": [{"state": "live"}, {"state": "waiting"}]})
    assert not aggregate.is_well({"links": [{}]})
