"""Claims about answers over REST: what passes is asked again, what does not is said, and no limit is ever passed."""

import asyncio
import contextlib
import datetime
import decimal
import logging
import traceback
from collections.abc import AsyncIterator

import pytest

from brokers.contract.broker import Credentials, Demand, Ticket
from brokers.contract.errors import CredentialsRejected, LinkLost, NotOwner, NotSupported
from brokers.contract.events import Link
from brokers.tradier import Tradier, rest
from tests.brokers.stand import LINK, Stand, Streaming, streaming
from tests.brokers.tradier.conftest import ALICE, Nervous, endpoints, fault, impatient, running, sandboxed, streams


@contextlib.asynccontextmanager
async def asking(broker: Tradier) -> AsyncIterator[Tradier]:
    try:
        yield broker
    finally:
        await broker.close()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "AGAIN_S", 0.05)


PASSING = ["404", "datastore", "500", "502", "503", "html200", "empty", "garbage", "cut"]


@pytest.mark.parametrize("mode", [*PASSING, "401"])
async def test_what_passes_once_is_not_noticed(venue: Stand, mode: str):
    fault(venue, "rest", mode=mode, path="/user/profile", times=1)
    async with asking(impatient(venue)) as broker:
        assert [account.number for account in (await broker.verify()).accounts] == venue.accounts()


@pytest.mark.parametrize("mode", [*PASSING, "errors"])
async def test_what_does_not_pass_is_a_venue_that_cannot_be_had(venue: Stand, mode: str):
    fault(venue, "rest", mode=mode, path="/user/profile")
    async with asking(impatient(venue)) as broker:
        with pytest.raises(LinkLost) as lost:
            await broker.verify()
    assert venue.running.tradier_stats()["requests"]["GET /v1/user/profile"] <= rest.TRIES
    assert "<html" not in str(lost.value)


@pytest.mark.parametrize(
    ("order", "words"), [("revoke", "the access token is not valid"), ("expire", "the access token has expired")]
)
async def test_a_token_that_is_refused_twice_ends_a_live_link(venue: Stand, order: str, words: str):
    async with running(impatient(venue)) as run:
        await streams(run)
        before = venue.running.tradier_stats()["unauthorized"]
        fault(venue, order, account=ALICE)
        error = await run.ended(within=15)
        assert isinstance(error, CredentialsRejected)
        assert error.reason == words
        refused = venue.running.tradier_stats()["unauthorized"] - before
        assert refused <= 8, "a venue blocks who keeps asking"


async def test_a_token_that_is_made_good_again_streams_again_without_another(venue: Stand):
    broker = impatient(venue)
    async with running(broker) as run:
        await streams(run)
        fault(venue, "revoke", account=ALICE)
        assert isinstance(await run.ended(within=15), CredentialsRejected)
        with pytest.raises(CredentialsRejected):
            await broker.balances()
        assert fault(venue, "restore", account=ALICE) > 0
        again = Streaming(broker, Demand(quotes=frozenset({"QQQ"})))
        await streams(again)
        await again.stop()


async def test_an_order_that_is_denied_is_refused_in_the_venues_words_and_is_no_order(venue: Stand):
    began = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    ticket = Ticket(ALICE, "KMPR", decimal.Decimal(5), "a1")
    async with asking(impatient(venue)) as broker:
        before = {order.order for order in (await broker.statement(began)).orders}
        fault(venue, "deny", text="MarginRuleViolation", account=ALICE)
        with pytest.raises(NotSupported, match="MarginRuleViolation"):
            await broker.place(ticket)
        assert {order.order for order in (await broker.statement(began)).orders} == before
        placed = await broker.place(ticket)
        assert {order.order for order in (await broker.statement(began)).orders} == {*before, placed}


async def test_a_token_of_the_other_environment_is_told_so(venue: Stand):
    live = venue.credentials()
    broker = sandboxed(venue)
    broker._credentials["data_token"] = live["data_token"]
    async with asking(broker):
        with pytest.raises(CredentialsRejected, match="other environment"):
            await broker.verify()


async def test_both_tokens_must_be_good(venue: Stand):
    good = venue.credentials()
    for name in good:
        given = Credentials(good | {name: "wrong-" + good[name]})
        broker = Tradier(link=LINK, credentials=given, endpoints=endpoints(venue), environment="simulated")
        async with asking(broker):
            with pytest.raises(CredentialsRejected):
                await broker.verify()


@pytest.mark.parametrize("mode", ["429", "quota500", "quota403"])
async def test_a_limit_that_others_reached_is_told_with_its_end(venue: Stand, mode: str):
    fault(venue, "rest", mode=mode, path="/markets/options", times=1)
    async with asking(impatient(venue)) as broker:
        with pytest.raises(LinkLost, match="rate limit") as lost:
            await broker.chain("QQQ")
        assert lost.value.retry_after is not None
        assert 30 < lost.value.retry_after < 65
        assert (await broker.balances())[0].account == ALICE, "the other bucket is not empty"


async def test_a_storm_of_questions_never_passes_the_limit_and_everybody_has_an_answer_or_a_wait(venue: Stand):
    async with asking(impatient(venue)) as one, asking(impatient(venue, link="another")) as two:
        answers = await asyncio.gather(
            *((one if n % 2 else two).chain("NOSUCH") for n in range(400)), return_exceptions=True
        )  # fmt: skip
    waits = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(answers) - len(waits) >= 40
    assert all(isinstance(wait, LinkLost) and wait.retry_after for wait in waits)
    stats = venue.running.tradier_stats()
    assert set(stats["statuses"]) == {"200"}
    assert sum(stats["requests"].values()) <= 120


@pytest.mark.long
async def test_a_wait_for_the_limit_can_be_seen_while_the_stream_goes_on(venue: Stand):
    fault(venue, "quota", account=ALICE, seconds=4, size=18)
    async with running(impatient(venue)) as run:
        await streams(run)
        await run.told.until(lambda told: "rate limit" in str(told.known("link", LINK)["reason"]))
        assert run.told.known("link", LINK)["retry_at"]
        await streams(run, since=len(run.told.events))
        await run.told.until(lambda told: told.known("link", LINK)["reason"] is None, within=10)
        assert run.told.states == ["live"]


def refuse(deadline: int | None = None) -> None:
    raise NotOwner("another process may act for this person")


async def test_a_broker_that_must_not_act_leaves_the_venue_alone(venue: Stand):
    broker = impatient(venue)
    broker.guard = refuse
    before = venue.running.tradier_stats()
    calls = (broker.verify, broker.balances, broker.positions, broker.hours, lambda: broker.chain("SPY"))
    for call in calls:
        with pytest.raises(NotOwner):
            await call()
    async with streaming(broker, quotes={"QQQ"}) as run:
        assert isinstance(await run.ended(within=15), NotOwner)
    assert venue.running.tradier_stats() == before


async def test_a_link_that_may_not_act_any_more_ends_without_a_word(venue: Stand):
    async with running(impatient(venue)) as run:
        await streams(run)
        await run.told.until(lambda told: venue.running.tradier.listeners)
        run.broker.guard = refuse
        before = venue.running.tradier_stats()["requests"]
        assert isinstance(await run.ended(within=15), NotOwner)
        assert venue.running.tradier_stats()["requests"] == before


async def test_metrics_are_not_offered(venue: Stand):
    async with asking(impatient(venue)) as broker:
        with pytest.raises(NotSupported):
            await broker.metrics(["QQQ"])


@pytest.mark.long
async def test_no_session_and_no_token_shows_whatever_breaks(venue: Stand, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    shown, secrets = [], [*venue.credentials().values()]
    for carrier in ("websocket", "http"):
        broker = impatient(venue, kind=Nervous)
        async with running(broker) as run:
            await streams(run)
            secrets += [session.id for session in venue.running.tradier.sessions._known.values()]
            shown += [repr(vars(broker)), repr(vars(broker._access.data)), repr(vars(broker._access.market))]  # type: ignore[union-attr]
            fault(venue, "garbage", stream="market", text='{"error":"session not found"}')
            await run.told.until(lambda told: "waiting" in told.states)
            fault(venue, "mute", mode="all")
            error = await run.ended(within=15)
            shown += ["".join(traceback.format_exception(error))] if error else []
            shown += [str(event) for event in run.told.of(Link)]
        fault(venue, "clear")
        fault(venue, "refuse_upgrade", stream="market")
        assert error, carrier
    shown += [f"{record.getMessage()} {record.exc_text}" for record in caplog.records if "uvicorn" not in record.name]
    assert len(secrets) >= 6
    for secret in secrets:
        assert not [text for text in shown if secret in text]
