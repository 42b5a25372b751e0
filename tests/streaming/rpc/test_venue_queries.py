"""A question goes to one venue after another until one knows, never in a storm, and a failure says what to do."""

import asyncio
import datetime
import itertools
import typing
from collections.abc import Mapping

import pytest

from brokers.contract.broker import Broker, Capabilities
from brokers.contract.errors import BrokerError, CredentialsRejected, LinkLost, NotSupported
from streaming.board.board import Board
from streaming.rpc.client import RpcError
from streaming.rpc.venue_queries import AT_ONCE, WINDOW_S, SlidingWindow, VenueQueries
from tests.support import virtual_time
from tests.support.corridor import Info, TalkingBroker

AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)


class Knower(TalkingBroker):
    """A broker that knows the answer it is made with, or fails by it."""

    capabilities = Capabilities(chains=True)

    def __init__(self, knows: str | BrokerError) -> None:
        super().__init__(Info())
        self.knows = knows
        self.asked = 0

    async def chain_of(self) -> str:
        self.asked += 1
        if isinstance(self.knows, BrokerError):
            raise self.knows
        return self.knows


class Unable(Knower):
    """One that cannot tell."""

    capabilities = Capabilities(quotes=True)


class Links:
    """The links of a person, the most preferred first."""

    board = Board("1-a")

    def __init__(self, **brokers: Knower) -> None:
        self.brokers = brokers

    def shows(self, link: str) -> bool:
        return link in self.brokers

    async def sources(self, preferred: str | None = None) -> Mapping[str, Broker]:
        order = sorted(self.brokers, key=lambda link: link != preferred)
        return {link: typing.cast(Broker, self.brokers[link]) for link in order}


def queries(links: Links) -> VenueQueries[str]:
    return VenueQueries(links, "chains", "chains", lambda can: can.chains, bool)


async def ask(links: Links, preferred: str | None = None) -> tuple[str, str]:
    return await queries(links).query(lambda broker: typing.cast(Knower, broker).chain_of(), preferred)


async def test_the_first_that_knows_answers_and_those_behind_it_are_not_asked():
    first, second, third = Knower(""), Knower("this"), Knower("that")
    assert await ask(Links(a=first, b=second, c=third)) == ("b", "this")
    assert (first.asked, second.asked, third.asked) == (1, 1, 0)


async def test_a_preferred_link_is_asked_first():
    assert await ask(Links(a=Knower("this"), b=Knower("that")), "b") == ("b", "that")


async def test_a_venue_that_cannot_tell_is_not_asked():
    unable = Unable("wrong")
    assert await ask(Links(a=unable, b=Knower("this"))) == ("b", "this")
    assert unable.asked == 0


async def test_where_nobody_knows_anything_the_best_link_says_so():
    assert await ask(Links(a=Knower(""), b=Knower(""))) == ("a", "")
    assert await ask(Links(a=Knower(NotSupported("chains")), b=Knower(""))) == ("b", "")


async def test_that_a_stand_in_for_a_lost_link_knows_nothing_is_no_answer():
    with pytest.raises(RpcError) as failed:
        await ask(Links(a=Knower(LinkLost("gone")), b=Knower("")))
    assert failed.value.code == "unavailable"
    assert await ask(Links(a=Knower(LinkLost("gone")), b=Knower("this"))) == ("b", "this")
    assert await ask(Links(a=Knower(""), b=Knower(LinkLost("gone")))) == ("a", "")


@pytest.mark.parametrize(
    ("errors", "code", "detail", "retry_s"),
    [
        ([], "no_feed", "No linked broker tells chains.", None),
        ([NotSupported("chains")], "no_feed", "No linked broker tells chains.", None),
        ([CredentialsRejected("revoked")], "no_feed", "No linked venue tells chains: revoked", None),
        ([LinkLost("gone")], "unavailable", "The venue does not answer: gone", 5),
        ([LinkLost("gone", retry_after=7)], "unavailable", "The venue does not answer: gone", 7),
        ([LinkLost("gone"), NotSupported("chains")], "unavailable", "The venue does not answer: gone", 5),
        ([NotSupported("chains"), LinkLost("gone")], "unavailable", "The venue does not answer: gone", 5),
    ],
)
async def test_a_failure_says_why_and_whether_to_ask_again(errors, code, detail, retry_s):
    with pytest.raises(RpcError) as failed:
        await ask(Links(**{f"l{number}": Knower(error) for number, error in enumerate(errors)}))
    assert (failed.value.code, failed.value.detail, failed.value.retry_s) == (code, detail, retry_s)


async def test_a_few_questions_are_asked_at_once_and_the_others_wait():
    gate, under_way = asyncio.Event(), 0
    reached = asyncio.Event()

    async def question(broker: Broker) -> str:
        nonlocal under_way
        under_way += 1
        if under_way == AT_ONCE:
            reached.set()
        await gate.wait()
        return "this"

    asked = queries(Links(a=Knower("")))
    asking = [asyncio.ensure_future(asked.query(question)) for _ in range(AT_ONCE + 2)]
    async with asyncio.timeout(20):
        await reached.wait()
        await asyncio.sleep(0)
        assert under_way == AT_ONCE
        gate.set()
        assert await asyncio.gather(*asking) == [("a", "this")] * (AT_ONCE + 2)


def test_so_many_questions_are_allowed_in_any_minute_and_a_refused_one_does_not_count():
    async def main(clock):
        loop = asyncio.get_running_loop()
        window = SlidingWindow("chains", 3)
        for _ in range(3):
            window.acquire()
            await asyncio.sleep(10)
        for _ in range(5):
            with pytest.raises(RpcError, match="At most 3 chains a minute") as refused:
                window.acquire()
        assert refused.value.code == "rate_limited"
        wait_s = refused.value.retry_s or 0.0
        assert wait_s == pytest.approx(WINDOW_S - 30, abs=0.01)
        before = loop.time()
        await asyncio.sleep(wait_s)
        window.acquire()
        with pytest.raises(RpcError) as again:
            window.acquire()
        assert again.value.retry_s == pytest.approx(10, abs=0.01)
        assert loop.time() - before < 31
        await asyncio.sleep(WINDOW_S)
        for _ in range(3):
            window.acquire()

    virtual_time.run(AT, main)


def test_whatever_the_pace_no_minute_has_more_questions_than_allowed():
    async def main(clock):
        loop, window, taken = asyncio.get_running_loop(), SlidingWindow("chains", 4), []
        for wait_s in itertools.islice(itertools.cycle((1, 7, 0, 19, 3)), 60):
            await asyncio.sleep(wait_s)
            try:
                window.acquire()
            except RpcError:
                continue
            taken.append(loop.time())
        assert len(taken) > 20
        assert all(later - before >= WINDOW_S for before, later in zip(taken, taken[4:], strict=False))

    virtual_time.run(AT, main)
