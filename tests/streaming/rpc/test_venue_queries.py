"""A question goes to one venue after another until one knows, never in a storm, and a failure says what to do."""

import asyncio
import typing
from collections.abc import Mapping

import pytest

from brokers.contract.broker import Broker, Capabilities
from brokers.contract.errors import BrokerError, CredentialsRejected, LinkLost, NotSupported
from streaming.board.board import Board
from streaming.feeds.allowance import ASKS, FeedAllowances
from streaming.rpc.client import RpcError
from streaming.rpc.venue_queries import AT_ONCE, VenueQueries
from tests.support.corridor import Info, TalkingBroker


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
        self.allowances = FeedAllowances()

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


async def test_who_asks_a_feed_shares_its_allowance_and_another_feed_has_its_own():
    links = Links(a=Knower("this"))
    for _ in range(ASKS):
        await ask(links)
    with pytest.raises(RpcError, match="At most 40 chains a minute") as refused:
        await ask(links)
    assert (refused.value.code, round(refused.value.retry_s or 0)) == ("rate_limited", 60)
    links.brokers = {"b": Knower("that")}
    assert await ask(links) == ("b", "that")


async def test_what_runs_beside_the_streams_leaves_questions_to_pages():
    links = Links(a=Knower("this"))

    def beside() -> typing.Awaitable[tuple[str, str]]:
        return queries(links).query(lambda broker: typing.cast(Knower, broker).chain_of(), leaves=ASKS - 3)

    for _ in range(3):
        await beside()
    with pytest.raises(RpcError, match="At most 3 chains"):
        await beside()
    assert await ask(links) == ("a", "this")
