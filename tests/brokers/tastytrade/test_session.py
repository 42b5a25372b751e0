"""Claims about tokens: refreshed ahead of need, one flight at a time, and never asked for again once refused."""

import asyncio
import itertools
import pathlib
import time
from collections.abc import AsyncIterator, Callable

import pytest

from brokers.contract.broker import Credentials, Endpoints
from brokers.contract.errors import CredentialsRejected, LinkLost
from brokers.contract.events import Link, Quote
from brokers.tastytrade.errors import VenueRefused
from brokers.tastytrade.market_data import quote_token
from brokers.tastytrade.session import EAGER, MARGIN_S, TastytradeSession
from lib.clock import passed
from tests.brokers.stand import LINK, Stand, stand, streaming
from tests.brokers.tastytrade.conftest import impatient
from tests.support.eventually import aeventually

Make = Callable[..., TastytradeSession]


@pytest.fixture
async def session(venue: Stand) -> AsyncIterator[TastytradeSession]:
    made = TastytradeSession(
        venue.credentials(), Endpoints(venue.line["rest"], venue.line["account_stream"]), "simulated"
    )
    yield made
    await made.close()


async def refreshes(venue: Stand) -> int:
    tokens = (await venue.stats())["tokens"].get("5WX00001", {})
    return int(tokens.get("ok", 0) + tokens.get("refused", 0))


async def test_many_calls_at_once_cost_one_refresh(venue: Stand, session: TastytradeSession):
    await asyncio.gather(*(session.get("/customers/me") for _ in range(8)))
    assert await refreshes(venue) == 1


async def test_an_expired_token_costs_one_refresh_and_one_retry(venue: Stand, session: TastytradeSession):
    await session.get("/customers/me")
    await venue.fault("expire")
    await asyncio.gather(*(session.get("/customers/me") for _ in range(5)))
    assert await refreshes(venue) == 2


async def test_a_401_that_stays_is_retried_once(venue: Stand, session: TastytradeSession):
    await session.get("/customers/me")
    await venue.fault("rest", mode="401")
    with pytest.raises(VenueRefused, match="401"):
        await session.get("/customers/me")
    assert await refreshes(venue) == 2
    assert (await venue.stats())["requests"]["GET /customers/me"] == 3


@pytest.mark.parametrize("mode", ["502", "429", "500", "403"])
async def test_other_refusals_are_not_retried(venue: Stand, session: TastytradeSession, mode: str):
    await venue.fault("rest", mode=mode)
    with pytest.raises(VenueRefused) as caught:
        await session.get("/customers/me")
    assert caught.value.status == int(mode)
    assert (await venue.stats())["requests"]["GET /customers/me"] == 1


@pytest.mark.parametrize("mode", ["502", "html401", "500", "invalid_request", "garbage"])
async def test_a_token_endpoint_in_trouble_is_no_rejection(venue: Stand, mode: str):
    await venue.fault("oauth", mode=mode)
    broker = impatient(venue)
    with pytest.raises(LinkLost):
        await broker.verify()
    await venue.fault("clear")
    assert (await broker.verify()).accounts
    await broker.close()


@pytest.mark.parametrize("wrong", ["client_secret", "refresh_token"])
async def test_a_rejection_is_remembered_and_not_asked_again(venue: Stand, wrong: str):
    broker = impatient(venue, Credentials(venue.credentials() | {wrong: "nonsense-nonsense"}))
    with pytest.raises(CredentialsRejected):
        await broker.verify()
    for _ in range(3):
        with pytest.raises(CredentialsRejected):
            await broker.balances()
    assert (await venue.stats())["requests"]["POST /oauth/token"] == 1
    await broker.close()


async def test_a_restored_grant_is_found_by_asking_anew(venue: Stand):
    broker = impatient(venue)
    await venue.fault("revoke")
    with pytest.raises(CredentialsRejected):
        await broker.verify()
    await venue.fault("restore")
    assert (await broker.verify()).accounts
    await broker.close()


@pytest.mark.parametrize("lifetime", [900, 9])
async def test_a_request_refreshes_within_the_margin_only(venue: Stand, session: TastytradeSession, lifetime: int):
    venue.running.tastytrade.access.lifetime = lifetime
    await session.refresh()
    assert session.lifetime == pytest.approx(lifetime, abs=0.5)
    margin = min(MARGIN_S, lifetime / 3)
    session._ends = passed() + margin + 1
    assert not session.due
    session._ends = passed() + margin - 1
    assert session.due


def test_tokens_are_refreshed_at_two_thirds_of_their_life():
    assert EAGER * 900 == 600


async def test_every_request_names_its_product(venue: Stand, session: TastytradeSession):
    await session.get("/customers/me")  # the venue answers 401 with HTML otherwise
    assert session._client.headers["user-agent"].startswith("tapedeck/")


@pytest.mark.long
async def test_ten_lifetimes_pass_without_a_missing_second(tmp_path: pathlib.Path):
    async with (
        stand("tastytrade", tmp_path, token_lifetime=2.0, speed=5.0) as venue,
        streaming(impatient(venue), quotes={"SPY"}) as run,
    ):
        await run.told.until_live()
        began = time.time()
        await run.told.until(lambda told: len(told.of(Link)) and time.time() > began + 20, within=24)
        times = [quote.at / 1000 for quote in run.told.of(Quote) if isinstance(quote.at, int)]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert max(gaps) < 1.0
        stats = await venue.stats()
        assert set(run.told.states) == {"live"}
        assert stats["unauthorized"] == 0
        assert 10 <= stats["tokens"]["5WX00001"]["ok"] <= 20
        told = [event for event in run.told.of(Link) if isinstance(event.refreshed_at, int)]
        assert len(told) == stats["tokens"]["5WX00001"]["ok"]


async def test_a_refresh_that_fails_is_tried_again_while_quotes_go_on(tmp_path: pathlib.Path):
    async with (
        stand("tastytrade", tmp_path, token_lifetime=3.0, speed=5.0) as venue,
        streaming(impatient(venue), quotes={"SPY"}) as run,
    ):
        await run.told.until_live()
        before = await refreshes(venue)
        await venue.fault("oauth", mode="502", times=2)
        await aeventually(lambda: _refreshed_after_refusals(venue, before), within=10)
        seen = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Quote, seen)) > 5)
        assert set(run.told.states) == {"live"}
        assert (await venue.stats())["unauthorized"] == 0


async def _refreshed_after_refusals(venue: Stand, than: int) -> bool:
    stats = (await venue.stats())["tokens"]["5WX00001"]
    return bool(stats["refused"] >= 2 and stats["ok"] > than)


async def test_a_token_that_cannot_be_refreshed_loses_the_link(tmp_path: pathlib.Path):
    async with (
        stand("tastytrade", tmp_path, token_lifetime=1.0) as venue,
        streaming(impatient(venue), quotes={"SPY"}) as run,
    ):
        await run.told.until_live()
        await venue.fault("oauth", mode="502")
        assert isinstance(await run.ended(), LinkLost)


async def test_a_quote_token_is_renewed_without_a_gap(venue: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quote_token, "TOKEN_S", 1.0)  # the venue's own is 24 hours and it does not say so
    async with streaming(impatient(venue), quotes={"SPY"}) as run:
        await run.told.until_live()
        await aeventually(lambda: _opened(venue, 4))
        assert set(run.told.states) == {"live"}
        times = [quote.at for quote in run.told.of(Quote) if isinstance(quote.at, int)]
        assert max(after - before for before, after in itertools.pairwise(times)) < 800
        await aeventually(lambda: _connected(venue, 1))


async def test_a_renewal_that_fails_keeps_the_old_connection(venue: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quote_token, "TOKEN_S", 1.0)
    async with streaming(impatient(venue), quotes={"SPY"}) as run:
        await run.told.until_live()
        await venue.fault("refuse_upgrade", stream="dxlink", seconds=2.0)
        seen = len(run.told.events)
        await aeventually(lambda: _opened(venue, 2))
        assert set(run.told.states) == {"live"}
        assert len(run.told.of(Quote, seen, symbol="SPY")) > 10


async def _opened(venue: Stand, count: int) -> bool:
    return bool((await venue.stats())["opened"]["dxlink"] >= count)


async def _connected(venue: Stand, count: int) -> bool:
    connections = (await venue.stats())["connections"]
    return len([connection for connection in connections if connection["stream"] == "dxlink"]) == count


async def test_the_link_tells_when_it_was_refreshed(venue: Stand):
    async with streaming(impatient(venue)) as run:
        await run.told.until_live()
        refreshed = [event.refreshed_at for event in run.told.of(Link) if isinstance(event.refreshed_at, int)]
        assert len(refreshed) == 1
        assert abs(refreshed[0] - time.time() * 1000) < 5_000
        assert {event.link for event in run.told.of(Link)} == {LINK}
