"""Server-sent events: the past that is asked for, then the present, without a gap and without anything twice."""

import asyncio

from tests.simulator.alpaca.conftest import Desk
from tests.simulator.alpaca.test_orders import BUY


async def test_a_stream_goes_on_from_an_event_and_from_a_time(desk: Desk):
    async with asyncio.timeout(20):
        async with desk.events() as events:
            first = await desk.place(**BUY)
            await events.until("fill", first["id"])
        (begun, *rest) = events.last_received_at
        async with desk.events(since_id=begun["event_id"]) as after, desk.events(since=begun["at"]) as since:
            second = await desk.place(**BUY)
            last = await after.until("fill", second["id"])
            assert await since.until("fill", second["id"]) == last
        assert after.last_received_at[: len(rest)] == rest
        assert since.last_received_at == [begun, *after.last_received_at]
        async with desk.events(since_id=begun["event_id"], until_id=last["event_id"]) as whole:
            while await whole.hear() is not None:
                pass
    assert whole.last_received_at == after.last_received_at
    ids = [said["event_id"] for said in since.last_received_at]
    assert ids == sorted(ids)
    assert len({*ids}) == len(ids)
