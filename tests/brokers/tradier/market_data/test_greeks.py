"""Claims about Greeks: the venue's with their age, ours where quotes are newer, and both in agreement with a model."""

import datetime
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from brokers.contract.broker import Demand
from brokers.contract.events import Balance, Day, Greeks, Quote
from brokers.instruments import pricing
from brokers.instruments.calendar import NEW_YORK
from brokers.instruments.pricing import USUAL as RATE
from brokers.instruments.symbols import Option, parse_option
from brokers.tradier.market_data import greeks_model
from brokers.tradier.market_data.greeks_model import MarketInputs, calculated, pairs, years_left, yield_of
from brokers.tradier.market_data.normaliser import Known
from brokers.tradier.rest import TRIES
from tests.brokers.stand import Stand
from tests.brokers.tradier.conftest import MINT, asked, fault, impatient, running, sandboxed

EXPIRY = datetime.date(2027, 1, 15)
CLOSE = datetime.datetime(2027, 1, 15, 16, tzinfo=NEW_YORK)
CHAINS = "GET /v1/markets/options/chains"


def ms(moment: datetime.datetime) -> int:
    return int(moment.timestamp() * 1000)


def quoted(mid: float) -> Known:
    return Known(bid=mid, ask=mid)


def parsed(symbol: str) -> Option:
    option = parse_option(symbol)
    assert option is not None
    return option


@settings(max_examples=60, deadline=None)
@given(
    some.floats(20, 800), some.integers(1, 400), some.floats(0.08, 1.2), some.floats(-0.03, 0.12), some.floats(0.9, 1.1)
)
def test_a_chain_that_a_model_made_is_valued_as_the_model_does(spot, days, vol, dividend, moneyness):
    at = ms(CLOSE - datetime.timedelta(days=days))
    years = years_left("ABC", EXPIRY, at)
    strikes = sorted({round(spot * ratio, 2) for ratio in (0.95, 0.99, 1.01, 1.05, moneyness)})
    symbols = [f"ABC270115{right}{round(strike * 1000):08d}" for strike in strikes for right in "CP"]
    mids = {}
    for symbol in symbols:
        option = parsed(symbol)
        mids[symbol] = pricing.value(option.right, spot, float(option.strike), years, vol, RATE, dividend).price
    market = MarketInputs("ABC", yield_of(pairs(mids), spot, years))
    assert market.dividend == pytest.approx(dividend, abs=1e-6)
    for symbol in symbols:
        option = parsed(symbol)
        told = calculated(option, quoted(mids[symbol]), market, spot, at, delayed=False)
        true = pricing.value(option.right, spot, float(option.strike), years, vol, RATE, dividend)
        if true.vega < 1e-3:
            continue  # its price does not depend on the volatility that was hidden in it
        assert told is not None
        for name in ("price", "delta", "gamma", "theta", "vega", "rho"):
            assert getattr(told, name) == pytest.approx(getattr(true, name), abs=1e-6), name
        assert (told.source, told.at) == ("calc", at)
    for call, put in zip(symbols[::2], symbols[1::2], strict=True):
        forward = spot * math.exp(-market.dividend * years) - float(parsed(call).strike) * math.exp(-RATE * years)
        assert mids[call] - mids[put] == pytest.approx(forward, abs=1e-6)


@pytest.mark.parametrize(("bid", "ask"), [(None, 1.0), (1.0, None), (2.0, 1.0), (90.0, 90.2)])
def test_a_quote_that_explains_nothing_has_no_greeks(bid, ask):
    at = ms(CLOSE - datetime.timedelta(days=30))
    option = parsed("ABC270115C00100000")
    assert calculated(option, Known(bid=bid, ask=ask), MarketInputs("ABC", 0.0), 80.0, at, delayed=False) is None


def test_an_option_that_has_ended_has_no_greeks():
    option = parsed("ABC270115C00100000")
    assert calculated(option, quoted(3.0), MarketInputs("ABC", 0.0), 100.0, ms(CLOSE), delayed=False) is None
    assert years_left("ABC", EXPIRY, ms(CLOSE) - 1) > 0


def test_without_pairs_the_forward_is_the_underlying():
    assert yield_of([], 100.0, 0.5) == RATE
    assert yield_of([greeks_model.OptionPair(100.0, 60.0, 1.0)], 100.0, 0.5) == RATE, "quotes of different moments"


async def test_the_venues_greeks_come_first_and_ours_once_quotes_are_newer(venue: Stand):
    options = {venue.option("C"), venue.option("P")}
    async with running(impatient(venue), greeks=options) as run:
        for option in options:
            await run.told.until(lambda told, option=option: told.of(Greeks, symbol=option, source="calc"))  # type: ignore[misc]
            first, *_, last = run.told.of(Greeks, symbol=option)
            surface = venue.running.tastytrade.surface.find(option)
            assert surface is not None
            assert first.source == "venue"
            assert last.at > first.at  # type: ignore[operator]
            assert last.iv == pytest.approx(surface.iv, abs=0.01)
            assert last.delta == pytest.approx(surface.value.delta, abs=0.02)
            assert run.told.known("day", option)["open_interest"] > 0
        assert {event.symbol for event in run.told.of(Greeks)} == options
        await run.told.until(lambda told: len(told.of(Greeks, source="calc")) > 8)
    assert asked(venue, CHAINS) == 1, "one expiration is one request"


async def test_greeks_that_are_wanted_later_come_too(venue: Stand):
    option = venue.option()
    async with running(impatient(venue), quotes={"SPY"}) as run:
        await run.told.until(lambda told: told.of(Quote, symbol="SPY"))
        run.watch.set_demand(Demand(quotes=frozenset({"SPY", option}), greeks=frozenset({option})))
        await run.told.until(lambda told: told.of(Greeks, symbol=option))


async def test_an_option_without_the_venues_greeks_has_ours(venue: Stand):
    option = venue.option()
    fault(venue, "no_greeks", symbol=option)
    async with running(impatient(venue), greeks={option}) as run:
        await run.told.until(lambda told: told.of(Greeks, symbol=option))
        assert {event.source for event in run.told.of(Greeks)} == {"calc"}


async def test_greeks_are_computed_only_so_often(venue: Stand):
    option = venue.option()
    async with running(impatient(venue), greeks={option}) as run:
        await run.told.until(lambda told: told.of(Greeks, source="calc"))
        began = time.monotonic()
        before = len(run.told.of(Greeks))
        await run.told.until(lambda told: len(told.of(Greeks)) > before + 5)
        assert (len(run.told.of(Greeks)) - before) / (time.monotonic() - began) <= 1 / impatient(
            venue
        ).limits.calc_s + 1


async def test_a_venue_that_does_not_tell_its_chain_takes_nothing_else_along(venue: Stand):
    fault(venue, "rest", mode="503", path="/markets/options/chains")
    option = venue.option()
    async with running(impatient(venue), quotes={option}, greeks={option}) as run:
        await run.told.until(lambda told: asked(venue, CHAINS) == TRIES)
        await run.told.until(lambda told: told.known("quote", option).get("bid"))
        began = len(run.told.of(Balance))
        await run.told.until(lambda told: len(told.of(Balance)) > began + 4)
        assert run.told.states == ["live"]
        assert not run.told.of(Greeks)
        assert asked(venue, CHAINS) == TRIES, "it is asked again later, not at once"


async def test_the_sandbox_has_greeks_too(venue: Stand):
    option = venue.option()
    async with running(sandboxed(venue), greeks={option}) as run:
        await run.told.until(lambda told: told.of(Greeks, symbol=option))
        told = {event.delayed for event in run.told.of(Greeks)} | {event.delayed for event in run.told.of(Day)}
        assert told == {True}
    assert asked(venue, MINT) == 0
