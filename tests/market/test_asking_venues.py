"""What options there are is asked of a person's own venue: once however many ask, and never in a storm."""

import asyncio
import contextlib
import typing

import pytest

from brokers.contract.errors import LinkLost, NotSupported
from streaming.feeds.allowance import ASKS
from tests.market.cast import DAY, STRIKES, ListingBroker, market
from tests.support.corridor import Info
from tests.support.eventually import aeventually

EXPIRATIONS = "/api/options/expirations"


async def test_a_hundred_who_ask_at_once_are_one_question_and_the_answer_is_kept():
    async with market() as (house, served, broker):
        broker.gate.clear()
        paths = [f"{EXPIRATIONS}/QQQ", f"{EXPIRATIONS}/qqq", f"/api/options/strikes/QQQ?expiration={DAY}"] * 33
        asking = [asyncio.ensure_future(served.client.get(path)) for path in paths]
        await aeventually(lambda: len(house.host.people[1].answering) == 2)
        await aeventually(lambda: broker.under_way == 1)
        broker.gate.set()
        answers = await asyncio.gather(*asking)
        assert broker.asked == ["QQQ"]
        assert {answer.status_code for answer in answers} == {200}
        (day,) = answers[0].json()["expirations"]
        assert (day["date"], day["root"], day["strikes"], day["dte"] > 0) == (
            DAY.isoformat(),
            "QQQ",
            len(STRIKES),
            True,
        )
        await served.client.get(f"{EXPIRATIONS}/QQQ")
        assert broker.asked == ["QQQ"]
        assert len(house.hub.enquiries) == len(house.host.people[1].answering) == 0


async def test_the_last_who_leaves_ends_the_question_at_the_venue():
    async with market() as (house, served, broker):
        broker.gate.clear()
        async with asyncio.TaskGroup() as group:
            first, second = (group.create_task(served.client.get(f"{EXPIRATIONS}/QQQ")) for _ in range(2))
            await aeventually(lambda: broker.under_way == 1)
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await first
            await aeventually(lambda: len(house.hub.tasks) > 0)
            assert broker.under_way == 1
            second.cancel()
        await aeventually(lambda: broker.cancelled == 1)
        await aeventually(lambda: len(house.hub.enquiries) == len(house.host.people[1].answering) == 0)


async def test_a_storm_of_symbols_reaches_the_venue_so_often_as_it_may_and_the_rest_are_told_when_to_come():
    async with market() as (_, served, broker):
        names = [f"S{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(ASKS * 3)]
        answers = await asyncio.gather(*(served.client.get(f"{EXPIRATIONS}/{name}") for name in names))
        assert sorted(broker.asked) == sorted(set(broker.asked))
        assert len(broker.asked) == ASKS
        refused = [answer for answer in answers if answer.status_code != 200]
        assert len(refused) == ASKS * 2
        for answer in refused:
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert 50 < int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(LinkLost("gone", retry_after=7), 503, "unavailable"), (NotSupported("chains"), 409, "no_feed")],
)
async def test_a_venue_that_cannot_tell_is_told_of_and_asked_again(error, status, code):
    async with market() as (_, served, broker):
        broker.error = error
        answer = await served.client.get(f"{EXPIRATIONS}/QQQ")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers.get("Retry-After") == ("7" if status == 503 else None)
        broker.error = None
        assert (await served.client.get(f"{EXPIRATIONS}/QQQ")).status_code == 200


async def test_a_symbol_without_options_and_a_day_without_are_not_found():
    async with market() as (_, served, _broker):
        nothing = await served.client.get(f"{EXPIRATIONS}/X1")
        assert (nothing.status_code, nothing.json()["code"]) == (404, "no_options")
        other = await served.client.get("/api/options/chain/QQQ", params={"expiration": "2099-12-19"})
        assert (other.status_code, other.json()["code"]) == (404, "no_options")


async def test_a_person_without_a_link_is_told_so():
    async with market() as (_, served, _broker):
        answer = await served.client.get(f"{EXPIRATIONS}/QQQ", headers={"X-Person": "3"})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_feed")


async def test_a_preferred_link_that_cannot_be_opened_holds_up_no_question():
    async with market(before=(Info(),)) as (_, served, broker):
        assert (await served.client.get(f"{EXPIRATIONS}/QQQ")).status_code == 200
        assert broker.asked == ["QQQ"]


CHART = "/api/charts/X1?interval=1d"


@pytest.mark.parametrize(("path", "found", "nothing"), [(f"{EXPIRATIONS}/X1", 404, None), (CHART, 200, [])])
async def test_that_a_stand_in_knows_nothing_is_no_answer_where_the_preferred_venue_is_lost(path, found, nothing):
    other = Info()
    async with market(after=(other,)) as (house, served, broker):
        stands_in = typing.cast(ListingBroker, house.links.brokers[other.id])
        broker.error = LinkLost("gone", retry_after=7)
        answer = await served.client.get(path)
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "unavailable", "7")
        broker.error, stands_in.error = None, LinkLost("gone")
        answer = await served.client.get(path)
        assert (answer.status_code, answer.json().get("candles")) == (found, nothing), "nobody better was asked in vain"
        broker.error, stands_in.error = LinkLost("gone"), NotSupported("that")
        assert (await served.client.get(path.replace("X1", "X2"))).status_code == 503


async def test_what_is_listed_by_a_link_that_was_removed_is_not_told_any_more():
    """It may have been a simulated one."""
    other = Info()
    async with market(after=(other,)) as (house, served, broker):
        assert (await served.client.get(f"{EXPIRATIONS}/QQQ")).status_code == 200
        house.links.people[1] = [other]
        house.host.links_changed(1)
        await aeventually(lambda: len(house.host.people[1].manager.runners) == 1)
        assert (await served.client.get(f"{EXPIRATIONS}/QQQ")).status_code == 200
        stands_in = typing.cast(ListingBroker, house.links.brokers[other.id])
        assert (broker.asked, stands_in.asked) == (["QQQ"], ["QQQ"])


async def test_a_question_outlives_the_owner_it_was_asked_of():
    async with market() as (house, served, broker):
        broker.gate.clear()
        asking = asyncio.ensure_future(served.client.get(f"{EXPIRATIONS}/QQQ"))
        await aeventually(lambda: broker.under_way == 1)
        house.host._release(1, "another one takes over")
        await aeventually(lambda: (broker.cancelled, broker.under_way) == (1, 1))
        broker.gate.set()
        assert (await asking).status_code == 200
