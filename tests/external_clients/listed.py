"""Names of the simulated venue that a tour goes by."""

import msgspec

from tests.simulator.conftest import Door


class Listed(msgspec.Struct, frozen=True):
    """Alice's first account, and contracts that trade."""

    account: str
    option: str
    """An SPY call in the venue's own spelling."""


async def look_up(door: Door) -> Listed:
    """Find them through a door that is signed in as alice."""
    (chain,) = (await door.get("/option-chains/SPY/nested"))["items"]
    strikes = chain["expirations"][3]["strikes"]
    return Listed(account=door.grant()["accounts"][0], option=strikes[len(strikes) // 2]["call"])
