"""No sequence of watch changes, losses and slow reading leaves a client without a value, or with an older one."""

import asyncio
from decimal import Decimal

import pytest
from autobahn.exception import Disconnected

from brokers.contract.events import Balance, Quote
from streaming.consumers import carry, write
from streaming.host import hosted_person
from streaming.wire.frames import pong
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader

QQQ = Subscription(quotes=frozenset({"QQQ"}))
SPY = Subscription(quotes=frozenset({"SPY"}))
BOTH = Subscription(quotes=frozenset({"QQQ", "SPY"}))
MONEY = Subscription(topics=frozenset({"portfolio", "links"}))


async def test_an_answer_that_was_overtaken_by_another_watch_did_not_arrive():
    """The slots it held back for are still owed: the client that asked twice gets them."""
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        keeper, reader = Reader(house, 1, BOTH).join(), Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="SPY", bid=1.0), Quote(symbol="QQQ", bid=3.0))
        await keeper.until(lambda r: len(r.slots) == 2)
        await reader.until(lambda r: r.slots)
        reader.gate.clear()
        reader.socket.send_text(pong(0))
        await reader.sending()
        house.hub.show(reader.socket, BOTH)
        house.hub.catch_up(reader.socket)
        house.hub.show(reader.socket, Subscription(quotes=frozenset({"QQQ", "SPY", "IWM"})))
        reader.gate.set()
        await reader.until(lambda r: ("quote", "SPY") in r.slots)


async def test_a_loss_on_a_board_that_goes_quiet_is_noticed():
    """No further frame says that one is missing; the beacon does."""
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        keeper, reader = Reader(house, 1, BOTH).join(), Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await keeper.until(lambda r: r.slots)
        await reader.until(lambda r: r.slots)
        house.cut = True
        broker.say(Quote(symbol="QQQ", bid=2.0))
        while house.host.people[1].board.dirty:
            await asyncio.sleep(0)
        house.cut = False
        await reader.until(lambda r: r.slots["quote", "QQQ"]["bid"] == 2.0)


async def test_a_resume_at_the_head_obeys_the_receivers_rule():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        first = Reader(house, 1, QQQ).join()
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=1.0))
        await first.until(lambda r: r.slots)
        stood = house.host.people[1].board.seq
        again = Reader(house, 1, QQQ).join((first.socket.epoch, stood, 0))
        await again.until(lambda r: r.of("frame"))
        frame = again.of("frame")[0]
        assert again.messages[0]["recovered"] is True
        assert frame["prev"] <= stood < frame["seq"]
        assert frame["state"] == []


async def test_of_a_board_that_rests_no_more_answers_are_kept_than_may_be_asked_for_at_once(monkeypatch):
    """Whoever comes for ever other symbols over a weekend would fill the memory with what nobody asks again."""
    monkeypatch.setattr(hosted_person, "ANSWERS", 3)
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        keeper = Reader(house, 1, BOTH).join()
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=1.0))
        await keeper.until(lambda r: r.slots)
        managed = house.host.people[1]
        rests_at = managed.board.seq
        for number in range(10):
            visitor = Reader(house, 1, Subscription(quotes=frozenset({"QQQ", f"S{number}"}))).join()
            await visitor.until(lambda r: r.slots)
            house.hub.leave(visitor.socket)
        assert managed.board.seq == rests_at
        assert len(managed._answers) == 3


async def test_a_cursor_of_a_managers_former_life_gets_a_snapshot():
    """The board began anew; that its numbers came as far again means nothing."""
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        first = Reader(house, 1, QQQ).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await first.until(lambda r: r.slots)
        cursor = (first.socket.epoch, 1, 0)
        house.hub.leave(first.socket)
        async with asyncio.timeout(20):
            while 1 in house.host.people or house.host._leaving:
                await asyncio.sleep(0)
        house.links.brokers.clear()
        second = Reader(house, 1, QQQ).join()
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=2.0))
        await second.until(lambda r: r.slots)
        again = Reader(house, 1, QQQ).join(cursor)
        await again.until(lambda r: r.of("frame"))
        assert again.messages[0]["recovered"] is False
        assert again.of("frame")[0]["snapshot"] is True


async def test_news_that_cannot_be_told_do_not_end_whoever_asks_for_them():
    alice = Info()
    plain = Subscription(quotes=frozenset({"QQQ"}), dialect="plain")
    async with House(MemoryLinks(p1=[alice])) as house:
        first = Reader(house, 1, QQQ).join()
        broker = await house.links.live(alice)
        await first.until(lambda r: r.of("frame"))
        broker.say(Quote(symbol="QQQ", bid=1.0, at=10**18))
        await first.until(lambda r: r.slots)
        late = Reader(house, 1, plain).join()  # all it asks for cannot be written in its dialect
        broker.say(Quote(symbol="QQQ", bid=3.0, at=1))
        await late.until(lambda r: any(m["bid"] == 3.0 for m in r.of("quote_update")))


# The plain dialect


async def test_a_plain_socket_that_unsubscribes_keeps_the_balance_that_waits():
    info = Info()
    view = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"balance"}), dialect="plain")
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, view).join()
        broker = await house.links.live(info)
        broker.say(Quote(symbol="QQQ", bid=1.0))
        await reader.until(lambda r: r.of("quote_update"))
        reader.gate.clear()
        reader.socket.send_text(pong(0))
        await reader.sending()
        reader.socket.pending["balance|l|5WX1"] = '{"type":"balance_update","balance":7}'
        reader.socket.pending["quote|QQQ"] = '{"type":"quote_update","bid":2}'
        reader.socket.forget(Subscription(topics=frozenset({"balance"}), dialect="plain"))
        reader.gate.set()
        await reader.until(lambda r: r.of("balance_update"))
        assert not [m for m in reader.of("quote_update") if m["bid"] == 2]


async def test_subscribing_again_tells_the_last_value_again_even_in_a_burst():
    info = Info()
    view = Subscription(quotes=frozenset({"QQQ"}), dialect="plain")
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, view).join()
        (await house.links.live(info)).say(Quote(symbol="QQQ", bid=1.0))
        await reader.until(lambda r: r.of("quote_update"))
        more = Subscription(quotes=frozenset({"QQQ", "SPY"}), dialect="plain")
        house.hub.show(reader.socket, more, had=view)
        house.hub.show(reader.socket, more, had=Subscription(quotes=frozenset({"SPY"}), dialect="plain"))
        await reader.until(lambda r: len(r.of("quote_update")) == 2)


# Lost positions and feeds that do not flow


async def test_a_socket_whose_client_vanished_ends_without_noise(caplog):
    """An ASGI server raises OSError when a client is gone; that is no error of ours."""
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, MONEY)

        async def vanish(message):
            raise ConnectionResetError

        house.hub.join(reader.socket, reader.view)
        await asyncio.wait_for(write(house.hub, reader.socket, vanish), 20)
    assert "died" not in caplog.text


@pytest.mark.parametrize(
    "word",
    [
        RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'."),
        Disconnected("Attempt to send on a closed protocol"),
    ],
    ids=["uvicorn", "daphne"],
)
async def test_a_servers_word_for_a_client_that_closed_is_understood(word):
    async def send(message):
        raise word

    with pytest.raises(OSError, match="closed the socket"):
        await carry(send, {"type": "websocket.send", "text": ""})


async def test_a_balance_of_exact_digits_passes_through_unchanged():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, MONEY).join()
        broker = await house.links.live(info)
        broker.say(Balance(link=str(info.id), account="5WX1", balance=Decimal("12345678901234.56")))
        await reader.until(lambda r: ("balance", "5WX1") in r.slots)
        assert any("12345678901234.56" in text for text in reader.texts)
