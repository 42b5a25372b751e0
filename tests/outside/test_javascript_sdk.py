"""The venue's own JavaScript SDK, unmodified, takes the simulated venue for the real one."""

from brokers.loopback.server import Running
from tests.outside.clients import javascript_sdk


async def test_it_signs_in_with_a_grant_and_finds_its_accounts(venue: Running):
    async with javascript_sdk(venue) as sdk:
        accounts = await sdk.call("accountsAndCustomersService", "getCustomerAccounts")
    numbers = [item["account"]["account-number"] for item in accounts]
    assert numbers == venue.line["tastytrade"]["grants"][0]["accounts"]
    assert not sdk.complaints
