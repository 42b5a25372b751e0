"""Past candles are a person's own venue's: asked once however many ask, kept while they hold, and never in a storm."""

import asyncio
import contextlib
import typing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.contract.errors import LinkLost, NotSupported
from brokers.contract.events import Bar, Candle
from lib.clock import now_ms
from streaming.feeds.allowance import ASKS
from tests.market.cast import ListingBroker, market
from tests.support.corridor import Info
from tests.support.eventually import aeventually

MINUTE = 60_000
QQQ = "/api/charts/QQQ?interval=1m"


def candle(time: int, close: typing.Any = 100.0, **more: typing.Any) -> Candle:
    """A candle of a minute."""
    prices: dict[str, typing.Any] = {
        "open": close,
        "high": close,
        "low": close,
        "close": close,
        "volume": 10.0,
        "vwap": None,
        "trades": 1.0,
    }
    return Candle(**{"symbol": "QQQ", "interval": "1m", "time": time, **prices, **more})


def past(count: int) -> list[Candle]:
    """So many candles until now, one a minute; each closes at its place among them."""
    newest = now_ms() // MINUTE * MINUTE
    return [candle(newest - (count - 1 - at) * MINUTE, float(at)) for at in range(count)]


def closes(answer) -> list[float]:
    """What the candles of an answer close at."""
    return [bar["close"] for bar in answer.raise_for_status().json()["candles"]]


def slot(bars: list[Candle], revised_at: int = 1) -> Candle:
    """What a feed tells of a series whose newest candles are these."""
    earlier = [Bar(**{name: getattr(bar, name) for name in Bar.__struct_fields__}) for bar in bars[-3:-1]]
    return candle(bars[-1].time, bars[-1].close, earlier=tuple(earlier), revised_at=revised_at, at=now_ms())


async def test_an_answer_is_a_page_of_candles_oldest_first_and_says_whether_there_are_older_ones():
    async with market() as (_, served, broker):
        broker.past = past(30)
        answer = (await served.client.get(f"{QQQ}&limit=10")).raise_for_status().json()
        assert (answer["symbol"], answer["interval"], answer["more"]) == ("QQQ", "1m", True)
        assert list(answer["candles"][0]) == ["time", "open", "high", "low", "close", "volume", "vwap", "trades"]
        assert [bar["close"] for bar in answer["candles"]] == list(range(20, 30))
        assert answer["candles"][0]["vwap"] is None
        before = answer["candles"][0]["time"]
        assert closes(await served.client.get(f"{QQQ}&limit=15&before={before}")) == list(range(5, 20))
        before = broker.past[5].time
        oldest = await served.client.get(f"{QQQ}&limit=15&before={before}")
        assert (closes(oldest), oldest.json()["more"]) == (list(range(5)), False)


async def test_forty_who_ask_at_once_are_one_question_and_what_was_told_is_kept():
    async with market() as (house, served, broker):
        broker.past = past(600)
        broker.gate.clear()
        asking = [asyncio.ensure_future(served.client.get(path)) for path in [QQQ, QQQ.replace("QQQ", "qqq")] * 20]
        await aeventually(lambda: broker.under_way == 1)
        await aeventually(lambda: house.hub.enquiries and not any(one.done() for one in asking))
        broker.gate.set()
        answers = await asyncio.gather(*asking)
        assert broker.asked == ["QQQ 1m"]
        assert {len(closes(answer)) for answer in answers} == {500}
        await served.client.get(f"{QQQ}&limit=7")
        assert broker.asked == ["QQQ 1m"]
        assert len(house.hub.enquiries) == len(house.host.people[1].answering) == 0


async def test_pages_of_other_lengths_that_are_asked_for_at_once_are_one_question_to_the_venue():
    """So are those of two processes."""
    async with market() as (house, served, broker):
        broker.past = past(600)
        broker.gate.clear()
        asking = []
        for limit in range(5, 9):
            asking.append(asyncio.ensure_future(served.client.get(f"{QQQ}&limit={limit}")))
            await aeventually(lambda: len(house.hub.enquiries) == len(asking))
            await aeventually(lambda: broker.under_way)
        broker.gate.set()
        assert [len(closes(answer)) for answer in await asyncio.gather(*asking)] == [*range(5, 9)]
        assert len(broker.asked) <= 2, "an hour may end meanwhile"


async def test_each_person_asks_their_own_venue_and_sees_nothing_of_anothers():
    async with market() as (house, served, broker):
        broker.past = past(5)
        assert len(closes(await served.client.get(QQQ))) == 5
        assert closes(await served.client.get(QQQ, headers={"X-Person": "2"})) == []
        (other,) = [one for one in house.links.brokers.values() if one is not broker]
        assert (broker.asked, set(typing.cast(ListingBroker, other).asked)) == (["QQQ 1m"] * 2, {"QQQ 1m"})
        nobody = await served.client.get(QQQ, headers={"X-Person": "3"})
        assert (nobody.status_code, nobody.json()["code"]) == (409, "no_feed")


async def test_the_last_who_leaves_ends_the_question_at_the_venue():
    async with market() as (house, served, broker):
        broker.gate.clear()
        async with asyncio.TaskGroup() as group:
            first, second = (group.create_task(served.client.get(QQQ)) for _ in range(2))
            await aeventually(lambda: broker.under_way == 1)
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await first
            assert (broker.under_way, broker.cancelled) == (1, 0)
            second.cancel()
        async with asyncio.timeout(10):
            await aeventually(lambda: broker.cancelled == 1)
            await aeventually(lambda: len(house.hub.enquiries) == len(house.host.people[1].answering) == 0)


async def test_what_is_kept_goes_on_with_the_feed_and_is_asked_for_again_after_a_correction():
    async with market() as (_, served, broker), served.stream("/api/market/indices"):
        broker.past = bars = past(600)
        broker.say(slot(bars))
        assert closes(await served.client.get(f"{QQQ}&limit=3")) == [597, 598, 599]
        following = [*bars[:-1], candle(bars[-1].time, 650.0), candle(bars[-1].time + MINUTE, 700.0)]
        broker.say(slot(following))
        assert closes(await served.client.get(f"{QQQ}&limit=4")) == [597, 598, 650, 700]
        assert broker.asked == ["QQQ 1m"]
        corrected = [*following[:-5], candle(following[-5].time, 1.0), *following[-4:]]
        broker.past = corrected
        broker.say(slot(corrected, revised_at=2))
        assert closes(await served.client.get(f"{QQQ}&limit=5")) == [1, 597, 598, 650, 700]
        assert broker.asked == ["QQQ 1m"] * 2


async def test_what_is_corrected_under_way_is_asked_for_again_before_it_is_told():
    async with market() as (_, served, broker):
        broker.past = bars = past(600)
        broker.say(slot(bars))
        broker.gate.clear()
        asking = asyncio.ensure_future(served.client.get(f"{QQQ}&limit=5"))
        await aeventually(lambda: broker.under_way == 1)
        broker.past = corrected = [*bars[:-5], candle(bars[-5].time, 1.0), *bars[-4:]]
        broker.say(slot(corrected, revised_at=2))
        broker.gate.set()
        assert closes(await asking) == [1, 596, 597, 598, 599]
        assert broker.asked == ["QQQ 1m"] * 2


async def test_a_storm_of_symbols_reaches_the_venue_so_often_as_it_may_and_the_rest_are_told_when_to_come():
    async with market() as (_, served, broker):
        names = [f"S{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(ASKS * 2)]
        answers = await asyncio.gather(*(served.client.get(f"/api/charts/{name}?interval=1d") for name in names))
        assert len(broker.asked) == ASKS
        refused = [answer for answer in answers if answer.status_code != 200]
        assert refused
        for answer in refused:
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert 30 < int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(LinkLost("gone", retry_after=7), 503, "unavailable"), (NotSupported("candles"), 409, "no_feed")],
)
async def test_a_venue_that_cannot_tell_is_told_of_and_asked_again(error, status, code):
    async with market(before=(Info(),)) as (_, served, broker):
        broker.error, broker.past = error, past(600)
        answer = await served.client.get(QQQ)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        broker.error = None
        assert len(closes(await served.client.get(QQQ))) == 500


async def test_whatever_is_asked_wrongly_is_refused_with_its_field_and_never_breaks_anything():
    odd = st.one_of(
        st.sampled_from(["", "0", "-1", "501", "1e9", "nan", "null", "9" * 30, "5m", "1m", "7m", "%00", "NaN"]),
        st.text(max_size=12),
    )
    async with market() as (_, served, _broker):

        @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.dictionaries(st.sampled_from(["interval", "before", "limit", "other"]), odd, max_size=3))
        def collect(params):
            asked.append(params)

        asked: list[dict[str, str]] = [{"interval": "7m"}, {"before": "soon"}, {"limit": "0"}, {"before": "-1"}]
        collect()
        told = []
        for params in asked:
            answer = await served.client.get("/api/charts/QQQ", params=params)
            assert answer.status_code in (200, 400, 429), (params, answer.text)
            told.append(answer.json().get("field"))
        assert told[:4] == ["interval", "before", "limit", "before"]
        wrong = await served.client.get("/api/charts/%3B%3B?interval=1m")
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (400, "unknown_symbol", "symbol")
        twice = await served.client.get("/api/charts/QQQ?interval=1m&interval=5m")
        assert (twice.status_code, twice.json()["field"]) == (400, "interval")
