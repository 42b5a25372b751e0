"""The venue's JavaScript SDK hears every kind of notification, each with the fields the venue publishes."""

import decimal
import typing

import pytest
from tastytrade.streamer import MAP_ALERTS

from simulator.server import SimRunning
from tests.external_clients import covered
from tests.external_clients.clients import Client, Line, javascript_sdk
from tests.external_clients.published import faults
from tests.external_clients.test_javascript_sdk import account, listening
from tests.external_clients.tour_javascript import MARKET, OTOCO, told

MODELS = {"PublicWatchlists": "Watchlist"}
"""The published model of a notification where it has another name."""
SOLD: dict[str, typing.Any] = MARKET | {"legs": [MARKET["legs"][0] | {"action": "Sell to Close"}]}


@pytest.mark.process
@pytest.mark.parametrize("form", ["single", "batched"])
async def test_it_hears_every_kind_of_notification_there_is_in_both_forms(venue: SimRunning, form):
    if form == "batched":
        venue.fault("results", seconds=60)
    async with javascript_sdk(venue) as sdk:
        await listening(sdk, account(venue))
        for action in ("public-watchlists-subscribe", "quote-alerts-subscribe"):
            await sdk.call("accountStreamer", "subscribeTo", action)
        await sdk.until("notification", agreed("quote-alerts-subscribe"))
        await provoke_all(sdk, venue)
        missing = covered.heard_by("J", covered.NOTIFICATIONS)
        while missing:
            missing.discard((await notification(sdk))["type"])


def agreed(action: str) -> typing.Callable[[Line], bool]:
    return lambda line: line["message"].get("action") == action and line["message"]["status"] == "ok"


def test_every_kind_that_the_sdk_of_python_knows_is_in_the_table():
    assert set(covered.NOTIFICATIONS) == set(MAP_ALERTS)


async def provoke_all(sdk: Client, venue: SimRunning) -> None:
    """Let something of every kind happen."""
    number = account(venue)
    bought = (await sdk.call("orderService", "createOrder", number, MARKET))["order"]
    await told(sdk, bought, "Filled")
    await sdk.call("orderService", "createOrder", number, SOLD)
    await sdk.call("orderService", "createComplexOrder", number, OTOCO)
    alert = {"symbol": "SPY", "field": "Last", "operator": ">", "threshold": "0.01"}
    await sdk.call("http", "post", "/quote-alerts", alert)
    venue.restrict(number, is_pattern_day_trader=True)
    venue.transfer(number, decimal.Decimal(100))
    venue.publish("Hot", ["SPY"])


async def notification(sdk: Client) -> Line:
    """The next notification; all it holds is published, and the SDK of Python can read it."""
    line = await sdk.until("notification", lambda line: "type" in line["message"])
    message: Line = line["message"]
    kind: str = message["type"]
    assert list(faults(MODELS.get(kind, kind), message["data"])) == []
    MAP_ALERTS[kind].model_validate(message["data"])
    assert isinstance(message["timestamp"], int)
    return message
