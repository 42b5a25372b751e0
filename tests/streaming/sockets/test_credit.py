"""What a client may have unacknowledged, and what happens at the bound."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from brokers.contract.events import Quote
from streaming.limits import Limits
from streaming.sockets.credit import Credit
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))


def test_credit_is_spent_at_the_last_frame_of_the_window():
    credit = Credit(3, 1_000)
    for seq in (1, 4):
        credit.sent(seq, 10, 0.0)
        assert not credit.spent
    credit.sent(9, 10, 0.0)
    assert credit.spent
    assert credit.acknowledged(4)
    assert not credit.spent


def test_credit_is_spent_by_weight():
    credit = Credit(100, 1_000)
    credit.sent(1, 1_500, 0.0)
    assert credit.spent
    assert credit.acknowledged(1)
    assert not credit.spent


def test_an_ack_that_says_nothing_new_is_told_apart():
    credit = Credit(3, 1_000)
    assert not credit.acknowledged(5)
    credit.sent(7, 10, 0.0)
    assert not credit.acknowledged(6)
    assert credit.acknowledged(99)
    assert not credit.acknowledged(99)


def test_frames_of_a_former_epoch_are_acknowledged_by_the_next_ones():
    """Their numbers may be far above those of the new board."""
    credit = Credit(3, 1_000)
    credit.sent(5_000, 10, 0.0)
    credit.begin_epoch()
    credit.sent(1, 10, 1.0)
    assert credit.acknowledged(1)
    assert credit.silent_s(99.0) == 0.0


def test_silence_is_counted_from_the_oldest_frame_under_way():
    credit = Credit(3, 1_000)
    credit.sent(1, 10, 5.0)
    credit.sent(2, 10, 8.0)
    assert credit.silent_s(10.0) == 5.0
    credit.acknowledged(1)
    assert credit.silent_s(10.0) == 2.0


@given(
    st.lists(st.one_of(st.tuples(st.just("sent"), st.integers(1, 500)), st.tuples(st.just("ack"), st.integers(0, 60))))
)
def test_credit_knows_exactly_what_is_under_way(script):
    credit, seq, under_way = Credit(8, 1_000), 0, []
    for what, number in script:
        if what == "sent":
            seq += 1
            under_way.append((seq, number))
            credit.sent(seq, number, 0.0)
        else:
            credit.acknowledged(number)
            under_way = [(at, size) for at, size in under_way if at > number]
        assert credit.spent == (len(under_way) >= 8 or sum(size for _, size in under_way) >= 1_000)


async def test_who_does_not_acknowledge_gets_a_window_of_frames_and_then_one_with_the_newest():
    info = Info()
    async with House(MemoryLinks(p1=[info]), Limits(pulse_ms=1, beacon_s=0.02)) as house:
        reader = Reader(house, 1, QQQ, credit=Credit(4, 10_000)).join()
        broker = await house.links.live(info)
        await reader.until(lambda r: r.of("frame"))
        for price in range(1, 40):
            broker.say(Quote(symbol="QQQ", bid=float(price)))
            await asyncio.sleep(0.002)  # two pulses: each would send, if credit did not hold it
        assert len(reader.of("frame")) == 4
        reader.socket.acknowledge(reader.of("frame")[-1]["seq"])
        await reader.until(lambda r: len(r.of("frame")) == 5)
        assert reader.slots["quote", "QQQ"]["bid"] == 39.0


async def test_who_acknowledges_nothing_for_too_long_is_closed_as_too_slow():
    info = Info()
    async with House(MemoryLinks(p1=[info]), Limits(pulse_ms=1, beacon_s=0.02, ack_timeout_s=0.1)) as house:
        reader = Reader(house, 1, QQQ, credit=Credit(4, 10_000)).join()
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=1.0))
        gone = await asyncio.wait_for(reader.socket.gone, 20)
        assert (gone.code, gone.reason) == (4008, "it does not acknowledge what it is sent")


async def test_a_socket_that_fell_silent_makes_room_for_the_next():
    """Where a network died, the server learns of it late, and its person is already coming back."""
    info = Info()
    limits = Limits(pulse_ms=1, beacon_s=0.02, send_timeout_s=0.05, sockets_per_person=2)
    async with House(MemoryLinks(p1=[info]), limits) as house:
        readers = [Reader(house, 1, QQQ, credit=Credit(4, 10_000)).join() for _ in range(2)]
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=1.0))
        for reader in readers:
            await reader.until(lambda r: r.slots)
        assert house.hub.full(1)
        readers[1].socket.acknowledge(readers[1].of("frame")[-1]["seq"])
        await aeventually(lambda: not house.hub.full(1))
        assert (readers[0].socket.gone.done(), readers[1].socket.gone.done()) == (True, False)
        assert house.hub.full(1)
