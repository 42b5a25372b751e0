"""Outside clients together exercise the whole REST API: recorded, not claimed."""

import asyncio
import collections

import msgspec
import pytest

from simulator.server import SimRunning, running
from tests.external_clients import covered, routes, tour_javascript, tour_third_party
from tests.external_clients.clients import Client, javascript_sdk, python_rest
from tests.external_clients.listed import look_up
from tests.simulator.conftest import Door, plain_http


class Journey(msgspec.Struct):
    """What one client called on its tour, all it could have called, and the routes that answered it."""

    called: set[str]
    calls: set[str]
    asked: set[str]


async def travel() -> dict[str, Journey]:
    """Send every client on its tour of one venue."""
    async with running() as venue, plain_http(venue) as http:
        door = Door(venue, http)
        token = await door.sign_in()
        listed = await look_up(door)
        journeys = {}
        async with javascript_sdk(venue) as sdk:
            calls = flat(await sdk.call("sdk", "calls"))
            journeys["J"] = await journey(venue, sdk, calls, tour_javascript.by_methods(sdk, listed))
            journeys["j"] = await journey(venue, sdk, calls, tour_javascript.without_methods(sdk, listed))
        async with python_rest(venue, token) as client:
            calls = flat(await client.call("client", "calls"))
            journeys["T"] = await journey(venue, client, calls, tour_third_party.tour(client, listed))
    return journeys


async def journey(
    venue: SimRunning, client: Client, calls: set[str], tour: collections.abc.Coroutine[None, None, None]
) -> Journey:
    """Make a tour, and take what the venue counted meanwhile."""
    venue.tastytrade.stats.requests.clear()
    await tour
    return Journey(client.called & calls, calls, routes.asked(venue.stats()["requests"]))


def flat(calls: dict[str, list[str]]) -> set[str]:
    return {f"{of}.{name}" for of, names in calls.items() for name in names}


@pytest.fixture(scope="module")
def journeys() -> dict[str, Journey]:
    return asyncio.run(travel())


@pytest.mark.process
@pytest.mark.parametrize("client", ["J", "T"])
def test_a_client_gets_the_answer_it_expects_to_every_call_it_has(journeys, client):
    made = journeys[client]
    assert made.calls - made.called == set(covered.UNANSWERED[client])


@pytest.mark.process
def test_every_route_is_exercised_by_whom_the_table_says(journeys):
    recorded = {route: "".join(c for c, made in journeys.items() if route in made.asked) for route in routes.names()}
    assert recorded == covered.ROUTES


def test_no_route_is_nobodys():
    assert [route for route, clients in covered.ROUTES.items() if not clients] == []
