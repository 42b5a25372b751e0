"""What the paths of prices bring about is told: before the move or after it, the way the price goes, by the seed."""

import datetime
import math

import pytest

from simulator.market import calendar
from simulator.market.corporate_actions import earnings
from simulator.market.market import SimMarket
from simulator.market.moves import activity
from simulator.market.moves.price_path import market_field, path_of
from simulator.market.universe import LISTINGS
from simulator.news.newsroom import impulse
from simulator.news.release_calendar import AHEAD_S, BEHIND_S, Release, ReleaseCalendar
from simulator.news.venue import SimNews

DAY = datetime.date(2026, 11, 20)
SEED = 7
MINUTE_MS = 60_000


def made(seed: int = SEED) -> ReleaseCalendar:
    return ReleaseCalendar(seed, LISTINGS.values(), LISTINGS["SPY"])


def year(seed: int = SEED) -> list[Release]:
    begin, end = (calendar.at_clock(datetime.date(of, 11, 20), 0) for of in (2025, 2026))
    return made(seed).find(begin, end)


def test_every_report_of_a_company_is_told_once_the_way_its_jump_goes():
    told = [each for each in year() if each.kind == "earnings"]
    reported = {
        (listing.symbol, activity.number_of(report.reported))
        for listing in LISTINGS.values()
        for report in earnings(listing, DAY)
        if datetime.date(2025, 11, 20) <= report.reported < DAY
    }
    assert len(reported) > 20
    assert {(each.symbol, activity.position(each.moves_at)[0]) for each in told} == reported
    assert len(told) == len(reported)
    for each in told:
        number, minute = activity.position(each.moves_at)
        (jump,) = path_of(SEED, LISTINGS[each.symbol]).jumps_on(number)
        assert (jump.minute, math.copysign(1, jump.size)) == (minute, each.direction)


def test_figures_and_decisions_are_told_the_way_the_market_goes():
    told = [each for each in year() if each.kind == "macro"]
    assert {(each.about, str(calendar.moment(each.moves_at).time())) for each in told} == {
        ("inflation", "08:30:00"), ("Fed's", "14:00:00"),
    }  # fmt: skip
    assert sorted(each.about for each in told) == ["Fed's"] * 8 + ["inflation"] * 12
    for each in told:
        number, minute = activity.position(each.moves_at)
        course = market_field(SEED).slots(number).values
        slot = minute // activity.SLOT_MINUTES
        assert (course[slot + 1] - course[slot]) * each.direction > 0


def test_most_come_before_their_move_and_the_others_soon_after_it():
    after_s = {each: (each.at - each.moves_at) / 1000 for each in year()}
    assert all(-AHEAD_S[1] <= late <= 0 for each, late in after_s.items() if each.reaction == "after")
    assert all(BEHIND_S[0] <= late <= BEHIND_S[1] for each, late in after_s.items() if each.reaction == "before")
    share = sum(each.reaction == "after" for each in after_s) / len(after_s)
    assert 0.5 < share < 0.85


def test_a_seed_has_its_releases_in_however_many_steps_they_are_read():
    begin = calendar.at_clock(DAY - datetime.timedelta(days=40), 0)
    step, steps = 7 * 3_600_000, 137
    whole = made().find(begin, begin + step * steps)
    assert whole == [one for n in range(steps) for one in made().find(begin + n * step, begin + (n + 1) * step)]
    assert whole != made(8).find(begin, begin + step * steps)


def news_around(release: Release, *, step_s: float) -> tuple[SimNews, dict[str, float]]:
    """Return the news of a market that lived from a minute before a release's move to six after it, and its prices."""
    market = SimMarket(SEED, release.moves_at - MINUTE_MS)
    news = SimNews(market, lambda: market.at, is_steady=True)
    prices: dict[str, float] = {}
    for _ in range(round(420 / step_s)):
        market.advance(step_s, market.at + round(1000 * step_s))
        news.advance(0.0)
        if market.at in (release.moves_at, release.moves_at + MINUTE_MS):
            prices[str((market.at - release.moves_at) // MINUTE_MS)] = market.tapes[release.symbol].mid
    return news, prices


@pytest.fixture(scope="module")
def jump() -> Release:
    """The release about the greatest jump of a year."""

    def size(each: Release) -> float:
        number, _ = activity.position(each.moves_at)
        return abs(path_of(SEED, LISTINGS[each.symbol]).jumps_on(number)[0].size)

    return max((each for each in year() if each.kind == "earnings"), key=size)


def test_sources_tell_a_jump_that_the_price_makes_and_push_it_no_further(jump):
    news, prices = news_around(jump, step_s=1.0)
    number, _ = activity.position(jump.moves_at)
    (made_by_path,) = path_of(SEED, LISTINGS[jump.symbol]).jumps_on(number)
    told = [
        item for item in news.shelf
        if item.kind == "earnings" and item.symbols == (jump.symbol,) and abs(item.created_at - jump.at) < 400_000
    ]  # fmt: skip
    first = min(item.created_at for item in told)
    assert 0 <= first - jump.at <= 30_000
    assert {"alpaca", "finnhub"} <= {item.source for item in told}
    lively = made_by_path.size * activity.boost(number, made_by_path.minute // activity.SLOT_MINUTES)
    moved = math.log(prices["1"] / prices["0"])
    assert moved == pytest.approx(lively, rel=0.1), "the path alone moves it"
    assert impulse(news.newsroom.report(jump, LISTINGS[jump.symbol], 0.0, 0.0)) is None


def test_other_stories_and_prices_are_what_they_would_have_been(jump):
    fine, _ = news_around(jump, step_s=0.5)
    coarse, _ = news_around(jump, step_s=1.0)

    def headlines(news: SimNews) -> set[str]:
        return {item.headline for item in news.shelf if item.created_at < jump.moves_at + 5 * MINUTE_MS}

    assert headlines(fine) == headlines(coarse)


def test_of_what_was_before_the_market_began_nothing_is_told(jump):
    market = SimMarket(SEED, jump.moves_at + 3 * MINUTE_MS + 90_000)
    news = SimNews(market, lambda: market.at, is_steady=True)
    for _ in range(30):
        market.advance(1.0, market.at + 1000)
        news.advance(0.0)
    assert not [item for item in news.shelf if item.kind == "earnings" and jump.symbol in item.symbols]
