"""Whatever happens in whatever order, a client holds what the board holds, by frames that obey the receiver's rule."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.events import Quote
from streaming.limits import Limits
from streaming.watch import View
from tests.streaming.cast import House, Info, MemoryLinks, Reader

SYMBOLS = ("QQQ", "SPY", "IWM")
SWIFT = Limits(pulse_ms=1, beacon_s=0.004, deaf_s=5)

whom = st.integers(0, 2)
views = st.builds(
    View, quotes=st.frozensets(st.sampled_from(SYMBOLS), min_size=1), pace_ms=st.sampled_from([0, 3, None])
)
ticks = st.builds(
    Quote, symbol=st.sampled_from(SYMBOLS), bid=st.integers(1, 9).map(float), ask=st.none() | st.just(1.5)
)
endings = st.builds(Quote, symbol=st.sampled_from(SYMBOLS), gone=st.just(True))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.one_of(ticks, ticks, endings)),
        st.tuples(st.just("show"), whom, views),
        st.tuples(st.just("gate"), whom),
        st.tuples(st.just("leave"), whom),
        st.tuples(st.just("cut")),
        st.tuples(st.just("turn")),
        st.tuples(st.just("pulse")),
    ),
    min_size=10,
    max_size=40,
)


def obeys(reader) -> bool:
    """Whether each frame was a snapshot or continued the one before it."""
    mine, epoch = 0, ""
    for frame in reader.of("frame"):
        if not frame.get("snapshot") and not (frame["epoch"] == epoch and frame["prev"] <= mine < frame["seq"]):
            return False
        mine, epoch = frame["seq"], frame["epoch"]
    return True


def level(house, reader) -> bool:
    """Whether a reader holds of its view exactly what the board holds; a missing value and an absent one are equal."""
    board, view = house.host.people[1].board, reader.socket.view
    held = {slot: board.whole(slot) for slot in board.slots("quote") if view.wants(slot, None)}
    shown = {slot: item for slot, item in reader.slots.items() if view.wants(slot, None)}
    return known(held) == known(shown)


def known(slots) -> dict[tuple, dict]:
    return {slot: {name: value for name, value in item.items() if value is not None} for slot, item in slots.items()}


async def do(house, readers, broker, step) -> None:
    match step:
        case ("say", event):
            broker.say(event)
        case ("show", number, view):
            house.hub.show(readers[number].socket, view)
        case ("gate", number):
            gate = readers[number].gate
            gate.clear() if gate.is_set() else gate.set()
        case ("leave", number):
            house.hub.leave(readers[number].socket)
            readers[number] = Reader(house, 1, readers[number].socket.view).join()
        case ("cut",):
            house.cut = not house.cut
        case ("turn",):
            await asyncio.sleep(0)
        case ("pulse",):
            await asyncio.sleep(0.002)


async def play(script) -> None:
    info = Info()
    async with House(MemoryLinks(p1=[info]), SWIFT) as house:
        readers = [Reader(house, 1, View(quotes=frozenset(SYMBOLS[: n + 1]))).join() for n in range(3)]
        broker = await house.links.live(info)
        for step in script:
            await do(house, readers, broker, step)
        house.cut = False
        for reader in readers:
            reader.gate.set()
            if (view := reader.socket.view) is not None and view.pace_ms is None:
                house.hub.show(reader.socket, View(quotes=view.quotes))
        async with asyncio.timeout(5):
            while not all(level(house, reader) for reader in readers):
                await asyncio.sleep(0.001)
        assert all(map(obeys, readers))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_every_client_ends_up_with_what_the_board_holds(script):
    asyncio.run(play(script))
