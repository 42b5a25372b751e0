"""Which carrier is tried when, and when a poorer one stands in: no storm, and never for ever without the better."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.adapter.error_mapping import StreamDropped
from brokers.adapter.supervision import Up
from brokers.alpaca.account.fallback import MUTES, STEADY_S, Candidate
from brokers.alpaca.account.sse_stream import Beat
from brokers.alpaca.errors import Crowded, Lossy, Mute, NotOffered
from brokers.alpaca.timeouts import AlpacaTimeouts

LIMITS = AlpacaTimeouts()


def rung() -> Candidate:
    return Candidate(Silence(), LIMITS)


class Silence:
    """A carrier that is never held."""

    name, last_received_at, bad = "sse", 0.0, 0

    async def run(self, up: Up) -> None:
        """Be silent."""


def test_one_drop_is_repaired_before_another_carrier_stands_in():
    sse = rung()
    sse.mark_up(0.0)
    sse.mark_down(StreamDropped("cut"), 1.0)
    assert bool(sse.is_away) is False
    assert 1.0 <= sse.due <= 1.0 + LIMITS.drop_s
    sse.mark_down(StreamDropped("cut"), 2.0)
    assert bool(sse.is_away) is True
    sse.mark_up(3.0)
    assert bool(sse.is_away) is False


def test_one_that_cannot_be_opened_is_stood_in_for_at_once():
    sse = rung()
    sse.mark_down(OSError("refused"), 1.0)
    assert sse.is_away


def test_one_that_dropped_messages_is_opened_again_at_once_if_it_was_steady_and_soon_if_not():
    sse = rung()
    sse.mark_up(0.0)
    sse.mark_down(Lossy("dropped"), STEADY_S)
    assert (sse.due, sse.is_away) == (STEADY_S, False)
    sse.mark_up(STEADY_S)
    sse.mark_down(Lossy("dropped"), STEADY_S + 0.1)
    assert sse.due > STEADY_S + 0.1


def test_one_that_is_silent_again_and_again_is_left_alone_for_a_while():
    sse, now = rung(), 0.0
    for _ in range(MUTES):
        sse.mark_up(now)
        now += LIMITS.mute_s
        sse.mark_down(Mute("silent"), now)
        assert sse.is_away
    assert sse.due - now >= LIMITS.climb_s / 2


@pytest.mark.parametrize(("error", "first"), [(Crowded("429"), LIMITS.crowded_s), (NotOffered("404"), LIMITS.climb_s)])
def test_a_refusal_is_waited_out_twice_as_long_each_time_and_not_for_ever(error, first):
    socket, now, ceiling = rung(), 0.0, first
    for _ in range(12):
        socket.mark_down(ExceptionGroup("group", [error]), now)
        assert ceiling / 2 <= socket.due - now <= ceiling <= LIMITS.climb_most_s
        now, ceiling = socket.due, min(2 * ceiling, LIMITS.climb_most_s)
    socket.mark_up(now)
    socket.mark_down(StreamDropped("cut"), now + STEADY_S)
    socket.mark_down(error, now + STEADY_S + 1)
    assert socket.due - now - STEADY_S - 1 <= first, "one that was steady starts over"


@settings(max_examples=100, deadline=None)
@given(some.lists(some.sampled_from([Crowded, StreamDropped]), min_size=20, max_size=40), some.randoms())
def test_refused_connections_are_never_stormed(errors, random):
    socket, now, tries = rung(), 0.0, []
    for kind in errors:
        tries.append(now)
        if kind is not Crowded and random.random() < 0.5:
            socket.mark_up(now)
        socket.mark_down(kind("no"), now)
        now = max(now, socket.due)
    crowded = [at for at, kind in zip(tries, errors, strict=True) if kind is Crowded]
    within = max((sum(1 for other in crowded if at <= other < at + LIMITS.crowded_s / 2) for at in crowded), default=0)
    assert within <= 1


def test_heartbeats_say_how_long_silence_may_last():
    beat = Beat(LIMITS)
    assert beat.patience_s == LIMITS.mute_s
    for now in (0.0, 5.0, 12.0):
        beat.on_heartbeat(now)
    assert beat.patience_s == 21.0
    quick, slow = Beat(LIMITS), Beat(LIMITS)
    for now in (0.0, 1.0):
        quick.on_heartbeat(now)
        slow.on_heartbeat(now * 60)
    assert (quick.patience_s, slow.patience_s) == (LIMITS.least_mute_s, LIMITS.mute_s)
