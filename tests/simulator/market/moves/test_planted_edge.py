"""A planted edge is as large as it says, and moves no price; a null market's prints do not bounce."""

import datetime
import statistics

import pytest

from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.moves import activity
from simulator.market.moves.planted_edge import PlantedEdge
from simulator.market.moves.price_path import path_of
from simulator.market.universe import LISTINGS

MORNING = calendar.at_clock(datetime.date(2026, 11, 18), 10)


@pytest.mark.parametrize("size", [0.0, 0.2])
def test_the_lean_before_a_bar_correlates_with_its_move_as_it_says(size: float):
    leans, moves = [], []
    for symbol in ("SPY", "XOM", "NVDA", "KO"):
        path, edge = path_of(7, LISTINGS[symbol]), PlantedEdge(7, size)
        for day in range(12):
            number = activity.number_of(calendar.shift(datetime.date(2026, 11, 18), -day))
            for minute in range(600, 930, 5):
                leans.append(edge.lean(path, activity.midnight(number) + minute * activity.MINUTE_MS))
                course = path.minutes(number, minute // 30)
                begin = minute % 30
                deviation = sum(course.variances[begin : begin + 5]) ** 0.5
                moves.append((course.values[begin + 5] - course.values[begin]) / deviation)
    assert statistics.correlation(leans, moves) == pytest.approx(size, abs=3 / len(leans) ** 0.5)


@pytest.mark.parametrize("seconds", [-240, -1, 0, 59])
def test_a_book_tells_of_a_bar_from_four_minutes_before_until_one_minute_into_it(seconds: int):
    assert PlantedEdge.find_bar(MORNING + seconds * 1000) == MORNING
    assert PlantedEdge.find_bar(MORNING - 240_001) == MORNING - 300_000
    assert PlantedEdge.find_bar(MORNING + 60_000) == MORNING + 300_000


def test_an_edge_moves_no_price_and_shows_in_the_sizes():
    listings = {"SPY": LISTINGS["SPY"]}
    plain, planted = SimMarket(7, MORNING, listings=listings), SimMarket(7, MORNING, listings=listings, edge=0.9)
    for market in (plain, planted):
        market.advance(60.0, MORNING + 60_000)
    assert planted.tapes["SPY"].walk.fair == pytest.approx(plain.tapes["SPY"].walk.fair, rel=2e-4)
    tape, lean = planted.tapes["SPY"], planted.tapes["SPY"].lean
    assert lean != 0.0
    assert tape.bid_size is not None
    assert tape.ask_size is not None
    shown = (tape.bid_size - tape.ask_size) / (tape.bid_size + tape.ask_size)
    assert shown == pytest.approx(lean, abs=0.05)


def test_a_null_market_prints_halfway_between_bid_and_ask():
    market = SimMarket(7, MORNING, listings={"META": LISTINGS["META"]}, prints_at_mid=True)
    tape, printed = market.tapes["META"], 0
    for n in range(1, 600):
        if "META" in market.advance(0.1, MORNING + n * 100).trades:
            printed += 1
            assert tape.last == pytest.approx(tape.mid)
    assert printed > 30


def test_an_edge_that_is_no_correlation_is_refused():
    with pytest.raises(ValueError, match=r"not 1\.5"):
        PlantedEdge(7, 1.5)
