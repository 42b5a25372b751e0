"""A holding is valued at its mark; what is not known of it is missing, never 0."""

import decimal
import typing

from streaming.board.board import Item
from trading.portfolio.holding import Find, ended, value
from trading.portfolio.marks import Mark
from trading.portfolio.pnl import Trade, Traded
from trading.portfolio.trades_today import NONE, TradesToday

D = decimal.Decimal
CALL, FUTURE = "QQQ261218C00500000", "/ESZ6"
BOARD: dict[tuple[str, str], Item] = {
    ("quote", "QQQ"): {"bid": 99.5, "ask": 100.5, "at": 7, "link": "feed"},
    ("day", "QQQ"): {"prev_close": 98.0, "at": 1, "link": "feed"},
    ("profile", "QQQ"): {"beta": 1.2},
    ("quote", "SPY"): {"last": 400.0},
    ("quote", CALL): {"bid": 3.9, "ask": 4.1},
    ("greeks", CALL): {"delta": 0.5, "gamma": 0.01, "theta": -0.05},
    ("quote", FUTURE): {"last": 6_010.0},
}


def find(kind: str, symbol: str) -> Item:
    return BOARD.get((kind, symbol), {})


def nothing(kind: str, symbol: str) -> Item:
    return {}


def position(symbol: str = "QQQ", quantity: str | None = "10", **fields: object) -> Item:
    return {
        "link": "l", "account": "5WX1", "symbol": symbol, "quantity": None if quantity is None else D(quantity),
        "average_price": D(90), **fields,
    }  # fmt: skip


def valued(item: Item, board: Find = find, venue: Mark | None = None) -> typing.Any:
    return value(item, "live", board, venue, NONE)


def test_shares_are_worth_their_mark_and_move_with_the_market_by_beta():
    found = valued(position())
    assert (found.key, found.environment, found.underlying) == (("l", "5WX1", "QQQ"), "live", "QQQ")
    assert (found.value, found.open_pl, found.day_pl, found.realised_pl) == (1000, 100, 20, 0)
    assert (found.delta, found.gamma, found.theta, found.vega) == (10, 0, 0, 0)
    assert found.beta_delta == 10 * D("1.2") * 100 / 400
    assert found.is_whole


def test_a_short_option_counts_a_hundred_shares_and_its_greeks_the_other_way():
    found = valued(position(CALL, "-2", average_price=D(5), close_price=D(3)))
    assert (found.underlying, found.value, found.open_pl, found.day_pl) == ("QQQ", -800, 200, -200)
    assert (found.delta, found.gamma, found.theta) == (-100, -2, 10)
    assert found.vega is None, "its venue does not say"


def test_of_a_future_only_the_change_of_its_price_is_worth_anything():
    found = valued(position(FUTURE, "1", average_price=D(6_000), multiplier=D(50)))
    assert found.value == found.open_pl == 500
    unknown = valued(position(FUTURE, "1"))
    assert (unknown.value, unknown.day_pl, unknown.is_whole) == (None, None, False), "its multiplier is not known"
    assert unknown.mark is not None


def test_the_venues_own_mark_stands_in_for_a_close_and_never_for_a_book():
    venue = Mark(D(97), "venue", 9, "l")
    assert valued(position(), venue=venue).mark == Mark(D(100), "mid", 7, "feed")

    def closed(kind: str, symbol: str) -> Item:
        return find(kind, symbol) if kind == "day" else {}

    for board in (closed, nothing):
        assert valued(position(), board, venue=venue).mark == venue
    assert valued(position(), closed).mark == Mark(D(98), "close", 1, "feed")


def test_what_is_not_known_is_missing_and_the_rest_is_there():
    unpriced = valued(position(), nothing)
    assert (unpriced.value, unpriced.open_pl, unpriced.day_pl, unpriced.beta_delta) == (None, None, None, None)
    assert unpriced.delta == 10
    uncounted = valued(position(quantity=None))
    assert (uncounted.value, uncounted.delta, uncounted.is_whole) == (None, None, False)
    assert valued(position(average_price=None)).open_pl is None


def test_the_market_itself_and_what_moves_with_nothing_need_no_beta():
    assert valued(position("SPY", "3")).beta_delta == 3
    assert valued(position(CALL, "0")).beta_delta == 0


def test_what_is_held_no_more_is_worth_nothing_and_keeps_what_it_made_today():
    traded = Traded.of([Trade(D(-10), D(99), D("0.5"))])
    dealt = TradesToday(traded, realised_pl=D("89.5"))
    found: typing.Any = ended(("l", "5WX1", "QQQ"), "live", find, dealt)
    assert (found.held, found.value, found.open_pl, found.delta, found.beta_delta) == (False, 0, 0, 0, 0)
    assert (found.day_pl, found.realised_pl) == (10 * (99 - 98) - D("0.5"), D("89.5"))
    unknown: typing.Any = ended(("l", "5WX1", FUTURE), "live", find, dealt)
    assert (unknown.value, unknown.day_pl, unknown.realised_pl) == (0, None, None)


def test_the_board_gets_what_the_desk_works_out_and_where_its_mark_is_from():
    told = valued(position()).position()
    assert (told.mark, told.mark_source, told.mark_at, told.mark_link) == (100, "mid", 7, "feed")
    assert (told.value, told.open_pl, told.delta) == (1000, 100, 10)
    unmarked = valued(position(), nothing).position()
    assert (unmarked.mark, unmarked.mark_source, unmarked.value) == (None, None, None)
