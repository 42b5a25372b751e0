"""What is no answer is not shown, wherever the pieces of an answer end: thoughts, and calls that are written out."""

import pytest

from assistant.chat.provider.sse_data import SseData
from assistant.chat.provider.text_calls import TextCallFilter
from assistant.chat.provider.thinking import ThinkingFilter


def splits(text):
    """Yield the text in pieces of each size, from one at a time to all at once."""
    for size in range(1, len(text) + 1):
        yield [text[place : place + size] for place in range(0, len(text), size)]


@pytest.mark.parametrize(
    ("text", "shown", "dropped"),
    [
        ("<think>QQQ is 999?</think>QQQ is up.", "QQQ is up.", 11),
        ("a<think>b</think>c<think>d</think>e", "ace", 2),
        ("1 < 2 and <thin air", "1 < 2 and <thin air", 0),
        ("<think>without an end", "", 14),
        ("no thought", "no thought", 0),
    ],
)
def test_thoughts_are_dropped(text, shown, dropped):
    for pieces in splits(text):
        thinking = ThinkingFilter()
        assert "".join([*map(thinking.feed, pieces), thinking.end()]) == shown
        assert thinking.dropped == dropped


@pytest.mark.parametrize(
    ("text", "is_call"),
    [
        ('{"name": "get_quotes", "parameters": {"symbols": ["QQQ"]}}', True),
        ('<tool_call>\n{"name": "get_quotes", "arguments": {}}\n</tool_call>', True),
        ('```json\n{"name": "get_quotes"}\n```', True),
        ('[TOOL_CALLS] [{"name": "f"}]', True),
        ("QQQ is up.", False),
        ("{curly} words", False),
        ("```\ncode\n```", False),
    ],
)
def test_a_call_in_the_text_is_held_back(text, is_call):
    for pieces in splits(text):
        calls = TextCallFilter()
        shown = "".join([*map(calls.feed, pieces), calls.end()])
        assert (shown, calls.is_call) == ("" if is_call else text, is_call)


def test_an_answer_that_is_no_call_is_shown_at_once():
    assert TextCallFilter().feed("Q") == "Q"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_data_of_events_are_whole_wherever_chunks_end(end):
    text = end.join([": keep", "", 'data: {"a":', "data:1}", "", "event: x", "data: ü", "", "data: last"])
    for chunks in splits(text.encode()):
        events = SseData()
        found = [data for chunk in chunks for data in events.feed(chunk)]
        assert found + events.end() == ['{"a":\n1}', "ü", "last"]
