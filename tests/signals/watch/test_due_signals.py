"""The end of a signal is the first mid at or after it is due, within its horizon; else a candle's, else none."""

import pytest

from brokers.contract.events import Profile, Quote
from news.impact.rules import MARKET
from signals.watch.board_prices import HALTED, BoardPrice, read_beta, read_price
from signals.watch.due_signals import ASK_MS, GIVE_UP_MS, DueSignals
from streaming.board.board import Board
from tests.signals.record.support import a_batch

BAR, DUE = 1_000_000, 1_300_000


@pytest.fixture
def due():
    one = DueSignals(BAR, DUE)
    one.add(["A", "B"])
    return one


def at(prices):
    return lambda symbol: prices.get(symbol, BoardPrice())


FRESH = BoardPrice(100.0, 0.02, 100)


def test_a_mid_counts_from_when_it_is_due_until_a_horizon_later(due):
    due.look(at({"A": FRESH}), DUE - 1)
    assert due.symbols == {"A", "B"}
    due.look(at({"A": FRESH}), DUE)
    assert due.symbols == {"B"}
    due.look(at({"A": BoardPrice(200.0, 0.02, 100), "B": FRESH}), DUE + 300_001)
    assert due.symbols == {"B"}, "too late for a mid"
    due.look(at({"B": FRESH}), DUE + 300_000)
    assert due.is_known()


@pytest.mark.parametrize("price", [BoardPrice(100.0, 0.02, 5_001), BoardPrice(100.0, 0.02, 1, HALTED), BoardPrice()])
def test_an_old_quote_or_a_halt_is_no_mid(due, price):
    due.look(at({"A": price}), DUE)
    assert due.symbols == {"A", "B"}


def test_candles_are_asked_for_once_mids_are_too_late_and_again_where_nobody_answers(due):
    assert due.next_unknown(DUE + 300_000) is None
    now = DUE + 300_001
    assert due.next_unknown(now) == "A"
    due.put_off("A", now)
    assert due.next_unknown(now + ASK_MS - 1) is None
    assert due.next_unknown(now + ASK_MS) == "B", "it is another's turn"
    due.tell("B", 101.0, DUE + 60_000)
    assert due.next_unknown(now + ASK_MS) == "A"
    due.put_off("A", now + GIVE_UP_MS)
    assert not due.is_known()
    due.put_off("A", now + GIVE_UP_MS + 1)
    assert due.is_known(), "it is lost"


def test_a_symbol_that_never_answers_loses_itself_and_no_other(due):
    due.add(["C"])
    now = begun = DUE + 300_001
    asked = []
    while not due.is_known():
        symbol = due.next_unknown(now)
        if symbol is not None:
            asked.append(symbol)
            if symbol == "A" or now < begun + GIVE_UP_MS // 2:
                due.put_off(symbol, now)
            else:
                due.tell(symbol, 101.0, DUE + 60_000)
        now += 1_000
    assert asked[:4] == ["A", "B", "C", "A"], "in turns"
    assert begun + GIVE_UP_MS < now < begun + GIVE_UP_MS + 2 * ASK_MS
    assert list(due.ends_of(a_batch(symbols=["A", "B", "C"])).mid) == [None, 101.0, 101.0]


def test_who_is_waited_for_again_is_asked_no_longer_for_it(due):
    now = DUE + 300_001
    due.put_off("A", now)
    due.put_off("B", now)
    due.add(["A", "B"])
    due.put_off("A", now + GIVE_UP_MS + 1)
    assert due.symbols == {"B"}


def test_whoever_was_away_for_long_asks_as_long(due):
    late = DUE + 20 * GIVE_UP_MS
    due.put_off("A", late)
    assert due.next_unknown(late + ASK_MS) == "B"
    assert due.symbols == {"A", "B"}


def test_the_market_ends_with_those_whose_moves_are_beyond_its_own(due):
    due.add([MARKET])
    due.look(at({"A": FRESH, "B": FRESH}), DUE)
    assert not due.is_known(), "the market's end is waited for"
    due.look(at({MARKET: BoardPrice(401.0, 0.01, 100)}), DUE + 1_000)
    assert due.is_known()
    ends = due.ends_of(a_batch(symbols=["A", "B"]))
    assert (ends.market, list(ends.mid)) == (401.0, [FRESH.mid, FRESH.mid])


def test_a_beta_is_that_of_the_venue_shrunk_and_the_market_has_none():
    board = Board("")
    board.apply(Profile(symbol="A", beta=2.0, at=1_000), "l")
    board.apply(Profile(symbol=MARKET, beta=1.0, at=1_000), "l")
    assert read_beta(board, "A") == pytest.approx(1.66)
    assert read_beta(board, "B") == 1.0, "nobody told one"
    assert read_beta(board, MARKET) == 0.0


def test_a_board_is_read_with_what_stands_against_a_price():
    board = Board("")
    board.apply(Quote(symbol="A", bid=99.0, ask=101.0, at=1_000), "l")
    assert read_price(board, "A", 3_500) == BoardPrice(100.0, 2.0, 2_500)
    assert read_price(board, "B", 3_500) == BoardPrice()
    board.apply(Profile(symbol="A", status="halted", at=1_000), "l")
    assert read_price(board, "A", 3_500).obstacle == HALTED
    board.apply(Quote(symbol="C", bid=101.0, ask=99.0, at=1_000), "l")
    assert read_price(board, "C", 3_500).mid is None, "a crossed book has none"
