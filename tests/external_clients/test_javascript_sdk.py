"""The venue's own JavaScript SDK, unmodified, takes the simulated venue for the real one."""

import asyncio

import pytest

from simulator.server import SimRunning
from tests.external_clients import covered
from tests.external_clients.clients import Client, Refused, javascript_sdk
from tests.external_clients.tour_javascript import MARKET
from tests.simulator.conftest import Door

pytestmark = pytest.mark.process

ALICE = 0


def account(venue: SimRunning, person: int = ALICE) -> str:
    number: str = venue.line["tastytrade"]["grants"][person]["accounts"][0]
    return number


async def listening(sdk: Client, *accounts: str) -> None:
    """Open the account stream and wait until it is connected to these accounts."""
    assert await sdk.call("accountStreamer", "start") is True
    assert await sdk.call("accountStreamer", "subscribeToAccounts", list(accounts)) == "connect"


async def test_it_signs_in_with_a_grant_and_finds_its_accounts(venue: SimRunning):
    async with javascript_sdk(venue) as sdk:
        accounts = await sdk.call("accountsAndCustomersService", "getCustomerAccounts")
    numbers = [item["account"]["account-number"] for item in accounts]
    assert numbers == venue.line["tastytrade"]["grants"][ALICE]["accounts"]
    assert venue.stats()["requests"] == {"POST /oauth/token": 1, "GET /customers/me/accounts": 1}


async def test_it_is_told_that_its_grant_is_not_good(venue: SimRunning):
    async with javascript_sdk(venue, refresh_token="somebody else's") as sdk:
        with pytest.raises(Refused) as refused:
            await sdk.call("accountsAndCustomersService", "getCustomerAccounts")
    assert refused.value.status == 400
    assert refused.value.body["error_code"] == "invalid_grant"


async def test_its_heartbeats_and_subscriptions_are_agreed_to(venue: SimRunning):
    async with javascript_sdk(venue) as sdk:
        await listening(sdk, *venue.line["tastytrade"]["grants"][ALICE]["accounts"])
        person = await sdk.call("accountsAndCustomersService", "getCustomerResource")
        await sdk.call("accountStreamer", "subscribeToUser", person["external-id"])
        answers = {"user-message-subscribe", "heartbeat"}
        while answers:
            answer = (await sdk.until("notification", lambda line: "action" in line["message"]))["message"]
            assert answer["status"] == "ok", answer
            answers.discard(answer["action"])


async def test_it_notices_that_the_account_stream_was_cut(venue: SimRunning):
    async with javascript_sdk(venue) as sdk:
        await listening(sdk, account(venue))
        for socket in venue.tastytrade.listeners.values():
            venue.tastytrade.lines.cut(socket.client)
        await sdk.until("streamer", lambda line: line["state"] == 1)  # STREAMER_STATE.Closed
        await listening(sdk, account(venue))


async def test_its_quote_streamer_shows_the_market(door: Door, venue: SimRunning):
    await door.sign_in()
    chain = (await door.get("/option-chains/SPY/nested"))["items"][0]
    option = chain["expirations"][3]["strikes"][10]["call-streamer-symbol"]
    async with javascript_sdk(venue) as sdk:
        await sdk.call("quoteStreamer", "connect")
        await sdk.call("quoteStreamer", "subscribe", ["SPY", option])
        await sdk.call("quoteStreamer", "subscribeCandles", "SPY", venue.tastytrade.market.at - 600_000, 1, "m")
        missing = covered.heard_by("Q", covered.EVENTS)
        async with asyncio.timeout(20):
            while missing:
                missing -= {event["eventType"] for event in (await sdk.until("market"))["events"]}


async def test_it_is_told_why_it_is_refused(venue: SimRunning):
    bad = MARKET | {"time-in-force": "GTC"}
    refusals = [
        (("createOrder", account(venue), bad), 422, "preflight_check_failure"),
        (("createOrder", account(venue, person=1), MARKET), 403, "not_permitted"),
        (("getOrder", account(venue), 1), 404, "record_not_found"),
    ]
    async with javascript_sdk(venue) as sdk:
        for (call, *args), status, code in refusals:
            with pytest.raises(Refused) as refused:
                await sdk.call("orderService", call, *args)
            assert (refused.value.status, refused.value.body["error"]["code"]) == (status, code)


async def test_a_grant_to_read_does_not_let_it_trade(venue: SimRunning):
    grant = {"client_secret": "secret", "refresh_token": "only to read"}
    venue.add_customer(**grant, accounts=[{"number": "5WX00099", "cash": "1000"}], scopes=("read",))
    async with javascript_sdk(venue, ALICE, **grant) as sdk:
        assert await sdk.call("orderService", "getLiveOrders", "5WX00099") == []
        with pytest.raises(Refused) as refused:
            await sdk.call("orderService", "createOrder", "5WX00099", MARKET)
    assert (refused.value.status, refused.value.body["error"]["code"]) == (403, "not_permitted")
