"""Lives of orders at random: what a venue's own book says of them adds up, and each kind of act is done."""

import collections
import decimal

import pytest

from simulator.alpaca import order_traffic as alpaca_order_traffic
from simulator.exchange.accounts import SimAccount
from simulator.exchange.order_traffic import LivesOrder, OrderTraffic
from simulator.server import running
from simulator.tastytrade import order_traffic as tastytrade_order_traffic
from simulator.tradier import order_traffic as tradier_order_traffic
from simulator.tradier.orders.order_book import SimTradierOrderBook
from tests.simulator.conftest import plain_http
from tests.simulator.trading import Desk

Decimal = decimal.Decimal
ACTS = 600


def lived(desk: Desk, lives: OrderTraffic, book: SimTradierOrderBook | None = None) -> None:
    """Let everything happen that was asked for, and what is on its way then."""
    for _ in range(ACTS):
        lives.act(4)
        desk.market.advance(0.02, desk.market.at + 20)
        if book is None:
            desk.step()
        else:
            book.advance()
    assert lives.is_over


def held(account: SimAccount) -> dict[str, Decimal]:
    return {holding.symbol: holding.quantity for holding in account.holdings}


def filled(book: dict) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = collections.defaultdict(Decimal)
    for fill in book["fills"]:
        totals[fill["symbol"]] += Decimal(fill["quantity"])
    return {symbol: total for symbol, total in totals.items() if total}


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_venue_has_filled_is_what_its_account_came_to_hold_and_no_order_got_more_than_it_asked_for(seed):
    desk = Desk("50000000")
    floor = tastytrade_order_traffic.SimTastytradeTrafficVenue(desk.exchange, desk.account)
    lives = OrderTraffic(floor, LivesOrder("5WX00001", ACTS, seed))
    lived(desk, lives)
    book = tastytrade_order_traffic.book(desk.exchange, desk.account)
    assert filled(book) == held(desk.account) == {s: Decimal(q) for s, q in book["positions"].items()}
    assert len({fill["id"] for fill in book["fills"]}) == len(book["fills"])
    assert set(lives.done) == {*lives._acts} - {"undo"}, "an act was never possible"
    asked = {order.id: order.ticket.legs[0].quantity or Decimal(0) for order in desk.exchange.orders_of(desk.account)}
    got: dict[int, Decimal] = collections.defaultdict(Decimal)
    for order in sorted(desk.exchange.orders_of(desk.account), key=lambda order: order.id):
        first = order.id
        while (found := next(o for o in desk.exchange.orders_of(desk.account) if o.id == first)).replaces is not None:
            first = found.replaces
        got[first] += order.filled
    assert all(got[first] <= asked[first] for first in got)


def test_an_order_of_tradier_keeps_its_id_and_everything_it_has_filled_through_changes():
    desk = Desk("50000000")
    orders = SimTradierOrderBook(desk.market, desk.exchange)
    lives = OrderTraffic(
        tradier_order_traffic.SimTradierTrafficVenue(orders, desk.account), LivesOrder("5WX00001", ACTS, 3)
    )
    lived(desk, lives, orders)
    book = tradier_order_traffic.book(orders, desk.account)
    assert filled(book) == held(desk.account)
    assert lives.done["race"] > 0
    assert all(abs(placed.executed) <= placed.quantity for placed in orders.known.values())


async def test_what_alpaca_took_back_or_corrected_counts_no_more_and_the_rest_is_what_is_held():
    async with running() as venue, plain_http(venue) as door:
        alpaca, account = venue.alpaca, venue.alpaca.accounts["PA0000000003"]
        account.cash = Decimal(50_000_000)
        alpaca.lives.append(
            OrderTraffic(
                alpaca_order_traffic.SimAlpacaTrafficVenue(alpaca.orders, account),
                LivesOrder(account.number, 400, 5, 2000),
            )
        )
        while not alpaca.lives[0].is_over:
            await door.get("/_sim/alpaca/lives")
        alpaca.tell_orders(alpaca.orders.drain_events())
        book = alpaca_order_traffic.book(alpaca.orders, alpaca.records["trades"], account)
        standing = [fill for fill in book["fills"] if not fill["void"] and fill["kind"] != "bust"]
        assert {fill["kind"] for fill in book["fills"]} == {"fill", "bust", "correction"}
        assert 0 < len(standing) < len(book["fills"])
        assert filled({"fills": standing}) == held(account)
        assert set(alpaca.lives[0].done) == set(alpaca.lives[0]._acts)


def test_the_same_seed_lives_the_same_lives():
    books = []
    for _ in range(2):
        desk = Desk("50000000")
        lived(
            desk,
            OrderTraffic(
                tastytrade_order_traffic.SimTastytradeTrafficVenue(desk.exchange, desk.account),
                LivesOrder("5WX00001", ACTS, 7),
            ),
        )
        books.append(tastytrade_order_traffic.book(desk.exchange, desk.account))
    assert books[0] == books[1]


async def test_lives_are_asked_for_at_the_door_and_its_book_tells_what_came_of_them():
    async with running() as venue, plain_http(venue) as door:
        doors = {"/_sim/": "5WX00001", "/_sim/tradier/": "6YA00001", "/_sim/alpaca/": "PA0000000001"}
        for prefix, account in doors.items():
            asked = await door.post(f"{prefix}lives", json={"account": account, "count": 40, "rate": 1000})
            assert (asked.status_code, asked.json()) == (200, {})
            while sum((told := (await door.get(f"{prefix}lives")).json()["lives"][0])["done"].values()) < told["count"]:
                pass
            book = (await door.post(f"{prefix}book", json={"account": account})).json()
            assert len(book["orders"]) > 0
            assert (await door.post(f"{prefix}lives", json={"account": "none", "count": 1})).status_code == 400


async def test_ten_minutes_pass_in_no_time_when_the_door_is_asked_to_hurry():
    async with running() as venue, plain_http(venue) as door:
        before = venue.tastytrade.wall_ms()
        assert (await door.post("/_sim/hurry", json={"seconds": 600, "rate": 5000})).status_code == 200
        while (await door.get("/_sim/clock")).json()["ahead_s"] < 600:
            pass
        assert 600_000 <= venue.tastytrade.wall_ms() - before < 660_000
        assert venue.tradier.wall_ms() - before >= 600_000
        assert (await door.post("/_sim/hurry", json={"seconds": -1})).status_code == 400
