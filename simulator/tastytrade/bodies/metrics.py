"""Bodies about how an underlying behaves: volatility, beta, liquidity, dividends, earnings. Pure.

What also streams agrees with it: the volatility index is the `Underlying` event's, those of the expirations are the
surface's at the money, beta and the dividend are the `Profile` event's.
"""

import datetime

from simulator.asgi import Json
from simulator.market import calendar, corporate_actions, option_listing, volatility
from simulator.market.moves import price_path
from simulator.market.option_surface import OptionSurface, years
from simulator.market.tape import Tape
from simulator.market.universe import Listing
from simulator.tastytrade.bodies.other_instruments import MARKETS
from simulator.tastytrade.format import moment, number, present

INDEX_YEARS = 30 / 365
"""How far out the volatility index looks."""
_FIVE_DAYS = 5
_LIQUIDITY_HOURS = 48
_RATINGS = (0.5, 3.0, 12.0)
"""From so many million shares a day a listing has one more point of liquidity."""
_MOST_LIQUID = 62.0


def metrics_body(tape: Tape, surface: OptionSurface) -> Json:
    """Describe one equity, fund or index."""
    listing, market = tape.listing, surface.market
    now = moment(market.at)
    return present(
        {
            "symbol": listing.symbol,
            "updated-at": now,
            "created-at": moment(calendar.closing(datetime.date(2019, 1, 18))),
            "market-cap": _market_cap(tape),
            "beta": number(listing.beta),
            "beta-updated-at": now,
            "corr-spy-3month": f"{1.0 if listing.symbol == 'SPY' else volatility.correlation(listing):.2f}",
            "listed-market": MARKETS.get(listing.exchange),
            "lendability": listing.lendability,
            "borrow-rate": "0.0",
            **_volatility(tape, surface),
            **(_liquidity(listing, market.at) if listing.kind != "index" else {}),
            **_dividend(tape, market.day, now),
            **_earned(tape, market.day, now),
        }
    )


def _market_cap(tape: Tape) -> int:
    """Return dollars, as a number: the one amount the venue does not send as a string. An index has no shares: 0."""
    shares = round(tape.listing.volume * 1e8) if tape.listing.kind != "index" else 0
    return round(shares * tape.mid)


def _volatility(tape: Tape, surface: OptionSurface) -> Json:
    """Describe volatility: of options as a fraction, the 30-day figures in percent as the venue writes them."""
    listing, market = tape.listing, surface.market
    realised = {days: price_path.realised(tape.walk.path, market.day, days) for days in (30, 60, 90)}
    body: Json = {f"historical-volatility-{days}-day": f"{100 * value:.2f}" for days, value in realised.items()}
    if not listing.has_options:
        return body
    index, now = surface.at_the_money(listing.symbol, INDEX_YEARS), moment(market.at)
    past = volatility.implied_year(market.seed, listing.symbol, index, market.day)
    rank, percentile = volatility.rank(index, past), volatility.percentile(index, past)
    return body | {
        "implied-volatility-index": f"{index:.9f}",
        "implied-volatility-index-5-day-change": f"{index - past[-_FIVE_DAYS]:.9f}",
        "implied-volatility-index-rank": f"{rank:.9f}",
        "tos-implied-volatility-index-rank": f"{rank:.9f}",
        "tw-implied-volatility-index-rank": f"{rank:.9f}",
        "tos-implied-volatility-index-rank-updated-at": now,
        "implied-volatility-index-rank-source": "tos",
        "implied-volatility-percentile": f"{percentile:.9f}",
        "implied-volatility-updated-at": now,
        "implied-volatility-30-day": f"{100 * index:.2f}",
        "iv-hv-30-day-difference": f"{100 * (index - realised[30]):.2f}",
        "option-expiration-implied-volatilities": expirations(listing, surface),
    }


def expirations(listing: Listing, surface: OptionSurface) -> list[Json]:
    """Describe the implied volatility of each expiration: the surface's, at the money."""
    at = surface.market.at
    return [
        {
            "expiration-date": day.isoformat(),
            "option-chain-type": "Standard",
            "settlement-type": "PM",
            "implied-volatility": f"{surface.at_the_money(listing.symbol, years(day, at)):.9f}",
        }
        for day in option_listing.expirations(listing.symbol, at)
    ]


def _liquidity(listing: Listing, at: int) -> Json:
    """Describe how easily it trades: a rating of 1 to 4, and what it is made of."""
    value = listing.volume * 1e6 * listing.price / 1e4
    since = moment(at - _LIQUIDITY_HOURS * 3_600_000)
    return {
        "liquidity-rating": 1 + sum(listing.volume >= step for step in _RATINGS),
        "liquidity-value": f"{value:.4f}",
        "liquidity-rank": f"{listing.volume / _MOST_LIQUID:.9f}",
        "liquidity-running-state": {
            "sum": f"{value * _LIQUIDITY_HOURS:.4f}",
            "count": _LIQUIDITY_HOURS,
            "started-at": since,
            "updated-at": moment(at),
        },
    }


def _dividend(tape: Tape, day: datetime.date, now: str) -> Json:
    known = corporate_actions.dividends(tape.listing, day)
    if not known:
        return {"dividend-rate-per-share": "0.0", "annual-dividend-per-share": "0.0", "dividend-yield": "0.0"}
    last, coming = known[-2:]
    return {
        "dividend-rate-per-share": number(last.amount),
        "annual-dividend-per-share": number(last.amount * corporate_actions.A_YEAR),
        "dividend-yield": f"{last.amount * corporate_actions.A_YEAR / tape.mid:.9f}",
        "dividend-ex-date": last.ex_day.isoformat(),
        "dividend-next-date": coming.ex_day.isoformat(),
        "dividend-pay-date": last.paid.isoformat(),
        "dividend-updated-at": now,
    }


def _earned(tape: Tape, day: datetime.date, now: str) -> Json:
    known, eps = corporate_actions.earnings(tape.listing, day), corporate_actions.annual_eps(tape.listing)
    if not known or eps is None:
        return {}
    last, coming = known[-2:]
    return {
        "earnings-per-share": number(eps),
        "price-earnings-ratio": f"{tape.mid / eps:.4f}",
        "earnings": {
            "visible": True,
            "expected-report-date": coming.reported.isoformat(),
            "estimated": (coming.reported - day).days > 21,
            "late-flag": 0,
            "time-of-day": "AMC" if coming.reported.day % 2 else "BTO",
            "quarter-end-date": last.quarter_end.isoformat(),
            "actual-eps": number(last.eps),
            "consensus-estimate": number(last.consensus),
            "updated-at": now,
        },
    }


def dividend_bodies(listing: Listing, day: datetime.date) -> list[Json]:
    """Describe the dividends up to `day`, newest first."""
    known = reversed(corporate_actions.dividends(listing, day)[:-1])
    return [{"occurred-date": each.ex_day.isoformat(), "amount": number(each.amount)} for each in known]


def earnings_bodies(listing: Listing, since: datetime.date | None, day: datetime.date) -> list[Json]:
    """Describe the earnings of quarters that ended on or after `since` and were told by `day`, oldest first."""
    known = corporate_actions.earnings(listing, day)[:-1]
    return [
        {"occurred-date": each.quarter_end.isoformat(), "eps": number(each.eps)}
        for each in known
        if since is None or each.quarter_end >= since
    ]
