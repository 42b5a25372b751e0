"""The market stream says what trades do, typed as documented, and takes one good session at a time."""

import asyncio
import json

import pytest
from websockets.exceptions import ConnectionClosedOK

from tests.simulator.tradier.conftest import Desk, Json


async def test_quotes_trades_and_summaries_are_typed_as_documented(desk: Desk):
    async with asyncio.timeout(20), desk.market("SPY", "NVDA") as stream:
        quote, trade = await stream.until("quote", "SPY"), await stream.until("trade", "NVDA")
        desk.venue.set_price("SPY", 900.0)
        summary = await stream.until("summary", "SPY")
    assert [type(quote[key]) for key in ("bid", "bidsz", "bidexch", "biddate")] == [float, int, str, str]
    assert quote["askdate"].endswith("000")
    assert {type(value) for value in trade.values()} == {str}
    assert trade["price"] == trade["last"]
    assert summary["high"] == "900"
    assert set(summary) == {"type", "symbol", "open", "high", "low", "prevClose"}


async def test_a_session_is_good_for_one_stream_of_its_token(desk: Desk):
    async with asyncio.timeout(20), desk.market("SPY") as stream:
        await stream.until("quote")
        async with desk.market("SPY") as second:
            assert await second.hear() == [{"error": "too many sessions requested"}]
            with pytest.raises(ConnectionClosedOK):
                await second.hear()
        other = await desk.mint(token=desk.grant["trading_token"])
        async with desk.market("AAPL", session=other["sessionid"]) as third:
            await third.until("quote", "AAPL")
        async with desk.market("AAPL", session=(await desk.mint("accounts"))["sessionid"]) as wrong:
            assert await wrong.hear() == [{"error": "session not found"}]


async def test_without_linebreak_each_frame_is_an_object_and_what_is_no_subscription_ends_the_stream(desk: Desk):
    async with asyncio.timeout(20):
        async with desk.market("SPY", "NVDA", "$empty$", linebreak=False) as stream:
            frames = [str(await stream.socket.recv()) for _ in range(12)]
        assert {json.loads(frame)["symbol"] for frame in frames} == {"SPY", "NVDA"}
        assert not any("\n" in frame for frame in frames)
        for nonsense in (
            "ping",
            "{}",
            '{"symbols":[],"sessionid":"x"}',
            '{"symbols":["SPY"],"sessionid":"x","filter":["nope"]}',
        ):
            async with desk.market() as stream:
                await stream.socket.send(nonsense)
                with pytest.raises(ConnectionClosedOK):
                    await stream.hear()


async def test_asking_again_replaces_all_symbols(desk: Desk):
    async with asyncio.timeout(20), desk.market("SPY", filter=["trade"]) as stream:
        await stream.until("trade", "SPY")
        await stream.show("NVDA", filter=["quote"])
        heard = [said for _ in range(5) for said in await stream.hear() if said["symbol"] == "NVDA"]
    assert {said["type"] for said in heard} == {"trade"}, "the filter stays what it was"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_same_stream_over_http_breaks_objects_anywhere(desk: Desk, method: str):
    stream = await desk.mint()
    asked = {"symbols": "SPY, NVDA", "sessionid": stream["sessionid"], "filter": "quote,timesale"}
    how = {"params": asked} if method == "GET" else {"data": asked}
    decoder, text, said, halves = json.JSONDecoder(), "", list[Json](), 0
    async with asyncio.timeout(20), desk.http.stream(method, stream["url"], **how) as answer:  # type: ignore[arg-type]
        async for chunk in answer.aiter_text():
            text += chunk
            while text:
                try:
                    found, end = decoder.raw_decode(text)
                except json.JSONDecodeError:
                    halves += 1
                    break
                said.append(found)
                text = text[end:]
            if len(said) >= 10 and halves:
                break
    assert {each["type"] for each in said} == {"quote", "timesale"}
    prints = [each["seq"] for each in said if each["type"] == "timesale" and each["symbol"] == "NVDA"]
    assert prints == list(range(prints[0], prints[0] + len(prints))), "no print is missing"


async def test_a_stream_over_http_without_a_good_session_says_so_and_ends(desk: Desk):
    asked = {"symbols": "SPY", "sessionid": "nobody's"}
    assert (await desk.http.get("/v1/markets/events", params=asked)).json() == {"error": "session not found"}
    refused = await desk.http.get("/v1/markets/events", params=asked | {"filter": "quotes"})
    assert (refused.status_code, refused.text) == (400, "Invalid parameter, filter: knows no quotes.")
