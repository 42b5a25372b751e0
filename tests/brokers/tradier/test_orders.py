"""Claims about orders given to Tradier: how they are written, and that a statement of them costs little."""

import datetime
import decimal

import pytest

from brokers.contract import Ticket
from brokers.errors import NotSupported
from brokers.tradier.orders import to_form
from brokers.tradier.quirks import words
from tests.brokers.stand import Stand
from tests.brokers.tradier.conftest import ALICE, asked, fault, impatient

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
