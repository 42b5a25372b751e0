"""Claims about accounts: events are notices, REST is the truth, and nothing is missed when there are no events."""

import asyncio
import decimal

import msgspec

from brokers.contract.events import Balance, Link, Position
from tests.brokers.stand import LINK, Stand, streaming
from tests.brokers.tradier.conftest import (
    ALICE,
    BOB,
    BOBS,
    MINT_ACCOUNT,
    SHORT,
    Impatient,
    asked,
    fault,
    impatient,
    opened,
    place,
    running,
)


class Unhurried(Impatient):
    """The same, reading accounts only when something asks for it."""

    limits = msgspec.structs.replace(SHORT, poll_s=60.0, reconcile_s=60.0)


def bought(told) -> decimal.Decimal | None:
    quantity = told.known("position", LINK, ALICE, "KMPR").get("quantity")
    return quantity if isinstance(quantity, decimal.Decimal) else None


async def test_a_fill_elsewhere_is_told_at_once(venue: Stand):
    async with running(impatient(venue, kind=Unhurried)) as run:
        await run.told.until(lambda told: opened(venue, "account"))
        await run.told.until(lambda told: len(told.of(Balance, account=ALICE)) > 1)  # read again once it hears
        cash = run.told.known("balance", LINK, ALICE)["cash"]
        await place(venue)
        await run.told.until(lambda told: bought(told) == 5)
        position = run.told.known("position", LINK, ALICE, "KMPR")
        assert position["average_price"] > 0
        assert position["mark_source"] == "venue"
        await run.told.until(lambda told: told.known("balance", LINK, ALICE)["cash"] < cash)


async def test_a_fill_is_read_until_its_price_is_there(venue: Stand):
    fault(venue, "late_price", account=ALICE)
    async with running(impatient(venue, kind=Unhurried)) as run:
        await run.told.until(lambda told: len(told.of(Balance, account=ALICE)) > 1)
        number = await place(venue)
        order = f"GET /v1/accounts/{ALICE}/orders/{number}"
        await run.told.until(lambda told: asked(venue, order) > 1, within=10)
        fault(venue, "clear")
        seen = len(run.told.events)
        await run.told.until(lambda told: told.of(Position, seen, symbol="KMPR", quantity=5), within=10)


async def test_what_the_events_missed_is_found_by_reading(venue: Stand):
    async with running(impatient(venue)) as run:
        await run.told.until(lambda told: opened(venue, "account"))
        fault(venue, "swallow_event", account=ALICE, seconds=30)
        await place(venue)
        await run.told.until(lambda told: bought(told) == 5)


async def test_events_that_are_late_doubled_or_strange_do_no_harm(venue: Stand):
    async with running(impatient(venue)) as run:
        await run.told.until(lambda told: opened(venue, "account"))
        for name in ("duplicate_event", "reorder_events", "unknown_status", "late_event"):
            fault(venue, name, account=ALICE)
        fault(venue, "unknown_event", account=ALICE)
        fault(venue, "garbage", stream="account")
        await place(venue)
        await run.told.until(lambda told: bought(told) == 5)
        await run.told.until(lambda told: told.known("link", LINK)["bad_rows"] == 1)
        assert run.told.states == ["live"]


async def test_an_order_that_is_taken_and_then_rejected_changes_nothing(venue: Stand):
    async with running(impatient(venue)) as run:
        await run.told.until(lambda told: opened(venue, "account"))
        fault(venue, "heartbeat", account=ALICE, delay=0.1)
        fault(venue, "reject", account=ALICE, text="WashTradeAttempt")
        await place(venue)
        alice = venue.running.tradier.grants[0].person.accounts[0]
        await run.told.until(lambda told: venue.running.tradier.orders.of(alice)[0].status == "rejected")
        seen = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Balance, seen, account=ALICE)) > 2)
        assert bought(run.told) is None
        assert run.told.states == ["live"]


async def test_without_its_stream_accounts_are_polled(venue: Stand):
    fault(venue, "too_many", stream="account")
    async with running(impatient(venue, BOBS)) as run:
        before = len(run.told.of(Balance, account=BOB))
        await run.told.until(lambda told: len(told.of(Balance, account=BOB)) > before + 2)
        await place(venue, BOBS)
        await run.told.until(lambda told: told.known("position", LINK, BOB, "KMPR").get("quantity") == 5)
        assert run.told.states == ["live"]
        assert asked(venue, MINT_ACCOUNT) <= 4, "it stormed"
        fault(venue, "clear")
        await run.told.until(lambda told: venue.running.tradier.listeners)


async def test_an_account_stream_that_drops_is_opened_again_and_the_link_stays_live(venue: Stand):
    async with running(impatient(venue)) as run:
        await run.told.until(lambda told: opened(venue, "account"))
        fault(venue, "drop", stream="account", mode="abort")
        await run.told.until(lambda told: opened(venue, "account") == 2)
        assert run.told.states == ["live"]


async def test_what_is_sold_elsewhere_is_gone(venue: Stand):
    async with running(impatient(venue)) as run:
        assert run.told.known("position", LINK, ALICE, "MSFT")["quantity"] == 40
        await place(venue, symbol="MSFT", side="sell", quantity="40")
        await run.told.until(lambda told: told.of(Position, symbol="MSFT", gone=True))


async def test_a_token_for_accounts_of_its_own_is_used_for_accounts_only(venue: Stand):
    grant = venue.credentials()
    async with running(impatient(venue)):
        await asyncio.sleep(0)
    buckets = {name: venue.running.tradier.tokens[grant[name]].buckets for name in ("data_token", "trading_token")}
    assert (buckets["data_token"]["standard"].used, buckets["trading_token"]["market"].used) == (0, 0)
    assert buckets["data_token"]["market"].used > 0
    assert buckets["trading_token"]["standard"].used > 0


async def test_one_token_may_do_for_both(venue: Stand):
    broker = impatient(venue)
    broker._credentials.pop("trading_token")
    async with streaming(broker, quotes={"QQQ"}) as run:
        await run.told.until_live()
        assert run.told.of(Link)
        assert run.told.of(Balance, account=ALICE)
