"""Server-sent events are the same wherever the wire cuts them, and comments are heard."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.alpaca import sse
from brokers.alpaca.sse import SseLines

WIRE = (
    b": welcome to the Alpaca events\n\n"
    b'data: {"a": "\xc3\xa9"}\r\n\r\n'
    b":heartbeat\r\r"
    b"event: ignored\nid: 7\ndata:one\ndata: two\n\n"
    b": you are reading too slowly, dropped 10000 messages\n\n"
    b"\n\n"
    b": internal server error\n\n"
    b"data: cut off"
)
HEARD = [
    ("alive", "welcome to the Alpaca events"),
    ("data", '{"a": "é"}'),
    ("alive", "heartbeat"),
    ("data", "one\ntwo"),
    ("loss", "you are reading too slowly, dropped 10000 messages"),
    ("broken", "internal server error"),
]


def test_events_and_what_comments_mean_are_told_in_order():
    assert SseLines().feed(WIRE) == HEARD


@settings(max_examples=100, deadline=None)
@given(some.lists(some.integers(0, len(WIRE)), max_size=30))
def test_it_does_not_matter_where_the_wire_cuts(cuts):
    reader, heard = SseLines(), []
    edges = [0, *sorted(cuts), len(WIRE)]
    for begin, end in itertools.pairwise(edges):
        heard += reader.feed(WIRE[begin:end])
    assert heard == HEARD


def test_a_byte_order_mark_is_no_part_of_the_first_line():
    assert SseLines().feed(b"\xef\xbb\xbfdata: 1\n\n") == [("data", "1")]


def test_what_never_ends_is_thrown_away_and_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "LONGEST", 20)
    reader = SseLines()
    assert reader.feed(b"data: " + b"x" * 30) == []
    assert reader.bad == 1
    assert reader.feed(b"\n\ndata: 1\n\n") == [("data", "1")]
    assert reader.feed(b"data: " + b"y" * 9 + b"\ndata: " + b"y" * 15 + b"\n\n") == []
    assert reader.bad == 2


def test_an_event_of_lines_without_an_end_does_not_grow(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "LONGEST", 20)
    reader = SseLines()
    for _ in range(100):
        assert reader.feed(b"data: " + b"y" * 9 + b"\n") == []
    assert sum(map(len, reader._data)) <= 40
    assert reader.feed(b"\ndata: 1\n\n") == [("data", "1")]
    assert reader.bad == 1
