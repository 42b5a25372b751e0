"""Market metrics tell the story the streams tell, and every day's past is the same whoever asks when."""

import datetime
import decimal
import itertools
import math
import statistics

import pytest
from tastytrade import Session
from tastytrade.dxfeed import Greeks, Profile, Underlying
from tastytrade.instruments import OptionType, get_option_chain
from tastytrade.metrics import (
    DividendInfo,
    EarningsInfo,
    EarningsReport,
    Liquidity,
    MarketMetricInfo,
    OptionExpirationImpliedVolatility,
    get_dividends,
    get_earnings,
    get_market_metrics,
)

from simulator.market import calendar, corporate_actions, volatility
from simulator.market.history_anchors import HistoryAnchors
from simulator.market.market import SimMarket
from simulator.market.moves import price_path
from simulator.market.option_surface import OptionSurface
from simulator.market.synthetic_history import SyntheticPast
from simulator.market.universe import LISTINGS
from simulator.server import SimRunning
from simulator.tastytrade.bodies import metrics
from tests.simulator.conftest import Door
from tests.simulator.fields import lacking
from tests.simulator.tastytrade.test_sdk import collect, feed

DAY = datetime.date(2026, 11, 18)


async def test_the_sdk_reads_metrics_dividends_and_earnings(session: Session):
    spy, aapl, brk = await get_market_metrics(session, ["SPY", "AAPL", "BRK/B", "NOPE"])
    assert (spy.symbol, aapl.symbol, brk.symbol) == ("SPY", "AAPL", "BRK/B")
    assert spy.corr_spy_3month == 1
    assert spy.earnings is None
    assert aapl.earnings is not None
    assert aapl.market_cap > 10**12
    assert 0 <= float(aapl.implied_volatility_index_rank or "") <= 1
    dividends = await get_dividends(session, "AAPL")
    assert [d.occurred_date for d in dividends] == sorted((d.occurred_date for d in dividends), reverse=True)
    assert aapl.dividend_ex_date == dividends[0].occurred_date
    assert aapl.dividend_rate_per_share == dividends[0].amount
    year_ago = dividends[0].occurred_date - datetime.timedelta(days=366)
    reports = await get_earnings(session, "AAPL", year_ago)
    assert 3 <= len(reports) <= 4
    assert reports[-1].eps == aapl.earnings.actual_eps
    assert all(report.occurred_date >= year_ago for report in reports)
    assert await get_dividends(session, "BRK/B") == []


async def test_every_documented_field_is_sent(alice: Door):
    (aapl,) = (await alice.get("/market-metrics?symbols=AAPL"))["items"]
    assert not lacking(MarketMetricInfo, [aapl])
    assert not lacking(EarningsReport, [aapl["earnings"]])
    assert not lacking(Liquidity, [aapl["liquidity-running-state"]])
    assert not lacking(OptionExpirationImpliedVolatility, aapl["option-expiration-implied-volatilities"])
    past = "/market-metrics/historic-corporate-events"
    assert not lacking(DividendInfo, (await alice.get(f"{past}/dividends/AAPL"))["items"])
    assert not lacking(EarningsInfo, (await alice.get(f"{past}/earnings-reports/AAPL"))["items"])


async def test_metrics_agree_with_what_streams(session: Session, venue: SimRunning):
    (qqq,) = await get_market_metrics(session, "QQQ")
    chain = await get_option_chain(session, "QQQ")
    months = {e.expiration_date: e for e in qqq.option_expiration_implied_volatilities or []}
    assert months.keys() == chain.keys()
    expiry = sorted(chain)[9]
    spot = decimal.Decimal(repr(venue.tastytrade.market.tapes["QQQ"].mid))
    calls = [option for option in chain[expiry] if option.option_type is OptionType.CALL]
    call = min(calls, key=lambda option: abs(option.strike_price - spot)).streamer_symbol
    async with feed(session) as streamer:
        await streamer.subscribe(Underlying, ["QQQ"])
        await streamer.subscribe(Profile, ["QQQ"])
        await streamer.subscribe(Greeks, [call])
        underlying = (await collect(streamer, Underlying, {"QQQ"}))["QQQ"]
        profile = (await collect(streamer, Profile, {"QQQ"}))["QQQ"]
        greeks = (await collect(streamer, Greeks, {call}))[call]
    assert qqq.implied_volatility_index == pytest.approx(underlying.volatility, abs=decimal.Decimal("1e-8"))
    assert months[expiry].implied_volatility == pytest.approx(greeks.volatility, rel=decimal.Decimal("0.01"))
    assert qqq.beta == profile.beta
    assert qqq.dividend_rate_per_share == profile.ex_dividend_amount
    assert qqq.dividend_ex_date is not None
    assert calendar.day_id(qqq.dividend_ex_date) == profile.ex_dividend_day_id


async def test_an_index_has_no_volatility_of_options_and_no_dividend(alice: Door):
    (vix,) = (await alice.get("/market-metrics?symbols=VIX"))["items"]
    assert "implied-volatility-index" not in vix
    assert "liquidity-rating" not in vix
    assert "dividend-ex-date" not in vix
    assert decimal.Decimal(vix["historical-volatility-30-day"]) > 0


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/market-metrics", 400, "symbols"),
        ("/market-metrics?symbols=" + ",".join(["SPY"] * 101), 400, "symbols"),
        ("/market-metrics/historic-corporate-events/earnings-reports/AAPL?start-date=soon", 400, "start-date"),
        ("/market-metrics/historic-corporate-events/earnings-reports/NOPE", 404, "record"),
        ("/market-metrics/historic-corporate-events/dividends/NOPE", 404, "record"),
    ],
)
async def test_what_cannot_be_answered_is_refused(alice: Door, path, status, word):
    answer = await alice.http.get(path)
    assert answer.status_code == status
    assert word in answer.json()["error"]["message"]


def test_a_year_of_volatility_depends_on_the_seed_and_not_on_the_day_one_asks():
    year = volatility.implied_year(7, "SPY", 0.17, DAY)
    assert len(year) == volatility.YEAR_DAYS
    assert year == volatility.implied_year(7, "SPY", 0.17, DAY)
    assert year != volatility.implied_year(8, "SPY", 0.17, DAY)
    assert volatility.implied_year(7, "SPY", 0.17, DAY + datetime.timedelta(days=1))[:-1] == year[1:]
    assert min(year) < 0.17 < max(year)


def test_a_rank_is_between_the_years_low_and_high():
    assert [volatility.rank(value, [0.1, 0.3]) for value in (0.1, 0.15, 0.3, 0.4)] == [0, pytest.approx(0.25), 1, 1]
    assert volatility.percentile(0.25, [0.1, 0.2, 0.3, 0.4]) == 0.5


@pytest.mark.parametrize("symbol", ["SPY", "TSLA", "KO"])
def test_historical_volatility_is_that_of_the_prices_of_those_days(symbol: str):
    market = SimMarket(7, calendar.at_clock(DAY, 12), listings={symbol: LISTINGS[symbol]}, is_always_open=False)
    surface, tape = OptionSurface(market), market.tapes[symbol]
    body = metrics.metrics_body(tape, surface)
    past = SyntheticPast(HistoryAnchors(market, surface).of_tape(tape))
    closes = [bar.close for bar in itertools.islice(past.days(0, regular=False), 1, 92)]
    moves = [math.log(later / earlier) for later, earlier in itertools.pairwise(closes)]
    for days in (30, 60, 90):
        told = float(body[f"historical-volatility-{days}-day"]) / 100
        assert told == pytest.approx(statistics.stdev(moves[:days]) * math.sqrt(252), rel=0.2)


def test_wild_and_calm_months_have_their_own_historical_volatility():
    path = price_path.path_of(7, LISTINGS["SPY"])
    months = [price_path.realised(path, DAY - datetime.timedelta(days=45 * n), 30) for n in range(24)]
    assert max(months) > 2 * min(months)
    assert 0.6 < statistics.median(months) / volatility.total(LISTINGS["SPY"]) < 1.5


def test_the_next_dividend_and_the_next_report_are_always_ahead():
    for listing in LISTINGS.values():
        for day in (DAY, datetime.date(2027, 1, 1), datetime.date(2027, 3, 31)):
            for days in (
                [dividend.ex_day for dividend in corporate_actions.dividends(listing, day)],
                [report.reported for report in corporate_actions.earnings(listing, day)],
            ):
                assert days == sorted(set(days))
                assert all(calendar.is_trading_day(each) for each in days)
                assert not days or days[-2] <= day < days[-1]
