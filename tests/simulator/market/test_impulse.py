"""An impulse moves a price by what it says, in the time it says, and nothing else does otherwise for it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.market.impulse import MARKET, Impulse, Impulses
from simulator.market.market import SimMarket
from simulator.market.universe import LISTINGS

AT = 1_795_000_000_000


@given(some.floats(-0.2, 0.2), some.floats(0.1, 600.0), some.lists(some.floats(0.0, 1000.0), max_size=20))
def test_however_often_it_is_asked_it_moves_the_price_by_its_size_and_no_more(
    size: float, lasts: float, moments: list[float]
):
    impulses = Impulses()
    impulses.add(Impulse("AAPL", size, 10.0, lasts))
    taken = [impulses.take("AAPL", moment) for moment in (*sorted(moments), 2000.0)]
    assert sum(taken) == pytest.approx(size)
    assert all(part * size >= -1e-12 for part in taken), "it never goes back"
    assert not impulses


def test_nothing_happens_before_it_begins_and_most_of_it_early():
    impulse = Impulse("AAPL", 0.08, 100.0, 200.0)
    assert [impulse.done(moment) for moment in (0.0, 100.0, 200.0, 300.0, 900.0)] == pytest.approx(
        [0.0, 0.0, 0.06, 0.08, 0.08]
    )


def test_two_of_one_symbol_add_up_and_another_symbol_has_none_of_it():
    impulses = Impulses()
    impulses.add(Impulse("AAPL", 0.05, 0.0, 10.0))
    impulses.add(Impulse("AAPL", -0.02, 5.0, 1.0))
    assert [each.symbol for each in impulses] == ["AAPL", "AAPL"]
    assert impulses.take("MSFT", 20.0) == 0.0
    assert impulses.take("AAPL", 20.0) == pytest.approx(0.03)


def market() -> SimMarket:
    names = ("SPY", "AAPL", "NVDA")
    return SimMarket(7, AT, listings={name: LISTINGS[name] for name in names})


def after(seconds: int, *impulses: Impulse) -> dict[str, float]:
    made = market()
    for impulse in impulses:
        made.push(impulse)
    for second in range(1, seconds + 1):
        made.advance(1.0, AT + 1000 * second)
    return {symbol: tape.walk.fair for symbol, tape in made.tapes.items()}


def test_it_moves_its_own_symbol_and_leaves_every_other_price_as_it_was():
    calm, moved = after(90), after(90, Impulse("AAPL", 0.03, 20.0, 60.0))
    assert math.log(moved["AAPL"] / calm["AAPL"]) == pytest.approx(0.03, abs=1e-5), "the pull takes next to nothing"
    assert (moved["SPY"], moved["NVDA"]) == (calm["SPY"], calm["NVDA"])


def test_it_moves_the_whole_market_by_each_beta():
    calm, moved = after(90), after(90, Impulse(MARKET, -0.01, 10.0, 60.0))
    for symbol in calm:
        expected = -0.01 * LISTINGS[symbol].beta
        assert math.log(moved[symbol] / calm[symbol]) == pytest.approx(expected, abs=1e-5)


def test_a_halt_only_delays_it():
    made = market()
    made.push(Impulse("AAPL", 0.05, 0.0, 10.0))
    made.halt("AAPL", AT)
    made.advance(30.0, AT + 30_000)
    stood = made.tapes["AAPL"].walk.fair
    made.resume("AAPL")
    made.advance(2.0, AT + 32_000)
    assert math.log(made.tapes["AAPL"].walk.fair / stood) == pytest.approx(0.05, abs=0.005)


def test_a_symbol_nobody_trades_is_refused():
    with pytest.raises(KeyError):
        market().push(Impulse("NOPE", 0.1, 0.0, 1.0))
