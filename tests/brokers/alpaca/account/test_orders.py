"""Orders are placed once at most, cancelled when asked, and refusals have the venue's words."""

import datetime
import decimal

import pytest

from brokers.alpaca.account.orders import body_of
from brokers.contract.broker import Ticket
from brokers.contract.errors import LinkLost, NotOwner, NotSupported
from tests.brokers.alpaca.conftest import Person, fault, impatient, stats
from tests.brokers.stand import Stand

D = decimal.Decimal
PLACE = "POST /alpaca/v2/orders"


def ticket(venue: Stand, quantity: int = 2, price: decimal.Decimal | None = None) -> Ticket:
    return Ticket(venue.accounts()[0], "AAPL", D(quantity), "desk1", price)


def test_a_ticket_is_written_as_the_venue_reads_it():
    sold = Ticket("PA1", "AAPL", D("-1.50"), "desk1", D("190.10"))
    assert body_of(sold) == {
        "symbol": "AAPL", "qty": "1.50", "side": "sell", "type": "limit", "time_in_force": "day",
        "client_order_id": "desk1", "limit_price": "190.10",
    }  # fmt: skip
    bought = body_of(Ticket("PA1", "BTC/USD", D(1), "desk1"))
    assert (bought["type"], bought["side"], bought["time_in_force"], "limit_price" in bought) == (
        "market",
        "buy",
        "gtc",
        False,
    )


async def test_an_order_is_placed_and_cancelled(venue: Stand, person: Person):
    broker = impatient(venue)
    order = await broker.place(ticket(venue, price=D("1.00")))
    assert (await person.ask("GET", f"/v2/orders/{order}"))["client_order_id"] == "desk1"
    await broker.cancel(venue.accounts()[0], order)
    statement = await broker.statement(datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1))
    assert [(each.order, each.status) for each in statement.orders if each.order == order] in (
        [(order, "canceled")],
        [(order, "pending")],
    )


async def test_a_refusal_has_the_words_of_the_venue(venue: Stand):
    broker = impatient(venue)
    with pytest.raises(NotSupported, match="buying power"):
        await broker.place(ticket(venue, quantity=1_000_000))
    with pytest.raises(NotSupported, match="order"):
        await broker.cancel(venue.accounts()[0], "no-such-order")


async def test_an_order_whose_answer_was_lost_is_found_by_its_client_id_and_placed_once(venue: Stand, person: Person):
    broker = impatient(venue)
    fault(venue, "rest", path="/v2/orders", mode="cut", times=1)
    try:
        order = await broker.place(ticket(venue, price=D("1.00")))
    except LinkLost:
        order = ""
    placed = [
        row["id"] for row in await person.ask("GET", "/v2/orders?status=all") if row["client_order_id"] == "desk1"
    ]
    assert placed == ([order] if order else [])
    assert stats(venue)["requests"][PLACE] == 1, "it goes to the venue once at most"


async def test_a_command_that_came_too_late_never_reaches_the_venue(venue: Stand):
    broker = impatient(venue)
    asked = []

    def guard(deadline: int | None = None) -> None:
        asked.append(deadline)
        if deadline is not None:
            raise NotOwner("too late")

    broker.guard = guard
    with pytest.raises(NotOwner):
        await broker.place(ticket(venue), 5)
    with pytest.raises(NotOwner):
        await broker.cancel(venue.accounts()[0], "1", 5)
    assert asked == [5, 5]
    assert stats(venue)["requests"] == {}


async def test_a_process_that_is_replaced_while_an_order_is_in_doubt_does_not_say_that_nothing_was_sent(venue: Stand):
    """NotOwner would mean that nothing went to the venue, and that the order may be placed again."""
    broker, asked = impatient(venue), []

    def guard(deadline: int | None = None) -> None:
        asked.append(deadline)
        if len(asked) > 3:  # before its turn, after it and at the wire: whether it arrived may not be asked
            raise NotOwner("another process may act for this person")

    fault(venue, "rest", path="/v2/orders", mode="cut", times=1)
    broker.guard = guard
    with pytest.raises(LinkLost, match="nobody knows") as lost:
        await broker.place(ticket(venue, price=D("1.00")))
    assert not isinstance(lost.value, NotOwner)
    assert stats(venue)["requests"][PLACE] == 1
