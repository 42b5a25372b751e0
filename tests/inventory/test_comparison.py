"""The comparison names whatever is gone, changed or added, and nothing else."""

import json

import pytest

from tests.inventory import records
from tests.inventory.comparison import differences, variants
from tests.inventory.shapes import merge, shape_of

RECORDED = {
    "tables": {"orders": {"id": "number", "note": "null | text"}},
    "codes": ["bad", "worse"],
    "events": {"heartbeat (at times)": {"at": "ms"}},
}
FOUND = {"tables": {"orders": {"id": "number", "note": "text"}}, "codes": ["worse", "bad"], "events": {}}


def named(recorded, found):
    return [str(difference).split("  (")[0] for difference in differences(recorded, found)]


def test_what_is_as_recorded_differs_in_nothing():
    assert differences(RECORDED, FOUND) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"tables": {"orders": {"note": "text"}}}, "gone     tables › orders › id"),
        ({"tables": {}}, "gone     tables › orders"),
        ({"codes": ["bad"]}, "gone     codes › worse"),
        ({"tables": {"orders": {"id": "text", "note": "text"}}}, "changed  tables › orders › id: number → text"),
        ({"tables": {"orders": {"id": 7, "note": "text"}}}, "changed  tables › orders › id: number → 7"),
        ({"tables": {"orders": {"id": "null", "note": "text"}}}, "changed  tables › orders › id: number → null"),
        ({"tables": {"orders": "none"}}, "changed  tables › orders: {'id': 'number', 'note': 'null | text'} → none"),
        (
            {"tables": {"orders": {"id": "number", "note": "null"}}},
            "changed  tables › orders › note: null | text → null",
        ),
        ({"events": {"heartbeat": {"at": "text"}}}, "changed  events › heartbeat › at: ms → text"),
        ({"tables": {"orders": {"id": "number", "note": "text", "by": "text"}}}, "added    tables › orders › by"),
        ({"codes": ["bad", "worse", "worst"]}, "added    codes › worst"),
        ({"events": {"closed": {}}}, "added    events › closed"),
    ],
)
def test_each_difference_is_named_by_what_it_is_and_its_place(change, name):
    assert named(RECORDED, FOUND | change) == [name]


def test_what_only_some_recordings_have_may_be_missing_or_null():
    recorded = variants({"bid": "number", "ask": "number"}, {"bid": "number", "last": "number"})
    assert recorded == {"bid": "number", "ask (at times)": "number", "last (at times)": "number"}
    assert named(recorded, {"bid": "number"}) == []
    assert named(recorded, {"bid": "number", "ask": "null", "last": "number"}) == []
    assert named(recorded, {"ask": "number"}) == ["gone     bid"]
    assert variants(recorded, {"bid": "number", "ask": "number"}) == recorded


def test_a_value_that_one_recording_does_not_know_may_be_null():
    recorded = variants({"bid": "null"}, {"bid": "number"})
    assert [named(recorded, {"bid": kind}) for kind in ("null", "number")] == [[], []]
    assert named(recorded, {"bid": "text"}) == ["changed  bid: null | number → text"]
    assert [named({"bid": "null"}, {"bid": kind}) for kind in ("null", "number")] == [[], []]
    assert named({"bid": "number"}, {"bid": "null | number"}) == []


def test_a_shape_has_the_kind_of_each_path_and_no_value():
    answer = {
        "at": 1726919400000,
        "rows": [{"symbol": "QQQ", "bid": 450.24, "day": "2025-09-21"}, {"symbol": "SPY", "bid": None}],
        "by": {"5WX00001": "2025-09-21T10:30:00.000Z", "5WX00002": "1.50"},
    }
    assert shape_of(answer) == {
        "": "object",
        "at": "ms",
        "by": "object",
        "by.<key>": "decimal | time",
        "rows": "list",
        "rows[]": "object",
        "rows[].bid": "null | number",
        "rows[].day": "date",
        "rows[].symbol": "text",
    }
    assert merge(shape_of("QQQ"), shape_of("2025-09-21"), shape_of(None)) == {"": "null | text"}


def test_a_complaint_names_the_file_the_difference_and_how_to_record_it(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    records.write("tables", RECORDED["tables"])
    assert records.complaint("tables", FOUND["tables"]) == ""
    answer = records.complaint("tables", {})
    assert all(part in answer for part in ("tables.json", "gone     orders", "python -m tests.inventory"))
    assert json.loads((tmp_path / "tables.json").read_text()) == RECORDED["tables"]
