"""Claims about orders given to Tradier: how they are written, and that a statement of them costs little."""

import datetime
import decimal
import typing

import pytest

from brokers.adapter.error_mapping import StreamDropped
from brokers.contract.broker import Ticket
from brokers.contract.errors import NotSupported
from brokers.tradier.account.order_polling import read_orders
from brokers.tradier.account.orders import to_form
from brokers.tradier.account.statement import _read_history
from brokers.tradier.decoding import words
from tests.brokers.stand import Stand
from tests.brokers.tradier.conftest import ALICE, asked, fault, impatient
from tests.support.eventually import aeventually

D = decimal.Decimal


def ticket(symbol: str = "QQQ", quantity: str = "2", price: str | None = None) -> Ticket:
    return Ticket("6YA", symbol, D(quantity), "c1", None if price is None else D(price))


@pytest.mark.parametrize(
    ("quantity", "held", "side"),
    [("2", "0", "buy"), ("2", "-5", "buy_to_cover"), ("-2", "5", "sell"), ("-2", "0", "sell_short"), ("2", "5", "buy")],
)
def test_a_side_is_chosen_by_what_is_held(quantity, held, side):
    assert to_form(ticket(quantity=quantity), D(held))["side"] == side


def test_a_limit_on_an_option_names_option_and_underlying():
    assert to_form(ticket("QQQ241220C00450000", "-1.0", "2.50"), D(3)) == {
        "class": "option", "symbol": "QQQ", "option_symbol": "QQQ241220C00450000", "side": "sell_to_close",
        "quantity": "1", "type": "limit", "price": "2.50", "duration": "day", "tag": "c1",
    }  # fmt: skip
    with pytest.raises(NotSupported, match="/ESZ6"):
        to_form(ticket("/ESZ6"), D(0))


def test_the_words_of_an_error_are_its_own_and_a_page_has_none():
    assert words(b'{"errors":{"error":["a","b"]}}') == "a; b"
    assert words(b'{"errors":{"error":"LongPositionCrossZero"}}') == "LongPositionCrossZero"
    assert words(b"order already in finalized state: filled") == "order already in finalized state: filled"
    assert words(b"<html><title>503</title></html>") == words(b"{}") == words(b"") == "refused"


async def test_a_person_is_told_why_the_venue_refuses_an_order(venue: Stand):
    broker = impatient(venue)
    fault(venue, "deny", account=ALICE, text="DayTradingBuyingPowerExceeded")
    with pytest.raises(NotSupported, match="DayTradingBuyingPowerExceeded"):
        await broker.place(Ticket(ALICE, "QQQ", D(1), "c1"))
    await broker.close()


async def test_a_statement_takes_two_requests_an_account_and_little_more_at_first(venue: Stand):
    broker, since = impatient(venue), datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    costs = []
    for _ in range(3):
        before = sum(venue.running.tradier_stats()["requests"].values())
        statement = await broker.statement(since)
        costs.append(sum(venue.running.tradier_stats()["requests"].values()) - before)
    accounts = len(statement.accounts)
    assert costs == [1 + 3 * accounts, 2 * accounts, 2 * accounts]
    assert asked(venue, f"GET /v1/accounts/{ALICE}/history") == 1
    await broker.statement(since - datetime.timedelta(days=3))
    assert asked(venue, f"GET /v1/accounts/{ALICE}/history") == 2
    await broker.close()


async def test_an_order_of_a_former_session_is_told_in_a_statement_that_asks_for_it(venue: Stand):
    broker, since = impatient(venue), datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)
    orders = venue.running.tradier.orders
    placed = await broker.place(Ticket(ALICE, "QQQ", D(1), "c1"))
    await aeventually(lambda: orders.known[int(placed)].is_final)
    orders.known[int(placed)].created_at -= 86_400_000
    unlisted = await broker.statement(since)
    assert placed not in {order.order for order in unlisted.orders}
    asked_for = [(ALICE, placed), (ALICE, "1"), ("6YA99999", placed)]
    told = await broker.statement(since, asked_for)
    assert [(order.status, order.found) for order in told.orders if order.order == placed] == [("filled", "read")]
    assert [fill.quantity for fill in told.fills if fill.order == placed] == [1]
    assert asked(venue, f"GET /v1/accounts/{ALICE}/orders/{placed}") > 0
    await broker.close()


class Endless:
    """A venue that has always another page, of the same."""

    def __init__(self) -> None:
        self.asked = 0

    async def get(self, path: str, patience: float = 0, **params: str) -> typing.Any:
        self.asked += 1
        assert self.asked < 100, "it asks for ever"
        orders = [{"id": number} for number in range(1000)] if "page" in params else []
        return {"orders": {"order": orders, "total_pages": 10**9}, "history": {"event": [{}] * 1000}}


async def test_pages_without_end_are_read_to_an_end():
    rest = typing.cast(typing.Any, Endless())
    with pytest.raises(StreamDropped, match="more pages"):
        await read_orders(rest, ALICE)
    rest.asked = 0
    with pytest.raises(StreamDropped, match="more pages"):
        await _read_history(rest, ALICE, datetime.datetime.now(datetime.UTC))
