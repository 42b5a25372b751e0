"""What this process must not do never reaches the venue, whoever in the adapter would do it."""

import datetime
import decimal

import pytest

from brokers.contract.broker import Ticket, Watch
from brokers.contract.errors import NotOwner
from tests.brokers.alpaca.conftest import fault, impatient, running
from tests.brokers.stand import Stand

SINCE = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
ORDER = Ticket("PA0000000001", "AAPL", decimal.Decimal(1), "desk1")


def refuse(deadline: int | None = None) -> None:
    raise NotOwner("another process may act for this person")


async def asked(venue: Stand) -> dict[str, object]:
    """Everything that the venue was asked for so far, and what was opened there."""
    told = venue.running.alpaca_stats()
    return {name: told[name] for name in ("requests", "opened")}


CALLS = {
    "run": lambda broker: broker.run(Watch(), lambda event: None),
    "verify": lambda broker: broker.verify(),
    "balances": lambda broker: broker.balances(),
    "positions": lambda broker: broker.positions(),
    "statement": lambda broker: broker.statement(SINCE),
    "place": lambda broker: broker.place(ORDER),
    "cancel": lambda broker: broker.cancel("PA0000000001", "1"),
}


async def test_a_broker_that_must_not_act_leaves_the_venue_alone(venue: Stand):
    broker = impatient(venue)
    before = await asked(venue)
    broker.guard = refuse
    for name, call in CALLS.items():
        with pytest.raises(NotOwner):
            await call(broker)
        assert await asked(venue) == before, f"{name} asked the venue for something"


@pytest.mark.parametrize("carrier", ["sse", "websocket", "polling"])
async def test_a_link_whose_process_may_not_act_any_more_ends_without_a_word(venue: Stand, carrier: str):
    """Readings are due, a better carrier is due to be tried: none of it is done any more."""
    if carrier != "sse":
        fault(venue, "no_events")
    if carrier == "polling":
        fault(venue, "refuse_upgrade")
    broker = impatient(venue)
    async with running(broker) as run:
        assert run.told.known("link", broker.link)["carrier"] == carrier
        broker.guard = refuse
        before = await asked(venue)
        assert isinstance(await run.ended(), NotOwner)
        now = await asked(venue)
        under_way = sum(now["requests"].values()) - sum(before["requests"].values())  # type: ignore[attr-defined]
        assert under_way <= 2, "only what was under way when it was forbidden was answered"
        broker.guard = lambda deadline=None: None
        assert await broker.balances(), "the same broker acts again once it may"
