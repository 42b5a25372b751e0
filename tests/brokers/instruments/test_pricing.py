"""Black–Scholes–Merton prices obey the laws every option price obeys."""

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from brokers.instruments.pricing import MOST_VOL, implied_dividend, implied_vol, value

spots = some.floats(1, 5_000)
strikes = some.floats(1, 5_000)
terms = some.floats(1 / 365, 3)
ivs = some.floats(0.03, 3)
rates = some.floats(0, 0.1)
rights = some.sampled_from("CP")


@given(rights, spots, strikes, terms, ivs, rates, rates)
def test_a_price_lies_between_its_bounds(right, spot, strike, years, iv, rate, dividend):
    price = value(right, spot, strike, years, iv, rate, dividend).price
    held, owed = spot * math.exp(-dividend * years), strike * math.exp(-rate * years)
    least, most = (held - owed, held) if right == "C" else (owed - held, owed)
    assert max(0.0, least) - 1e-7 <= price <= most + 1e-7


@given(spots, strikes, terms, ivs, rates, rates)
def test_a_call_minus_its_put_is_the_forward(spot, strike, years, iv, rate, dividend):
    call, put = (value(right, spot, strike, years, iv, rate, dividend) for right in "CP")
    forward = spot * math.exp(-dividend * years) - strike * math.exp(-rate * years)
    assert call.price - put.price == pytest.approx(forward, abs=1e-6)
    assert call.gamma == put.gamma
    assert call.vega == put.vega


@given(rights, some.floats(50, 500), some.floats(0.7, 1.4), some.floats(0.05, 2), some.floats(0.1, 1), rates, rates)
def test_greeks_are_the_slopes_of_the_price(right, spot, moneyness, years, iv, rate, dividend):
    strike = spot * moneyness

    def price(spot=spot, years=years, iv=iv, rate=rate):
        return value(right, spot, strike, years, iv, rate, dividend).price

    greeks = value(right, spot, strike, years, iv, rate, dividend)
    bump, day = spot * 1e-4, 1e-3 / 365
    assert greeks.delta == pytest.approx((price(spot + bump) - price(spot - bump)) / (2 * bump), abs=1e-4)
    assert greeks.vega == pytest.approx((price(iv=iv + 1e-5) - price(iv=iv - 1e-5)) / 2e-3, abs=1e-3)
    assert greeks.rho == pytest.approx((price(rate=rate + 1e-5) - price(rate=rate - 1e-5)) / 2e-3, abs=1e-3)
    assert greeks.theta == pytest.approx((price(years=years - day) - price(years=years + day)) / 2e-3, abs=1e-3)


@given(rights, spots, strikes)
def test_an_expired_option_is_worth_its_intrinsic_value(right, spot, strike):
    expired = value(right, spot, strike, 0.0, 0.2, 0.04, 0.0)
    assert expired.price == max(0.0, spot - strike if right == "C" else strike - spot)
    assert (expired.gamma, expired.theta, expired.vega, expired.rho) == (0.0, 0.0, 0.0, 0.0)


def test_a_textbook_option_has_its_textbook_price():
    """Hull, Options, Futures and Other Derivatives, example 15.6: S 42, K 40, r 10 %, sigma 20 %, half a year."""
    assert value("C", 42, 40, 0.5, 0.2, 0.1, 0.0).price == pytest.approx(4.76, abs=0.005)
    assert value("P", 42, 40, 0.5, 0.2, 0.1, 0.0).price == pytest.approx(0.81, abs=0.005)


def integrated(right: str, spot: float, strike: float, years: float, iv: float, rate: float, dividend: float) -> float:
    """The price as it is defined: what an option pays, averaged over the lognormal distribution. Simpson's rule."""
    root, drift = iv * math.sqrt(years), (rate - dividend - 0.5 * iv * iv) * years
    edge = (math.log(strike / spot) - drift) / root  # where the payment begins; smooth on either side
    low, high = (max(edge, -12.0), 12.0) if right == "C" else (-12.0, min(edge, 12.0))
    steps = 2_000
    width = (high - low) / steps

    def paid(z: float) -> float:
        final = spot * math.exp(drift + root * z)
        return abs(final - strike) * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)

    inner = sum((4 if n % 2 else 2) * paid(low + n * width) for n in range(1, steps))
    return math.exp(-rate * years) * (paid(low) + inner + paid(high)) * width / 3.0


Priced = Callable[[float], float]
CASES = [
    (right, 450.0, 450.0 * moneyness, years, iv, 0.04, 0.013)
    for right in "CP"
    for moneyness in (0.9, 1.0, 1.08)
    for years in (2 / 365, 0.1, 1.5)
    for iv in (0.12, 0.35)
]


@pytest.mark.parametrize("case", CASES)
def test_prices_and_greeks_agree_with_an_independent_integration(case):
    right, spot, strike, years, iv, rate, dividend = case
    valued = value(*case)
    assert valued.price == pytest.approx(integrated(*case), abs=1e-6)

    def slope(at: float, step: float, price: Priced) -> float:
        """The derivative by five points: its error is of the fourth power of the step."""
        return (price(at - 2 * step) - 8 * price(at - step) + 8 * price(at + step) - price(at + 2 * step)) / (12 * step)

    def bend(at: float, step: float, price: Priced) -> float:
        ends, near = price(at - 2 * step) + price(at + 2 * step), price(at - step) + price(at + step)
        return (16 * near - ends - 30 * price(at)) / (12 * step * step)

    by_spot = lambda spot: integrated(right, spot, strike, years, iv, rate, dividend)  # noqa: E731
    width = spot * iv * math.sqrt(years)
    assert valued.delta == pytest.approx(slope(spot, width * 0.01, by_spot), abs=1e-6)
    assert valued.gamma == pytest.approx(bend(spot, width * 0.02, by_spot), abs=1e-6)
    by_iv = lambda iv: integrated(right, spot, strike, years, iv, rate, dividend)  # noqa: E731
    assert valued.vega == pytest.approx(slope(iv, iv * 0.003, by_iv) / 100, abs=1e-6)
    by_rate = lambda rate: integrated(right, spot, strike, years, iv, rate, dividend)  # noqa: E731
    assert valued.rho == pytest.approx(slope(rate, 0.003, by_rate) / 100, abs=1e-6)
    by_time = lambda years: integrated(right, spot, strike, years, iv, rate, dividend)  # noqa: E731
    assert valued.theta == pytest.approx(-slope(years, years * 0.003, by_time) / 365, abs=1e-6)


@given(rights, some.floats(10, 1000), some.floats(0.5, 2), terms, some.floats(0.03, 3), rates, rates)
def test_the_implied_volatility_is_the_one_that_gave_the_price(right, spot, moneyness, years, iv, rate, dividend):
    strike = spot * moneyness
    valued = value(right, spot, strike, years, iv, rate, dividend)
    assume(valued.vega * 100 > 1e-3 * spot)  # else the price does not depend on it
    found = implied_vol(right, valued.price, spot, strike, years, rate, dividend)
    assert found is not None
    assert found == pytest.approx(iv, abs=1e-6)
    assert value(right, spot, strike, years, found, rate, dividend).price == pytest.approx(valued.price, abs=1e-6)


@settings(max_examples=200)
@given(rights, some.floats(1, 1000), some.floats(0.1, 10), terms, some.floats(0, 2000), rates, rates)
def test_a_volatility_explains_its_price_or_there_is_none(right, spot, moneyness, years, price, rate, dividend):
    strike = spot * moneyness
    found = implied_vol(right, price, spot, strike, years, rate, dividend)
    if found is not None:
        assert 0 < found < MOST_VOL
        assert value(right, spot, strike, years, found, rate, dividend).price == pytest.approx(price, abs=1e-6)


@pytest.mark.parametrize("price", [0.0, -1.0, 49.0, 100.5, math.nan])
def test_a_price_beyond_its_bounds_has_no_volatility(price):
    assert implied_vol("C", price, 100.0, 50.0, 0.5, 0.0, 0.0) is None


def test_an_expired_option_has_no_volatility():
    assert implied_vol("C", 3.0, 100.0, 98.0, 0.0, 0.04, 0.0) is None


@given(some.floats(10, 1000), some.floats(0.8, 1.25), terms, ivs, rates, rates)
def test_calls_and_puts_tell_what_their_underlying_yields(spot, moneyness, years, iv, rate, dividend):
    strike = spot * moneyness
    call, put = (value(right, spot, strike, years, iv, rate, dividend).price for right in "CP")
    found = implied_dividend(call, put, spot, strike, years, rate)
    assert found is not None
    assert found == pytest.approx(dividend, abs=1e-6)
    forward = spot * math.exp(-found * years) - strike * math.exp(-rate * years)
    assert call - put == pytest.approx(forward, abs=1e-6)


def test_prices_without_sense_yield_nothing():
    assert implied_dividend(1.0, 500.0, 100.0, 100.0, 0.5, 0.04) is None
    assert implied_dividend(3.0, 3.0, 100.0, 100.0, 0.0, 0.04) is None
