"""The volatility of every expiration is asked of one option each, kept, and missing where nobody tells it."""

import asyncio

import pytest

from brokers.contract.events import Greeks
from tests.market.cast import DAY, market, name
from tests.support.eventually import aeventually

PATH = "/api/options/volatility/QQQ"


def told(answer) -> dict:
    day: dict
    (day,) = answer.raise_for_status().json()["expirations"]
    return day


async def test_one_option_a_day_is_asked_however_many_want_to_know_and_then_kept():
    async with market() as (_, served, broker):
        broker.price("QQQ", 451.9, 452.1)
        asking = [asyncio.ensure_future(served.client.get(PATH)) for _ in range(50)]
        option = name("QQQ", 450, "C")
        await aeventually(lambda: broker.watch.demand.greeks == {option})
        broker.greek(option, 0.5)
        days = [told(answer) for answer in await asyncio.gather(*asking)]
        assert days == [days[0]] * 50
        assert (days[0]["date"], days[0]["root"], days[0]["iv"], days[0]["at"], days[0]["source"]) == (
            DAY.isoformat(), "QQQ", 0.2, 2, "venue",
        )  # fmt: skip
        broker.say(Greeks(symbol=option, iv=0.9, source="venue", at=3))
        assert told(await served.client.get(PATH)) == days[0]
        assert broker.asked == ["QQQ"]


@pytest.mark.long
async def test_what_nobody_tells_is_missing_and_asked_for_again_later_only():
    async with market() as (_, served, _broker):
        first = told(await served.client.get(PATH))
        assert (first["iv"], first["at"], first["source"]) == (None, None, None)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert told(await served.client.get(PATH)) == first
        assert loop.time() - begun < 1.0, "it was asked for a moment ago"


async def test_a_symbol_without_options_is_refused():
    async with market() as (_, served, _broker):
        answer = await served.client.get("/api/options/volatility/BTC%2FUSD")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_options")
