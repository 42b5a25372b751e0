"""What an account holds follows its fills at once, and its readings when they are no longer late."""

import decimal

from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.alpaca.account.state import AlpacaAccountState, to_balance, to_identity, to_position
from brokers.contract.events import Position
from brokers.contract.reports import FillReport

D = decimal.Decimal
LATE_S = 5.0


def fill(position: int | None, at: int, symbol: str = "AAPL") -> FillReport:
    held = None if position is None else D(position)
    return FillReport(
        link="link", account="PA1", id=f"{symbol} {at}", at=at, order="1", symbol=symbol, quantity=D(1), price=D(9),
        underlying=symbol, instrument="Equity", multiplier=D(1), position=held,
    )  # fmt: skip


def row(quantity: int, symbol: str = "AAPL", **more) -> dict:
    side = "short" if quantity < 0 else "long"
    return {
        "symbol": symbol,
        "qty": str(quantity),
        "side": side,
        "avg_entry_price": "10",
        "asset_class": "us_equity",
    } | more


def held(told: list[Position]) -> dict[str, object]:
    return {position.symbol: "gone" if position.gone is True else position.quantity for position in told}


def test_a_fill_moves_its_position_at_once():
    position = AlpacaAccountState("link", LATE_S).filled(fill(7, 1000), 0.0)
    assert position is not None
    assert (position.quantity, position.at, position.average_price) == (D(7), 1000, Position(
        link="link", account="PA1", symbol="AAPL").average_price)  # fmt: skip


def test_a_fill_that_closes_takes_its_position_away():
    book = AlpacaAccountState("link", LATE_S)
    assert held(book.read([row(5)], "PA1", 1, 0.0)) == {"AAPL": D(5)}
    position = book.filled(fill(0, 1000), 0.0)
    assert position is not None
    assert position.gone is True


def test_an_older_fill_that_comes_later_moves_nothing():
    book = AlpacaAccountState("link", LATE_S)
    assert book.filled(fill(2, 2000), 0.0) is not None
    assert book.filled(fill(1, 1000), 0.1) is None
    assert book.filled(fill(None, 3000), 0.2) is None


def test_a_late_reading_does_not_move_a_position_back():
    book = AlpacaAccountState("link", LATE_S)
    book.read([row(5), row(1, "SPY")], "PA1", 1, 0.0)
    book.filled(fill(8, 1000), 10.0)
    assert held(book.read([row(5), row(1, "SPY")], "PA1", 2, 11.0)) == {"SPY": D(1)}
    assert held(book.read([row(8), row(1, "SPY")], "PA1", 3, 12.0)) == {"AAPL": D(8), "SPY": D(1)}
    assert held(book.read([row(5)], "PA1", 4, 10.0 + LATE_S)) == {"AAPL": D(5), "SPY": "gone"}, "then it is right"


def test_a_late_reading_neither_brings_back_nor_takes_away():
    book = AlpacaAccountState("link", LATE_S)
    book.read([row(5)], "PA1", 1, 0.0)
    book.filled(fill(0, 1000), 10.0)
    assert held(book.read([row(5)], "PA1", 2, 11.0)) == {}
    book.filled(fill(3, 1000, "SPY"), 11.0)
    assert held(book.read([], "PA1", 3, 12.0)) == {}
    assert held(book.read([], "PA1", 4, 11.0 + LATE_S)) == {"SPY": "gone"}


def test_what_is_unreadable_takes_nothing_away():
    book = AlpacaAccountState("link", LATE_S)
    book.read([row(5)], "PA1", 1, 0.0)
    assert held(book.read([{"symbol": "SPY"}], "PA1", 2, 1.0)) == {}
    assert book.bad == 1


words = some.lists(some.tuples(some.integers(-3, 3), some.integers(0, 40)), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(words, some.randoms())
def test_in_whatever_order_fills_come_the_newest_decides(told, random):
    fills = [fill(position, at) for position, at in {at: (position, at) for position, at in told}.values()]
    book, board = AlpacaAccountState("link", LATE_S), D(0)
    for each in random.sample(fills, len(fills)):
        if (position := book.filled(each, 0.0)) is not None:
            board = D(0) if position.gone is True else position.quantity  # type: ignore[assignment]
    assert board == max(fills, key=lambda each: each.at).position


def test_a_position_has_no_price_of_the_venue():
    prices = {"current_price": "174.29", "lastday_price": "174.61", "unrealized_pl": "-0.98", "market_value": "348.58"}
    position = to_position(row(-2, **prices), "link", "PA1", 1)
    bare = Position(link="link", account="PA1", symbol="AAPL")
    for name in ("mark", "mark_source", "close_price", "day_pl", "open_pl"):
        assert getattr(position, name) is getattr(bare, name)
    assert (position.quantity, position.average_price) == (D(-2), D(10))


def test_a_coin_and_an_option_are_named_our_way():
    assert to_position(row(1, "BTCUSD", asset_class="crypto"), "link", "PA1", 1).symbol == "BTC/USD"
    option = to_position(row(1, "AAPL250221C00230000", asset_class="us_option"), "link", "PA1", 1)
    assert (option.underlying, option.instrument, option.multiplier) == ("AAPL", "Equity Option", D(100))


def test_money_that_is_not_told_is_missing():
    balance = to_balance({"account_number": "PA1", "equity": "10.50", "cash": "3"}, "link", 1)
    assert (balance.balance, balance.cash, balance.buying_power, balance.day_pl) == (D("10.50"), D(3), None, None)
    told = to_balance({"account_number": "PA1", "equity": "10.50", "last_equity": "11.00"}, "link", 1)
    assert told.day_pl == D("-0.50")


def test_an_account_says_what_it_may_do():
    identity = to_identity({"account_number": "PA1", "status": "ACTIVE", "multiplier": "2", "trading_blocked": True})
    assert (identity.number, identity.kind, identity.authority, identity.closed) == (
        "PA1",
        "margin",
        "read-only",
        False,
    )
    assert to_identity({"account_number": "PA1", "status": "ACCOUNT_CLOSED"}).closed
