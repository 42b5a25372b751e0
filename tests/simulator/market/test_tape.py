"""A tape quotes and prints on its ticks, and remembers its day."""

import datetime
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.market import calendar
from simulator.market.tape import Tape
from simulator.market.universe import LISTINGS

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
SYMBOLS = ("AAPL", "KMPR", "BTC/USD", "VIX")


def tape_of(symbol: str, seed: int = 7) -> Tape:
    return Tape(LISTINGS[symbol], random.Random(seed), NOON)


def test_a_tape_begins_with_one_print_that_went_nowhere():
    tape = tape_of("AAPL")
    assert (tape.trades, tape.direction, tape.last_at) == (1, "UNDEFINED", NOON)
    assert tape.low <= tape.open <= tape.high


def test_a_move_trades_at_the_nearest_tick_within_the_book_and_says_which_way_it_went():
    tape, told = tape_of("AAPL"), []
    for price in (300.004, 300.0, 299.996, 290.0):
        tape.move(price, NOON + 1)
        told.append((tape.last, tape.direction))
        assert tape.bid <= tape.last <= tape.ask  # type: ignore[operator]
    assert told == [(300.0, "UP"), (300.0, "ZERO"), (300.0, "ZERO"), (290.0, "DOWN")]
    assert (tape.high, tape.last_at, tape.bid_at) == (300.0, NOON + 1, NOON + 1)


def test_a_price_never_falls_below_a_tick():
    tape = tape_of("KMPR")
    tape.move(0.01, NOON)
    assert 0.01 <= tape.bid < tape.ask


def test_a_listener_hears_each_print_with_what_was_traded():
    tape, heard = tape_of("AAPL"), list[float]()
    tape.on_print = lambda _, traded: heard.append(traded)
    before, turnover, trades = tape.volume, tape.turnover, tape.trades
    for _ in range(5):
        tape.move(200.0, NOON)
    assert tape.volume == before + sum(heard)  # type: ignore[operator]
    assert tape.turnover == pytest.approx(turnover + 200.0 * sum(heard))  # type: ignore[operator]
    assert tape.trades - trades == len(heard) == 5


def test_an_index_is_calculated_so_its_prints_have_no_size_and_its_day_no_volume():
    tape, heard = tape_of("VIX"), list[float]()
    tape.on_print = lambda _, traded: heard.append(traded)
    tape.move(20.0, NOON)
    tape.roll()
    assert math.isnan(heard[0])
    assert (tape.last, tape.last_size, tape.volume, tape.turnover, tape.bid_size) == (20.0, None, None, None, None)


def test_a_new_day_begins_at_the_quote_and_remembers_the_last_price():
    tape = tape_of("AAPL")
    tape.move(250.0, NOON)
    volume = tape.volume
    tape.roll()
    assert (tape.prev_close, tape.prev_volume) == (250.0, volume)
    assert (tape.volume, tape.turnover) == (0.0, 0.0)
    assert tape.open == tape.high == tape.low == round(tape.mid, 2)


def test_a_basis_is_what_a_price_is_of_the_shared_walk():
    first = tape_of("AAPL")
    second = Tape(LISTINGS["AAPL"], random.Random(8), NOON, first.walk, 1.1)
    assert second.fair == pytest.approx(1.1 * first.walk.fair)
    second.move(330.0, NOON)
    assert first.walk.fair == pytest.approx(300.0)


@given(
    some.sampled_from(SYMBOLS),
    some.integers(0, 99),
    some.lists(some.one_of(some.none(), some.floats(0.5, 2.0)), max_size=30),
)
def test_whatever_happens_the_book_is_uncrossed_and_the_day_holds_its_last_price(
    symbol: str, seed: int, moves: list[float | None]
):
    tape = tape_of(symbol, seed)
    for second, share in enumerate(moves, start=1):
        ticks, volume = tape.ticks, tape.volume or 0.0
        if share is None:
            tape.tick(float(second), 0.0, NOON + second * 1000)
        else:
            tape.move(tape.listing.price * share, NOON + second * 1000)
        assert tape.ticks == ticks + 1
        assert (tape.volume or 0.0) >= volume
        assert tape.last is not None
        assert 0 < tape.bid < tape.ask
        assert tape.low <= tape.last <= tape.high
        for price in (tape.bid, tape.ask, tape.last, tape.high, tape.low):
            assert price == round(round(price / tape.step) * tape.step, tape.places)
