"""Black–Scholes–Merton prices obey the laws every option price obeys."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from brokers.pricing import value

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
