"""Books of past sessions stand on the prices that the venue tells of those days, and know as much as they say."""

import datetime
import itertools
import statistics

import pytest

from simulator.market import calendar
from simulator.market.bars import DAY, HALF_HOUR
from simulator.market.charts import SimCharts
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.past_books import BookBar, PastBooks
from simulator.market.universe import LISTINGS

TODAY = datetime.date(2026, 11, 18)
SEED = 7


def sessions(symbol: str, count: int, edge: float = 0.0) -> list[list[BookBar]]:
    books = PastBooks(SEED, LISTINGS[symbol], TODAY, edge)
    return [list(books.session(calendar.shift(TODAY, -day))) for day in range(count, 0, -1)]


@pytest.mark.parametrize("symbol", ["SPY", "NVDA"])
def test_half_hours_end_where_the_venues_chart_says(symbol: str):
    at = calendar.at_clock(TODAY, 10)
    market = SimMarket(SEED, at, listings={symbol: LISTINGS[symbol]})
    charts = SimCharts(market, OptionSurface(market))
    told = {
        bar.at: bar.close for bar in charts.bars(market.tapes[symbol], "last", HALF_HOUR, at - 9 * DAY, regular=True)
    }
    found = {bar.at - 25 * 60_000: bar.close for bars in sessions(symbol, 5) for bar in bars[5::6]}
    assert len(found) == 5 * 13
    assert {half: told[half] for half in found} == found


def test_a_session_has_78_bars_in_a_row_and_half_a_day_has_fewer():
    assert [len(bars) for bars in sessions("SPY", 2)] == [78, 78]
    times = [bar.at for bar in sessions("SPY", 1)[0]]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {300_000}
    books = PastBooks(SEED, LISTINGS["SPY"], datetime.date(2026, 11, 30))
    assert len(list(books.session(datetime.date(2026, 11, 27)))) == 42


def test_a_bar_holds_its_prices_and_its_book_stands_around_the_last():
    for bar in itertools.chain.from_iterable(sessions("TSLA", 3)):
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.bid < bar.ask
        assert bar.mid == pytest.approx(bar.close, rel=0.01)
        assert min(bar.bid_size, bar.ask_size, bar.volume) > 0


@pytest.mark.parametrize("edge", [0.0, 0.2])
def test_sizes_know_as_much_of_the_next_bar_as_the_edge_says(edge: float):
    leans, moves = [], []
    for symbol in ("SPY", "QQQ", "AAPL", "NVDA"):
        for bars in sessions(symbol, 16, edge):
            usual = statistics.pstdev(later.mid / bar.mid for bar, later in itertools.pairwise(bars))
            for bar, later in itertools.pairwise(bars):
                leans.append((bar.bid_size - bar.ask_size) / (bar.bid_size + bar.ask_size))
                moves.append((later.mid / bar.mid - 1) / usual)
    # A tenth of the move is over when one looks, and deviations vary within a day.
    assert statistics.correlation(leans, moves) == pytest.approx(0.86 * edge, abs=3 / len(leans) ** 0.5)


def test_a_book_is_that_of_half_a_minute_after_its_bar():
    ahead = [
        (bar.mid - bar.close) / (later.close - bar.close)
        for bars in sessions("SPY", 5)
        for bar, later in itertools.pairwise(bars)
        if abs(later.close - bar.close) > 0.3
    ]
    assert statistics.fmean(ahead) == pytest.approx(0.1, abs=0.05)
