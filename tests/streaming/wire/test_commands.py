"""Whatever a client writes is either a message or a clear refusal."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.limits import Limits
from streaming.wire import commands
from streaming.wire.commands import BadMessageError, TokenBucket

HOSTILE = [
    "",
    "{",
    "null",
    "[]",
    '"hello"',
    "NaN",
    '{"type":"rate","interval_ms":NaN}',
    '{"type":"rate","interval_ms":Infinity}',
    '{"type":"rate","interval_ms":' + "9" * 5000 + "}",
    '{"type":"ack","seq":-1}',
    '{"type":"ack","seq":"1"}',
    '{"type":"hello","watch":{"quotes":"QQQ"}}',
    '{"type":"hello","watch":{"quotes":[1]}}',
    '{"type":"hello","watch":{"unheard_of":[]}}',
    '{"type":["hello"]}',
    '{"type":7}',
    '{"type":"group_send"}',
    '{"type":"websocket.disconnect"}',
    "[" * 30_000,
    '{"a":' * 10_000,
    '{"type":"hello","watch":{"candles":' + "[" * 30_000,
    "\x00",
    "\ud800",
    '{"type":"ping","ref":{"a":1}}',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("read", [commands.read_frames, commands.read_plain])
def test_hostile_text_is_refused_with_a_code(read, text):
    with pytest.raises(BadMessageError) as caught:
        read(text)
    assert caught.value.code in ("bad_message", "unknown_type")


@pytest.mark.long
@given(
    st.text(max_size=200) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_anything_is_read_or_refused(text):
    for read in (commands.read_frames, commands.read_plain):
        with contextlib.suppress(BadMessageError):
            read(text)


def test_an_error_names_the_field_and_echoes_the_ref():
    with pytest.raises(BadMessageError) as caught:
        commands.read_plain('{"type":"subscribe_quotes","symbols":["QQQ",7],"ref":"a1"}')
    assert "$.symbols[1]" in caught.value.detail
    assert caught.value.ref == "a1"


def test_the_types_listed_for_explanations_are_the_ones_that_are_read():
    def tags(union):
        return {member.__struct_config__.tag for member in union.__args__}

    assert tags(commands.FramesMessage) == commands.FRAMES_TYPES
    assert tags(commands.PlainMessage) == commands.PLAIN_TYPES


@pytest.mark.parametrize(
    "candles",
    ['"QQQ:5m"', '["QQQ:5m"]', '[{"symbol":"QQQ"}]', '[{"symbol":"QQQ","interval":5}]',
     '[{"symbol":"QQQ","interval":"5m","from":1}]', '[{"symbols":["QQQ"],"interval":"5m"}]'],
)  # fmt: skip
def test_candles_are_a_list_of_a_symbol_and_an_interval_each(candles):
    with pytest.raises(BadMessageError) as caught:
        commands.read_frames(f'{{"type":"hello","watch":{{"candles":{candles}}}}}')
    assert caught.value.code == "bad_message"
    assert "$.watch.candles" in caught.value.detail


def test_a_burst_passes_and_a_flood_does_not():
    bucket = TokenBucket(Limits(message_rate=20, message_burst=40, strikes=3), now=0)
    assert all(bucket.try_acquire(0) for _ in range(40))
    assert not bucket.try_acquire(0)
    assert sum(bucket.try_acquire(1) for _ in range(40)) == 20


def test_so_many_strikes_and_a_socket_is_out():
    bucket = TokenBucket(Limits(strikes=3), now=0)
    bucket.strike(0)
    bucket.strike(0)
    assert not bucket.spent
    bucket.strike(0)
    assert bucket.spent
