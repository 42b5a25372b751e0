"""Claims about the guard: what this process must not do never reaches the venue, whoever in the adapter would do it."""

import datetime
import decimal

import pytest

from brokers.contract.broker import Series, Ticket, Watch
from brokers.contract.errors import NotOwner
from tests.brokers.stand import Stand, stand, streaming
from tests.brokers.tastytrade.conftest import impatient

SINCE = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)


def refuse(deadline: int | None = None) -> None:
    raise NotOwner("another process may act for this person")


async def asked(venue: Stand) -> dict[str, object]:
    """Return everything that the venue was asked for so far, and what was opened there."""
    stats = await venue.stats()
    return {name: stats[name] for name in ("requests", "tokens", "opened")}


CALLS = {
    "run": lambda broker: broker.run(Watch(), lambda event: None),
    "verify": lambda broker: broker.verify(),
    "balances": lambda broker: broker.balances(),
    "positions": lambda broker: broker.positions(),
    "candles": lambda broker: broker.candles(Series("SPY", "1d"), SINCE),
    "chain": lambda broker: broker.chain("SPY"),
    "metrics": lambda broker: broker.metrics(["SPY"]),
    "hours": lambda broker: broker.hours(),
    "statement": lambda broker: broker.statement(SINCE),
    "place": lambda broker: broker.place(Ticket("5WX00001", "SPY", decimal.Decimal(1), "guarded")),
    "cancel": lambda broker: broker.cancel("5WX00001", "1"),
}


async def test_a_broker_that_must_not_act_leaves_the_venue_alone(venue: Stand):
    broker = venue.broker()
    before = await asked(venue)
    broker.guard = refuse
    for name, call in CALLS.items():
        with pytest.raises(NotOwner):
            await call(broker)
        assert await asked(venue) == before, f"{name} asked the venue for something"
    await broker.close()


async def test_a_link_whose_process_may_not_act_any_more_ends_without_a_word(tmp_path):
    """Its token is due, heartbeats and readings are due: none of it is done any more."""
    async with (
        stand("tastytrade", tmp_path, token_lifetime=1.0) as venue,
        streaming(impatient(venue), quotes={"SPY"}) as run,
    ):
        await run.told.until_live()
        before = await asked(venue)
        run.broker.guard = refuse
        assert isinstance(await run.ended(), NotOwner)
        now = await asked(venue)
        assert now == before
        run.broker.guard = lambda deadline=None: None
        assert await run.broker.balances(), "the same broker acts again once it may"
