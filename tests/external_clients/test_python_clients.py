"""Another implementation of DXLink in Python, by other authors, takes the simulated venue for the real one."""

import pytest

from simulator.server import SimRunning
from tests.external_clients import covered
from tests.external_clients.clients import python_dxlink
from tests.external_clients.listed import look_up
from tests.simulator.conftest import Door

pytestmark = pytest.mark.process


async def test_it_translates_symbols_over_rest_and_hears_quotes_and_greeks_in_full(door: Door, venue: SimRunning):
    token = await door.sign_in()
    option = (await look_up(door)).option
    async with python_dxlink(venue, token) as client:
        await client.call("desk", "open", [option, "SPY"])
        quote = await client.until("Quote", lambda line: line["values"]["symbol"] == option)
        greeks = await client.until("Greeks")
        await client.call("desk", "close")
    assert {quote["event"], greeks["event"]} == covered.heard_by("P", covered.EVENTS)
    assert quote["values"]["bidPrice"] <= quote["values"]["askPrice"]
    assert greeks["values"]["symbol"] == option
    assert 0 < greeks["values"]["delta"] < 1
    kinds = ("equities", "futures", "equity-options", "future-options", "cryptocurrencies")
    assert {f"GET /instruments/{kind}" for kind in kinds} <= set(venue.stats()["requests"])


async def test_it_hears_the_compact_format_of_one_symbol(door: Door, venue: SimRunning):
    """Of one, because it takes no second event of a type in a message, which the protocol allows."""
    fields = {"Quote": ["eventType", "eventSymbol", "bidPrice", "askPrice"]}
    token = await door.sign_in()
    async with python_dxlink(venue, token) as client:
        await client.call("desk", "open", ["SPY"], fields)
        quote = await client.until("Quote")
        await client.call("desk", "close")
    assert (quote["values"]["eventType"], quote["values"]["symbol"]) == ("Quote", "SPY")
    assert 0 < quote["values"]["bidPrice"] <= quote["values"]["askPrice"]
