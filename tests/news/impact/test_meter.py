"""Which items are measured at once, by which prices, and when to look next."""

import pytest

from news.impact import meter as meter_module
from news.impact.measurement import HeardItem, Measurement
from news.impact.meter import LOOK_MS, ImpactMeter
from news.impact.rules import PATIENCE_MS, PriceSample

MINUTE = 60_000


class Prices:
    """The prices that a test says."""

    def __init__(self) -> None:
        self.known: dict[str, PriceSample] = {}

    def say(self, symbol: str, mid: float, moment: int, **flags: bool) -> None:
        self.known[symbol] = PriceSample(mid, mid, at=moment, **flags)

    def sample(self, symbol: str) -> PriceSample:
        return self.known.get(symbol, PriceSample())

    def beta(self, symbol: str) -> float | None:
        return None


@pytest.fixture
def prices() -> Prices:
    return Prices()


@pytest.fixture
def meter(prices) -> ImpactMeter:
    return ImpactMeter(prices)


def heard(number: int, received_at: int = 0) -> HeardItem:
    return HeardItem(id=f"d{number}", story=f"d{number}", category="guidance", received_at=received_at)


def began(meter: ImpactMeter, prices: Prices, number: int, symbol: str, now: int) -> Measurement:
    """An item whose measurement began at once."""
    prices.say("SPY", 500.0, now)
    prices.say(symbol, 100.0, now)
    meter.add(heard(number, now), symbol, now)
    (found,) = meter.drain()
    return found


def test_an_item_begins_with_a_quote_of_its_symbol_and_of_the_market_whichever_comes_last(meter, prices):
    meter.add(heard(1), "NVDA", 0)
    meter.add(heard(2), "AAPL", 0)
    assert meter.symbols == {"NVDA", "AAPL", "SPY"}
    assert [meter.awaits(symbol) for symbol in ("NVDA", "SPY", "TSLA")] == [True, True, False]
    prices.say("NVDA", 100.0, 1)
    meter.take("NVDA", 1)
    prices.say("AAPL", 200.0, 2)
    meter.take("AAPL", 2)
    assert not meter.has_changes
    prices.say("SPY", 500.0, 3)
    meter.take("SPY", 3)
    assert {(one.item, one.since) for one in meter.drain()} == {("d1", 3), ("d2", 3)}
    assert meter.waiting == frozenset()
    assert not meter.awaits("SPY")


def test_a_quote_from_before_an_item_arrived_does_not_begin_it(meter, prices):
    prices.say("SPY", 500.0, 0)
    prices.say("NVDA", 100.0, 999)
    meter.add(heard(1, 1_000), "NVDA", 1_100)
    assert meter.waiting == {"NVDA"}
    prices.say("NVDA", 101.0, 1_200)
    meter.take("NVDA", 1_200)
    (found,) = meter.drain()
    assert (found.since, found.mid) == (1_200, 101.0)


def test_one_without_a_quote_is_void_after_a_minute_and_wants_nothing_more(meter):
    meter.add(heard(1), "NVDA", 0)
    assert meter.due(0) == PATIENCE_MS + 1
    meter.advance(PATIENCE_MS)
    assert len(meter) == 1
    meter.advance(PATIENCE_MS + 1)
    (found,) = meter.drain()
    assert {window.void for window in found.windows} == {"no_quote"}
    assert (meter.symbols, meter.due(0)) == (frozenset(), None)


def test_beyond_the_bounds_an_item_is_void_at_once_but_one_of_a_symbol_that_is_streamed_anyway(
    meter, prices, monkeypatch
):
    monkeypatch.setattr(meter_module, "MOST_SYMBOLS", 3)
    monkeypatch.setattr(meter_module, "MOST_ITEMS", 4)
    for number, symbol in enumerate(("NVDA", "AAPL"), 1):
        meter.add(heard(number), symbol, 0)
    meter.add(heard(3), "MSFT", 0)
    (found,) = meter.drain()
    assert (found.item, {window.void for window in found.windows}) == ("d3", {"too_many"})
    prices.say("TSLA", 100.0, 0)
    meter.add(heard(4), "TSLA", 0)
    meter.add(heard(5), "NVDA", 0)
    assert not meter.has_changes
    meter.add(heard(6), "NVDA", 0)
    assert [one.item for one in meter.drain()] == ["d6"]


def test_an_item_that_is_heard_of_twice_is_measured_once(meter, prices):
    began(meter, prices, 1, "NVDA", 0)
    meter.add(heard(1), "NVDA", 5)
    assert (len(meter), meter.has_changes) == (1, False)


def test_a_later_story_of_the_same_symbol_is_confounded_by_windows_that_are_open(meter, prices):
    began(meter, prices, 1, "NVDA", 0)
    other = began(meter, prices, 2, "AAPL", MINUTE)
    later = began(meter, prices, 3, "NVDA", 6 * MINUTE)
    assert [window.is_confounded for window in other.windows] == [False, False, False]
    assert [window.is_confounded for window in later.windows] == [False, True, True]


def test_first_windows_are_told_every_so_often_and_only_where_somebody_looks(meter, prices):
    began(meter, prices, 1, "NVDA", 0)
    meter.advance(0)
    prices.say("NVDA", 101.0, 1)
    meter.drain()
    meter.advance(LOOK_MS - 1)
    meter.advance(LOOK_MS, is_shown=False)
    assert not meter.has_changes
    assert (meter.due(1), meter.due(1, is_shown=False)) == (LOOK_MS, 5 * MINUTE)
    meter.advance(LOOK_MS)
    assert meter.has_changes


def test_what_is_over_is_let_go_and_what_is_gone_is_forgotten(meter, prices):
    began(meter, prices, 1, "NVDA", 0)
    began(meter, prices, 2, "AAPL", 0)
    meter.add(heard(3, 9), "MSFT", 9)
    meter.forget(["d2", "d3", "d7"])
    assert (meter.symbols, meter.waiting) == ({"NVDA", "SPY"}, frozenset())
    for minutes in (5, 15, 60):
        meter.advance(minutes * MINUTE)
    assert len(meter) == 0


def test_candles_are_asked_for_once_of_what_had_moved_and_for_every_end_that_was_missed(meter, prices):
    one = began(meter, prices, 1, "NVDA", 0)
    assert meter.unasked(0) == [one]
    one.is_asked = True
    assert meter.unasked(1) == []
    assert meter.unasked(7 * MINUTE) == [one]
    one.windows[0].finish(None, "unwatched")
    meter.note(one)
    assert (meter.unasked(7 * MINUTE), meter.drain()) == ([], [one])
