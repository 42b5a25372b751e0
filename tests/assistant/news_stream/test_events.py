"""The events of a stream of news, as the contract writes them."""

import json

from assistant.news_stream import events
from assistant.news_stream.query import NewsStreamQuery, read_query


def test_a_report_is_an_unnamed_event_with_json_within_json():
    text = events.progress_event(3, 0.4786, {"status": "connected", "timestamp": "2025-10-24T20:29:41.507Z"})
    number, data, end, rest = text.split("\n")
    assert (number, end, rest) == ("id: 3", "", "")
    assert json.loads(data.removeprefix("data: ")) == {
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": {
            "progressToken": 1,
            "progress": 0.4786,
            "message": '{"status": "connected", "timestamp": "2025-10-24T20:29:41.507Z"}',
        },
    }


def test_only_a_stream_that_is_over_ends_an_event_source():
    assert events.result_event("Stream complete", is_over=True).startswith("id: end\n")
    assert "id:" not in events.result_event("restarting", is_over=False).split("data:")[0]
    assert json.loads(events.error_event(-32000, "no news source", is_over=True).split("data: ")[1]) == {
        "jsonrpc": "2.0",
        "error": {"code": -32000, "message": "no news source"},
        "id": 1,
    }


def test_what_is_not_asked_for_is_as_the_contract_has_it():
    assert read_query({"query_string": b"other=1"}) == NewsStreamQuery("TSLA", 10_000, 60_000)
    assert read_query({"query_string": b"symbol=nvda&interval=1000&duration=1800000"}) == NewsStreamQuery(
        "NVDA", 1_000, 1_800_000
    )
