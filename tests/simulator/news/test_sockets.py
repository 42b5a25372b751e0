"""The WebSocket of Alpaca's news: who gets in, what is told, and in which form."""

import datetime

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from simulator.news import listener
from tests.simulator.news.conftest import Reader


async def test_an_item_reaches_those_who_listen_to_its_symbol_with_the_documented_fields(reader: Reader):
    async with reader.socket("AAPL") as socket:
        reader.venue.news_story("MSFT", "About another company", sources=["alpaca"])
        (number,) = reader.venue.news_story("AAPL", "Apple beats <estimates>", sources=["alpaca"])
        item = await socket.item()
    assert set(item) == {
        "T", "id", "headline", "summary", "author", "created_at", "updated_at", "url", "content", "symbols", "source",
    }  # fmt: skip
    assert (item["id"], item["headline"], item["symbols"]) == (number, "Apple beats <estimates>", ["AAPL"])
    assert item["content"] == "<p>Apple beats &lt;estimates&gt;</p>"
    assert 90_000_000 < number < 1_000_000_000
    assert item["created_at"] == item["updated_at"]
    assert datetime.datetime.fromisoformat(item["created_at"]).tzinfo == datetime.UTC


async def test_a_revision_has_the_number_of_its_item_and_a_later_time(reader: Reader):
    async with reader.socket("*") as socket:
        (number,) = reader.venue.news_story("AAPL", "First", sources=["alpaca"])
        first = await socket.item()
        assert reader.venue.news_fault("revise", path="/v1beta1/news", text="Second") == 1
        second = await socket.item()
    assert (first["id"], second["id"], second["headline"]) == (number, number, "Second")
    assert second["updated_at"] >= first["updated_at"] == second["created_at"]


async def test_signing_in_by_a_message_and_every_mistake_have_the_documented_codes(reader: Reader):
    grant = reader.grant
    async with reader.socket() as socket:
        for mistake, code in (
            ({"action": "subscribe", "news": ["*"]}, 401),
            ({"action": "sing"}, 400),
        ):
            await socket.say(**mistake)
            assert await socket.hear() == [{"T": "error", "code": code, "msg": listener.ERRORS[code]}]
        await socket.say(action="auth", key=grant["key_id"], secret=grant["secret_key"])
        assert await socket.hear() == [{"T": "success", "msg": "authenticated"}]
        for mistake, code in (
            ({"action": "auth", "key": grant["key_id"], "secret": grant["secret_key"]}, 403),
            ({"action": "subscribe", "trades": ["AAPL"]}, 410),
            ({"action": "subscribe", "news": "AAPL"}, 400),
        ):
            await socket.say(**mistake)
            assert await socket.hear() == [{"T": "error", "code": code, "msg": listener.ERRORS[code]}]
        await socket.say(action="subscribe", news=["AAPL", "MSFT"])
        assert (await socket.hear())[0]["news"] == ["AAPL", "MSFT"]
        await socket.say(action="unsubscribe", news=["AAPL"])
        assert (await socket.hear())[0]["news"] == ["MSFT"]
        await socket.carrier.send("no json")
        assert (await socket.hear())[0]["code"] == 400


async def test_wrong_keys_end_the_socket(reader: Reader):
    async with reader.socket() as socket:
        await socket.say(action="auth", key=reader.grant["key_id"], secret="wrong")
        assert (await socket.hear())[0]["code"] == 402
        with pytest.raises(ConnectionClosed):
            await socket.hear()


async def test_a_second_socket_of_the_same_keys_is_one_too_many_and_another_person_is_let_in(reader: Reader):
    async with reader.socket("*"):
        async with reader.socket(headers=reader.keys) as second:
            assert (await second.hear())[0]["code"] == 406
            with pytest.raises(ConnectionClosed):
                await second.hear()
        async with Reader(reader.venue, reader.http, person=1).socket("*"):
            assert len(reader.venue.news_stats()["connections"]) == 2
    async with reader.socket("*"):
        pass  # it is free again


async def test_who_does_not_sign_in_is_closed(reader: Reader, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listener, "AUTH_S", 0.05)
    async with reader.socket() as socket:
        assert await socket.hear() == [{"T": "error", "code": 404, "msg": "auth timeout"}]
        with pytest.raises(ConnectionClosed) as closed:
            await socket.hear()
    assert closed.value.rcvd is not None


async def test_messagepack_is_spoken_where_the_handshake_asks_for_it_and_its_times_are_times(reader: Reader):
    async with reader.socket("*", headers={"Content-Type": "application/msgpack"}) as socket:
        reader.venue.news_story("AAPL", "Packed", sources=["alpaca"])
        item = await socket.item()
        assert isinstance(item["created_at"], datetime.datetime)
        await socket.carrier.send(msgspec.msgpack.encode({"action": "unsubscribe", "news": ["*"]}))
        assert await socket.hear() == [{"T": "subscription", "news": []}]


async def test_a_ping_is_answered(reader: Reader):
    async with reader.socket("*") as socket:
        await (await socket.carrier.ping())
