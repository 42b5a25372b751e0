"""The venue never sees two sessions of one token. All of it is counted in the venue's own books."""

import asyncio
import time

from brokers.contract.broker import Demand
from brokers.contract.events import Link, Quote
from tests.brokers.stand import LINK, Stand, Streaming, streaming
from tests.brokers.tradier.conftest import (
    BOBS,
    MINT,
    MINT_ACCOUNT,
    asked,
    fault,
    impatient,
    on_another_host,
    opened,
    running,
    streams,
)

WITHIN_S = 10.0
WATCH = Demand(quotes=frozenset({"QQQ"}))


def reasons(run: Streaming) -> list[str]:
    return [event.reason for event in run.told.of(Link) if isinstance(event.reason, str)]


async def a_visit(venue: Stand) -> list[str]:
    """Stream once, and leave."""
    async with running(impatient(venue)) as run:
        await streams(run)
        return reasons(run)


async def test_ten_reconnects_within_10_s_open_ten_streams_one_after_the_other(venue: Stand):
    """A second one at a time would have been refused, and tried again: there would be more than ten.

    It is somebody with one account: ten beginnings with two are more than the venue answers in a minute.
    """
    broker, began = impatient(venue, BOBS), time.monotonic()
    for _ in range(10):
        run = Streaming(broker, WATCH)
        await streams(run)
        await run.told.until(lambda told: told.known("link", LINK).get("carrier") == "websocket")
        await run.stop()
        assert reasons(run) == []
    took = time.monotonic() - began
    await broker.close()
    assert took < WITHIN_S, f"ten reconnects took {took:.1f} s"
    assert (opened(venue), asked(venue, MINT)) == (10, 10)
    assert opened(venue, "account") == asked(venue, MINT_ACCOUNT)


async def test_hosts_that_hand_over_never_stream_at_once(venue: Stand):
    for _ in range(3):
        assert await a_visit(venue) == []
        assert await on_another_host(a_visit(venue)) == []
    assert (opened(venue), asked(venue, MINT)) == (6, 6)


async def test_one_session_too_many_is_waited_out_with_polled_quotes(venue: Stand):
    """The other host was paused: its stream is still open when ours begins."""
    here, goes = asyncio.get_running_loop(), asyncio.Event()

    async def ours() -> tuple[list[str], list[Quote]]:
        async with streaming(impatient(venue), quotes={"QQQ"}) as run:
            await run.told.until(lambda told: told.known("link", "link-of-alice").get("reason"))
            await run.told.until(lambda told: len(told.of(Quote, symbol="QQQ", source="tradier_rest")) > 2)
            polled = run.told.of(Quote, symbol="QQQ")
            here.call_soon_threadsafe(goes.set)
            await streams(run)
            await run.told.until(lambda told: told.known("link", "link-of-alice")["reason"] is None)
            return run.told.states, polled

    async with running(impatient(venue)) as theirs:
        await streams(theirs)
        task = asyncio.create_task(on_another_host(ours()))
        async with asyncio.timeout(20):
            await goes.wait()
        tries = opened(venue)
    states, polled = await task
    assert set(states) == {"live"}, "the link is live while it polls"
    assert {quote.source for quote in polled} == {"tradier_rest"}
    assert tries <= 4, "it stormed"


async def test_links_of_one_token_in_one_process_take_turns(venue: Stand):
    one, other = impatient(venue), impatient(venue, link="another")
    async with streaming(one, quotes={"QQQ"}) as first, streaming(other, quotes={"QQQ"}) as second:
        await first.told.until_live()
        await second.told.until_live()
        (ahead,) = [run for run in (first, second) if not reasons(run)]
        behind = first if ahead is second else second
        assert opened(venue) == 1
        assert "another link of this desk" in reasons(behind)[0]
        await ahead.stop()
        await streams(behind, since=len(behind.told.events))
    assert opened(venue) == 2


async def test_a_session_that_was_not_used_is_used_by_the_next_try(venue: Stand):
    fault(venue, "refuse_upgrade", stream="market", times=2)
    broker = impatient(venue, stream="")
    while True:
        run = Streaming(broker, WATCH)
        await run.told.until(lambda told, run=run: run.task.done() or told.states[-1:] == ["live"])  # type: ignore[misc]
        if not run.task.done():
            break
    await run.stop()
    await broker.close()
    assert asked(venue, MINT) == 1
    assert opened(venue) == 1


async def test_a_session_that_the_venue_forgot_is_replaced_when_the_watch_changes(venue: Stand):
    async with running(impatient(venue)) as run:
        await streams(run)
        fault(venue, "sessions")
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "IWM"})))
        await streams(run, "IWM", within=10)
        assert run.told.states[-1] == "live"
