"""The simulated market moves like one, and the same seed moves it the same way."""

import datetime
import itertools
import math
import statistics

import msgspec
import pytest

from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.moves import activity
from simulator.market.random_walk import YEAR_S
from simulator.market.universe import LISTINGS, Listing

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)


def only(*symbols: str) -> dict[str, Listing]:
    return {symbol: LISTINGS[symbol] for symbol in symbols}


def walk(market: SimMarket, seconds: float, step: float = 0.02) -> list[tuple[float, float, set[str]]]:
    """Advance by steps; return (time, QQQ's middle, who quoted) of each."""
    told = []
    for n in range(1, round(seconds / step) + 1):
        changes = market.advance(step, NOON + round(n * step * 1000))
        told.append((n * step, market.tapes["QQQ"].mid, changes.quotes))
    return told


def test_the_same_seed_gives_the_same_market_however_time_is_cut():
    one, other = SimMarket(7, NOON), SimMarket(7, NOON)
    walk(one, 20, step=0.02)
    walk(other, 20, step=0.5)
    assert {s: (t.bid, t.ask, t.last, t.volume) for s, t in one.tapes.items()} == {
        s: (t.bid, t.ask, t.last, t.volume) for s, t in other.tapes.items()
    }


def test_another_seed_gives_another_market():
    one, other = SimMarket(7, NOON), SimMarket(8, NOON)
    assert one.tapes["QQQ"].mid != other.tapes["QQQ"].mid


def test_qqqs_book_changes_three_to_five_times_a_second():
    market, books = SimMarket(7, NOON, listings=only("QQQ")), []
    for n in range(1, 3001):
        market.advance(0.02, NOON + 20 * n)
        tape = market.tapes["QQQ"]
        books.append((tape.bid, tape.ask, tape.bid_size, tape.ask_size))
    assert 3 * 60 <= sum(before != after for before, after in itertools.pairwise(books)) <= 5 * 60


def test_a_tape_ticks_at_its_new_rate_however_long_it_was_to_wait():
    market = SimMarket(7, NOON, listings=only("QQQ"))
    market.set_rate("QQQ", 0.001)
    assert sum(len(quotes) for _, _, quotes in walk(market, 60)) == 0
    market.set_rate("QQQ", 10.0)
    assert 180 <= sum(len(quotes) for _, _, quotes in walk(market, 20)) <= 220


def test_spy_quotes_at_least_once_a_second_and_an_illiquid_stock_hardly():
    told = walk(SimMarket(7, NOON), 120)
    times = [time for time, _, quoted in told if "SPY" in quoted]
    assert max(after - before for before, after in itertools.pairwise([0.0, *times])) < 1.0
    assert 2 <= sum("KMPR" in quoted for _, _, quoted in told) <= 30


def test_stocks_move_together_and_the_vix_against_them():
    market = SimMarket(7, NOON, listings=only("SPY", "QQQ", "VIX"))
    paths: dict[str, list[float]] = {symbol: [] for symbol in market.tapes}
    for n in range(1, 400):
        market.advance(5, NOON + n * 5000)
        for symbol, path in paths.items():
            path.append(market.tapes[symbol].fair)
    spy, qqq, vix = ([b / a - 1 for a, b in itertools.pairwise(path)] for path in paths.values())
    assert statistics.correlation(spy, qqq) > 0.7
    assert statistics.correlation(spy, vix) < -0.5


def test_the_market_is_about_as_volatile_as_its_listing_says():
    market = SimMarket(7, NOON, listings=only("AAPL"))
    path = []
    for n in range(1, 2000):
        market.advance(5, NOON + n * 5000)
        path.append(market.tapes["AAPL"].fair)
    a_year = statistics.stdev(b / a - 1 for a, b in itertools.pairwise(path)) * (YEAR_S / 5) ** 0.5
    assert 0.4 * LISTINGS["AAPL"].vol < a_year < 2.5 * LISTINGS["AAPL"].vol, "days are calm or wild"


def test_every_tape_is_in_order_at_all_times():
    market = SimMarket(7, NOON)
    for n in range(300):
        market.advance(1, NOON + n * 1000)
        for symbol, tape in market.tapes.items():
            assert tape.last is not None
            assert 0 < tape.bid < tape.ask, symbol
            assert tape.low <= min(tape.open, tape.last) <= max(tape.open, tape.last) <= tape.high, symbol
            for price in (tape.bid, tape.ask, tape.last, tape.open, tape.high, tape.low, tape.prev_close):
                steps = price / tape.listing.tick
                assert abs(steps - round(steps)) < 1e-6, symbol
                assert round(price, tape.listing.places) == price, symbol


def test_an_index_has_no_sizes_and_no_volume():
    vix = SimMarket(7, NOON).tapes["VIX"]
    assert (vix.bid_size, vix.ask_size, vix.last_size, vix.volume) == (None, None, None, None)


def test_a_halted_tape_stands_still_until_it_resumes():
    market = SimMarket(7, NOON)
    market.halt("TSLA", NOON)
    assert all("TSLA" not in quoted for _, _, quoted in walk(market, 10))
    market.resume("TSLA")
    assert any("TSLA" in quoted for _, _, quoted in walk(market, 2))


def test_a_new_day_takes_the_last_price_as_previous_close():
    market = SimMarket(7, NOON)
    last = market.tapes["QQQ"].last
    changes = market.advance(0, calendar.day_ends(NOON))
    qqq = market.tapes["QQQ"]
    assert "QQQ" in changes.days
    assert qqq.prev_close == last
    assert qqq.volume == 0
    assert market.day == datetime.date(2026, 11, 19)


def real_hours(day: datetime.date, hour: int, minute: int = 0) -> SimMarket:
    return SimMarket(7, calendar.at_clock(day, hour, minute), is_always_open=False)


def kinds(market: SimMarket, symbols: set[str]) -> set[str]:
    return {market.tapes[symbol].listing.kind for symbol in symbols}


def test_with_real_hours_stocks_stand_still_at_night_and_do_not_catch_up():
    market = real_hours(datetime.date(2026, 11, 18), 22)
    night = market.at
    assert market.state == "Closed"
    fair = market.tapes["QQQ"].fair
    assert kinds(market, market.advance(3600, night + 3_600_000).quotes) == {"future", "crypto"}
    morning = calendar.at_clock(datetime.date(2026, 11, 19), 9, 30)
    assert kinds(market, market.advance(0.001, morning).quotes) <= {"future", "crypto"}
    assert {"etf", "equity", "index"} <= kinds(market, market.advance(2, morning + 2000).quotes)
    path, day = market.tapes["QQQ"].walk.path, activity.number_of(datetime.date(2026, 11, 18))
    gap = path.level(day + 1, activity.OPEN_SLOT) - path.level(day, activity.CLOSE_SLOT)
    assert market.tapes["QQQ"].fair == pytest.approx(fair * math.exp(gap), rel=0.001)
    assert abs(gap) > 0.002, "the night leaves a gap"


def test_with_real_hours_futures_rest_over_the_weekend_and_coins_do_not():
    friday = datetime.date(2026, 11, 20)
    market = real_hours(friday, 16, 59)
    assert kinds(market, market.advance(30, market.at + 30_000).quotes) == {"future", "crypto"}
    closed = calendar.at_clock(friday, 17)
    market.advance(0, closed)
    fair = market.tapes["/ESZ6"].fair
    for hour in range(1, 49):
        assert kinds(market, market.advance(300, closed + hour * 3_600_000).quotes) == {"crypto"}
    sunday = calendar.at_clock(friday + datetime.timedelta(days=2), 18)
    market.advance(0, sunday)
    assert "/ESZ6" in market.advance(10, sunday + 10_000).quotes
    assert market.tapes["/ESZ6"].fair != pytest.approx(fair, rel=1e-6), "the weekend leaves a gap"
    assert market.tapes["/ESZ6"].fair == pytest.approx(fair, rel=0.03)


@pytest.mark.long
def test_a_month_of_seconds_keeps_prices_plausible():
    slow = {symbol: msgspec.structs.replace(listing, rate=1 / 600) for symbol, listing in only("VIX", "KMPR").items()}
    market = SimMarket(7, NOON, listings=slow)
    for n in range(1, 720):
        market.advance(3600, NOON + n * 3_600_000)
        assert 3 < market.tapes["VIX"].mid < 90
        assert 20 < market.tapes["KMPR"].mid < 200


def test_the_prices_of_a_seed_stay_what_they_were():
    market = SimMarket(7, 1_795_000_000_000)
    for step in range(200):
        market.advance(0.5, 1_795_000_000_000 + 500 * step)
    recorded = {"SPY": 546.36, "AAPL": 224.45, "VIX": 15.73, "KMPR": 62.02, "BTC/USD": 99719.43}
    assert {symbol: market.tapes[symbol].bid for symbol in recorded} == recorded
