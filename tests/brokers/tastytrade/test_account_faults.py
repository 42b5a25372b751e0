"""Claims about a venue whose account stream, balances or grants misbehave: what breaks is repaired, nothing made up."""

import datetime
import decimal
import json
import time

import pytest
from msgspec import UNSET

from brokers.contract.errors import CredentialsRejected, LinkLost
from brokers.contract.events import Balance, Link
from tests.brokers.stand import LINK, Stand, Streaming, streaming
from tests.brokers.tastytrade.conftest import Beating, Live, Unhurried, impatient
from tests.brokers.tastytrade.test_faults import bad_rows
from tests.support.eventually import aeventually


async def test_notifications_in_a_batch_are_all_told(venue: Stand, live: Live):
    async with live() as run:
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)  # newer than all that is known
        worth = {"net-liquidating-value": "123.45", "updated-at": later.isoformat()}
        balances = [worth | {"account-number": number} for number in venue.accounts()]
        batch = {"results": [{"type": "AccountBalance", "data": balance} for balance in balances]}
        await venue.fault("garbage", stream="alerts", text=json.dumps(batch))
        told = decimal.Decimal("123.45")
        await run.told.until(lambda _: {b.account for b in run.told.of(Balance, balance=told)} == set(venue.accounts()))


@pytest.mark.parametrize(
    "text",
    [
        "<<<",
        "[]",
        '{"results":[1,{"type":"AccountBalance"}]}',
        '{"type":"AccountBalance","data":7}',
        '{"request-id":99}',
    ],
)
async def test_garbage_on_the_account_stream_harms_nothing(venue: Stand, live: Live, text: str):
    async with live() as run:
        await venue.fault("garbage", stream="alerts", text=text)
        seen = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Balance, seen)) > 4)
        assert set(run.told.states) == {"live"}


async def test_a_partial_balance_lacks_what_it_lacks_and_is_read_again(venue: Stand):
    async with streaming(impatient(venue, kind=Unhurried)) as run:
        await run.told.until_live()
        asked = await _readings(venue)
        await venue.fault("partial_balance")
        await run.told.until(lambda told: [b for b in told.of(Balance) if b.buying_power is None])
        partial = next(balance for balance in run.told.of(Balance) if balance.buying_power is None)
        assert 0 not in (partial.balance, partial.cash, partial.maintenance)
        await aeventually(lambda: _read_again(venue, asked))
        await run.told.until(lambda told: told.known("balance", LINK, partial.account)["buying_power"])
        assert set(run.told.states) == {"live"}


async def _readings(venue: Stand) -> int:
    return int((await venue.stats())["requests"]["GET /accounts/5WX00001/balances/USD"])


async def _read_again(venue: Stand, since: int) -> bool:
    return await _readings(venue) > since


@pytest.mark.parametrize("mode", ["", "null"])
async def test_a_missing_amount_is_never_a_zero(venue: Stand, live: Live, mode: str):
    await venue.fault("missing", field="net-liquidating-value", mode=mode)
    async with live() as run:
        balances = run.told.of(Balance)
        assert {balance.balance for balance in balances} == {None}
        assert all(isinstance(balance.cash, decimal.Decimal) for balance in balances)
        assert {balance.balance for balance in await run.broker.balances()} == {None}


async def test_an_unchanged_balance_is_confirmed_at_every_reading(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("mute", stream="alerts")
        seen = len(run.told.events)
        await run.told.until(lambda told: len({b.at for b in told.of(Balance, seen, account="5WX00001")}) >= 3)


async def test_a_rest_api_that_stumbles_is_asked_again(venue: Stand, live: Live):
    async with live() as run:
        await venue.fault("rest", mode="502", path="/accounts", times=2)
        await venue.fault("mute", stream="alerts")
        seen = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Balance, seen)) > 6)
        assert {link.state for link in run.told.of(Link, seen)} == {UNSET}, "no state was left"


async def test_a_heartbeat_refused_for_its_token_is_repeated_with_another_on_the_same_stream(venue: Stand):
    async with streaming(impatient(venue, kind=Beating)) as run:
        await run.told.until_live()
        asked = (await venue.stats())["tokens"]["5WX00001"]["ok"]
        await venue.fault("oauth", mode="502", times=1)
        await venue.fault("expire")
        await aeventually(lambda: _granted(venue, asked))
        await venue.fault("impatient", delay=1.2, seconds=1.6)
        await aeventually(lambda: venue.running.faults()["standing"] == [])
        assert run.told.states == ["live"]
        assert (await venue.stats())["opened"]["alerts"] == 1


async def _granted(venue: Stand, since: int) -> bool:
    return int((await venue.stats())["tokens"]["5WX00001"]["ok"]) > since


async def test_an_account_stream_that_takes_no_token_any_more_is_left(venue: Stand):
    async with streaming(impatient(venue, kind=Beating)) as run:
        await run.told.until_live()
        await venue.fault("oauth", mode="502")
        await venue.fault("expire")
        await run.told.until(lambda told: "waiting" in told.states)
        assert "refused heartbeat: failed" in " ".join(str(link.reason) for link in run.told.of(Link))
        await venue.fault("clear")
        await run.told.until_live()


async def test_a_venue_that_knows_no_heartbeat_is_not_left_for_it(venue: Stand):
    async with streaming(impatient(venue, kind=Beating)) as run:
        await run.told.until_live()
        await venue.fault("not_implemented", times=3)
        await run.told.until(lambda _: bad_rows(run) == 3)
        assert run.told.states == ["live"]


async def test_garbage_on_the_account_stream_is_counted(venue: Stand, live: Live):
    async with live() as run:
        for text in ("<<<", "[]", '{"type":"AccountBalance","data":7}'):
            await venue.fault("garbage", stream="alerts", text=text)
        await run.told.until(lambda _: bad_rows(run) == 3)


async def test_an_account_stream_that_refuses_once_gets_a_new_token(venue: Stand, live: Live):
    async with live() as run:
        asked = (await venue.stats())["tokens"]["5WX00001"]["ok"]
        await venue.fault("connect_failed", times=1)
        await venue.fault("drop", stream="alerts")
        await run.told.until(lambda told: told.states[-1] == "live" and "waiting" in told.states)
        assert (await venue.stats())["tokens"]["5WX00001"]["ok"] == asked + 1


async def test_a_revoked_grant_is_rejected_within_five_seconds_and_asked_once_more_at_most(venue: Stand, live: Live):
    async with live() as run:
        began = time.monotonic()
        await venue.fault("revoke", account="5WX00001")
        error = await run.ended()
        if isinstance(error, LinkLost):  # both streams were closed before either was refused: the manager runs it again
            again = Streaming(run.broker, run.watch.demand)
            error = await again.ended()
        assert isinstance(error, CredentialsRejected)
        assert time.monotonic() - began < 5.0
        assert (await venue.stats())["tokens"]["5WX00001"]["refused"] <= 2


@pytest.mark.parametrize("stream", ["dxlink", "alerts"])
async def test_a_revoked_grant_is_found_out_while_one_stream_is_repaired(venue: Stand, live: Live, stream: str):
    async with live() as run:
        tastytrade = venue.running.tastytrade
        tastytrade.revoke([grant for grant in tastytrade.grants if "5WX00001" in grant.customer.numbers])
        await venue.fault("drop", stream=stream)
        assert isinstance(await run.ended(), CredentialsRejected)
        assert (await venue.stats())["tokens"]["5WX00001"]["refused"] == 1
