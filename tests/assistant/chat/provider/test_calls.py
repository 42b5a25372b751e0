"""Calls are whole however a server sends their pieces."""

import pytest

from assistant.chat.provider.calls import MOST_CALLS, CallAssembler, read_arguments


def assemble(*chunks, turn_round=1):
    calls = CallAssembler(turn_round)
    for chunk in chunks:
        calls.feed(chunk)
    return [(call.id, call.name, call.arguments) for call in calls.requests()]


def piece(arguments=None, name=None, **more):
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {**more, "function": function}


TWO = [("a", "f", {"x": 1}), ("b", "g", {"y": 2})]


def test_pieces_with_an_index_are_put_together():
    assert assemble(
        [piece("", "f", index=0, id="a"), piece("", "g", index=1, id="b")],
        [piece('{"x"', index=0), piece('{"y":', index=1)],
        [piece(":1}", index=0), piece("2}", index=1)],
    ) == TWO  # fmt: skip


@pytest.mark.parametrize("index", [{}, {"index": 0}, {"index": None}])
def test_a_new_id_begins_another_call_where_the_index_does_not_tell(index):
    chunks = [
        [piece('{"x"', "f", id="a", **index)], [piece(":1}", **index)],
        [piece('{"y":', "g", id="b", **index)], [piece("2}", id="b", **index)],
    ]  # fmt: skip
    assert assemble(*chunks) == TWO


@pytest.mark.parametrize("second", ["g", "f"])
def test_a_name_begins_another_call_where_no_id_tells(second):
    found = assemble(
        [piece('{"x":', "f", index=0)], [piece("1}", index=0)], [piece('{"y":2}', second, index=0)], turn_round=3
    )
    assert found == [("call_3_1", "f", {"x": 1}), ("call_3_2", second, {"y": 2})]


def test_a_name_that_is_repeated_with_every_piece_is_one_call():
    assert assemble([piece('{"x":', "f", index=0)], [piece("1}", "f", index=0)]) == [("call_1_1", "f", {"x": 1})]


def test_two_calls_never_have_the_same_id():
    found = assemble([piece("{}", "f", index=0, id="a"), piece("{}", "g", index=1, id="a")])
    assert [id for id, _, _ in found] == ["a", "call_1_2"]


def test_calls_without_end_are_few():
    deltas = [{"id": f"a{number}", "function": {"name": "get_quotes", "arguments": "{}"}} for number in range(5_000)]
    assert len(assemble(deltas)) == MOST_CALLS


def test_arguments_may_be_an_object():
    assert assemble([piece({"x": 1}, "f", index=0, id="a")]) == [("a", "f", {"x": 1})]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", {}), (" ", {}), ("{}", {}), ("[1]", None), ("{", None), ('{"a": NaN}', None), ("[" * 100_000, None),
        ("\ud800", None),
    ],
)  # fmt: skip
def test_arguments_that_are_no_object_are_none(text, arguments):
    assert read_arguments(text) == arguments


@pytest.mark.parametrize(
    "garbage", [None, "x", [None], [{}], [{"function": "x"}], [{"index": "one", "function": {"name": 1}}]]
)
def test_what_has_not_the_form_of_calls_does_no_harm(garbage):
    assert all(call == ("call_1_1", "", {}) for call in assemble(garbage))
