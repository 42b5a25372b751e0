"""A page is rendered from a person's board at one moment, and costs nobody a stream or a wait."""

import asyncio
import decimal

import msgspec
import pytest

from brokers.contract.broker import Demand
from brokers.contract.events import Balance, Quote
from streaming import runtime
from streaming.pages import initial_state
from streaming.rpc.client import RpcError
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from trading.portfolio import board_view

SHOWN = Subscription(quotes=frozenset({"QQQ"}), topics=initial_state.HEADER)


async def test_a_page_shows_the_board_and_its_cursor_goes_on_from_there():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, SHOWN).join()
        broker = await house.links.live(info)
        broker.say(
            Quote(symbol="QQQ", bid=1.0, ask=2.0),
            Balance(link=str(info.id), account="5WX1", balance=decimal.Decimal(7)),
        )
        await reader.until(lambda r: {("quote", "QQQ"), ("balance", "5WX1")} <= r.slots.keys())
        text = await initial_state.snapshot(house, 1, SHOWN)
        assert text is not None
        frame = msgspec.json.decode(text)
        assert frame["snapshot"] is True
        assert {item["type"] for item in frame["state"]} == {"quote", "balance", "link"}
        assert len(house.hub.everybody()) == 1, "a page is no socket"

        follower = Reader(house, 1, SHOWN).join((frame["epoch"], frame["seq"], frame["fact"]))
        broker.say(Quote(symbol="QQQ", bid=1.5))
        await follower.until(lambda r: ("quote", "QQQ") in r.slots)
        assert follower.of("welcome")[0]["recovered"] is True
        assert "ask" not in follower.slots["quote", "QQQ"], "what the page has is not sent again"


async def test_a_page_of_somebody_whom_nobody_streams_for_starts_nothing():
    async with House(MemoryLinks(p1=[Info()])) as house:
        assert await initial_state.snapshot(house, 1, SHOWN) is None
        assert not house.host.people


async def test_a_page_of_a_market_has_its_quotes_brought_and_leaves_them_wanted_for_a_while(monkeypatch):
    monkeypatch.setattr(initial_state, "SOUGHT_S", 5.0)  # a busy machine must not decide
    info, shown = Info(), Subscription(quotes=frozenset({"QQQ", "IWM"}), topics=initial_state.HEADER)
    async with House(MemoryLinks(p1=[info])) as house:
        asked = asyncio.ensure_future(initial_state.fetched(house, 1, shown))
        broker = await house.links.live(info)
        async with asyncio.timeout(20):
            await broker.watch.change(Demand())
        broker.say(Quote(symbol="QQQ", last=1.0), Quote(symbol="IWM", last=2.0))
        text = await asked
        assert text is not None
        told = {item["symbol"] for item in msgspec.json.decode(text)["state"] if item["type"] == "quote"}
        assert told == {"QQQ", "IWM"}
        assert not house.hub.everybody(), "a page is no socket"
        assert broker.watch.demand.quotes >= {"QQQ", "IWM"}
        assert shown in house.hub._wanted.views(1).values(), "its script, or a second look, finds them there"


async def test_a_page_of_a_market_shows_what_there_is_when_its_feed_is_slow(monkeypatch):
    monkeypatch.setattr(initial_state, "SOUGHT_S", 0.05)
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, SHOWN).join()
        await house.links.live(info)
        await reader.until(lambda r: r.of("welcome"))
        async with asyncio.timeout(20):
            text = await initial_state.fetched(house, 1, SHOWN)
        assert text is not None
        assert len(house.hub.everybody()) == 1


async def test_a_page_comes_without_values_where_the_answer_of_its_board_is_lost(monkeypatch):
    monkeypatch.setattr(initial_state, "SOUGHT_S", 0.05)
    monkeypatch.setattr(initial_state, "ANSWER_S", 0.05)
    monkeypatch.setattr(board_view, "WITHIN_S", 0.05)
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, SHOWN).join()
        await reader.until(lambda r: r.of("welcome"))
        monkeypatch.setattr(house.hub, "_send", lambda message: None)
        async with asyncio.timeout(20):
            assert await initial_state.fetched(house, 1, SHOWN) is None
            with pytest.raises(RpcError, match="do not answer"):
                await board_view.read_board(house, 1)  # who asks what they hold is not told: nothing
        assert len(house.hub.everybody()) == 1


async def test_a_page_does_not_wait_for_a_board_that_does_not_answer(valkey):
    cancelled = asyncio.Event()

    async def question(_):
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    runtime.runtime()
    try:
        assert await asyncio.to_thread(runtime.run_on_loop, question, 0.05) is None
        async with asyncio.timeout(20):
            await cancelled.wait()
    finally:
        await runtime.drain()


@pytest.mark.django_db(transaction=True)
async def test_without_a_runtime_there_is_nobody_to_ask():
    assert await asyncio.to_thread(initial_state.rendered, 1, SHOWN) is None
