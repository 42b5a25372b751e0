"""Each socket waits for one catch-up at most, and only the answer to its newest one counts."""

import asyncio
import math

from accounts.auth.access import Access
from streaming.hub.pending_catch_ups import PendingCatchUps, message
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription


def pending() -> PendingCatchUps:
    return PendingCatchUps(asyncio.get_running_loop())


async def test_the_answer_to_a_catch_up_finds_its_socket_once():
    catch_ups, socket, other = pending(), Socket(Access(1)), Socket(Access(2))
    first, second = catch_ups.add(socket), catch_ups.add(other)
    assert catch_ups.answered(second) is other
    assert catch_ups.answered(second) is None
    assert (other.asked, socket.asked) == (0, first)
    assert catch_ups.answered(first) is socket
    assert catch_ups.answered(99) is None


async def test_the_answer_to_an_older_one_comes_too_late():
    catch_ups, socket = pending(), Socket(Access(1))
    older, newer = catch_ups.add(socket), catch_ups.add(socket)
    assert newer > older
    assert (catch_ups.awaits(older), catch_ups.awaits(newer)) == (False, True)
    assert catch_ups.answered(older) is None
    assert socket.asked == newer, "it still waits for the newer one"
    assert catch_ups.answered(newer) is socket


async def test_a_socket_that_waits_no_more_gets_no_answer_and_may_be_dropped_twice():
    catch_ups, socket = pending(), Socket(Access(1))
    ask = catch_ups.add(socket)
    catch_ups.drop(socket)
    catch_ups.drop(socket)
    assert (socket.asked, catch_ups.awaits(ask), catch_ups.answered(ask)) == (0, False, None)
    assert catch_ups.add(socket) > ask, "numbers are never used again"


async def test_a_catch_up_that_waits_for_its_turn_is_not_overdue():
    catch_ups, socket = pending(), Socket(Access(1))
    began = asyncio.get_running_loop().time()
    ask = catch_ups.add(socket)
    catch_ups.defer(ask)
    assert socket.asked_at == math.inf
    catch_ups.mark_sent(ask)
    assert began <= socket.asked_at <= asyncio.get_running_loop().time()
    catch_ups.drop(socket)
    at = socket.asked_at
    catch_ups.defer(ask)
    catch_ups.mark_sent(ask)
    assert socket.asked_at == at, "it is over"


async def test_a_catch_up_asks_for_everything_since_the_cursor():
    catch_ups, socket = pending(), Socket(Access(7))
    socket.view, socket.had = Subscription(quotes=frozenset({"QQQ"})), Subscription(quotes=frozenset({"SPY"}))
    socket.epoch, socket.seq, socket.fact = "3-a", 12, 5
    ask = catch_ups.add(socket)
    asked = message("hub", socket)
    assert (asked.person, asked.hub, asked.ask, asked.view, asked.had) == (7, "hub", ask, socket.view, socket.had)
    assert (asked.epoch, asked.seq, asked.fact) == ("3-a", 12, 5)
