"""Stylised facts of the simulated market: what is measured of it, beside the range published of real ones.

Each fact is named with its source; a range spans the source's markets and the error of a sample of this size. What
a source shows only in kind, without a figure that fits (a U shape, a link), bounds the sign and no more than that.

- T. G. Andersen, T. Bollerslev 1997: Intraday periodicity and volatility persistence in financial markets. Journal of
  Empirical Finance 4, 115-158. A U over the day; on the wildest days a J.
- R. Cont 2001: Empirical properties of asset returns: stylized facts and statistical issues. Quantitative Finance 1,
  223-236. No correlation of returns, heavy tails, clusters that decay slowly, more volume with more volatility.
- Z. Ding, C. W. J. Granger, R. F. Engle 1993: A long memory property of stock market returns and a new model. Journal
  of Empirical Finance 1, 83-106. Absolute returns correlate far more than returns do, and over long lags.
- P. Fortune 1998: Weekends can be rough. Federal Reserve Bank of Boston, Working Paper 98-6. From Friday's close to
  Monday's, prices are 10 to 20 % more volatile than from one close to the next: 1.2 to 1.4 times the variance.
- K. R. French, R. Roll 1986: Stock return variances: the arrival of information and the reaction of traders. Journal
  of Financial Economics 17, 5-26. A session's variance is over six times that of a weekend from close to open.
- J. M. Karpoff 1987: The relation between price changes and trading volume: a survey. Journal of Financial and
  Quantitative Analysis 22, 109-126. Volume grows with the size of a price change.
- B. F. King 1966: Market and industry factors in stock price behavior. Journal of Business 39 (1, part 2), 139-190.
- T. H. McInish, R. A. Wood 1992: An analysis of intraday patterns in bid/ask spreads for NYSE stocks. Journal of
  Finance 47, 753-764. Spreads grow with risk, and are a reverse J over the day.
- F. Wang, S.-J. Shieh, S. Havlin, H. E. Stanley 2009: Statistical analysis of the overnight and daytime return.
  arXiv:0903.0993. On 2,215 shares of the NYSE the daytime moves a day more than the night does.
- R. A. Wood, T. H. McInish, J. K. Ord 1985: An investigation of transactions data for NYSE stocks. Journal of Finance
  40, 723-739. A U over the day.
"""

import collections.abc
import datetime
import itertools
import math
import statistics
import typing

from simulator.market import calendar
from simulator.market.history_anchors import HistoryAnchors
from simulator.market.market import SimMarket
from simulator.market.moves import activity
from simulator.market.moves.price_path import PricePath, path_of
from simulator.market.option_surface import OptionSurface
from simulator.market.synthetic_days import SyntheticSession, walk
from simulator.market.universe import LISTINGS

DAY = datetime.date(2026, 11, 18)
NOON = calendar.at_clock(DAY, 12)
SECTORS = (("JPM", "BAC"), ("XOM", "CVX"), ("NVDA", "AMD"), ("KO", "WMT"))
_STOCKS = tuple(itertools.chain(*SECTORS))


class Fact(typing.NamedTuple):
    """One figure and where it has to lie."""

    name: str
    figure: float
    low: float
    high: float
    source: str

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.low <= self.figure <= self.high


def measure(seed: int, days: int, fine_days: int) -> list[Fact]:
    """Measure one seed's market over the trading days before `DAY`; five-minute moves over the `fine_days` newest."""
    numbers = _trading_numbers(days)
    paths = {symbol: path_of(seed, LISTINGS[symbol], has_dividends=True) for symbol in ("SPY", *_STOCKS)}
    courses = {symbol: [path.levels(number) for number in numbers] for symbol, path in paths.items()}
    closes = {symbol: [day[activity.CLOSE_SLOT] for day in course] for symbol, course in courses.items()}
    returns = {symbol: _steps(levels) for symbol, levels in closes.items()}
    fine = {symbol: _five_minutes(paths[symbol], numbers[-fine_days:]) for symbol in paths}
    return [
        *_daily(returns),
        *_five_minute(fine),
        *_correlations(returns),
        *_nights(courses, numbers),
        *_volumes(seed, days),
        *_spreads(seed),
    ]


def _daily(returns: dict[str, list[float]]) -> list[Fact]:
    sizes = {symbol: [abs(step) for step in steps] for symbol, steps in returns.items()}
    first = _median(_lagged(each, 1) for each in sizes.values())
    month = _median(statistics.fmean(_lagged(each, lag) for lag in range(10, 31)) for each in sizes.values())
    lags = [_median(_lagged(each, lag) for each in returns.values()) for lag in (1, 2, 5)]
    return [
        Fact("autocorrelation of daily returns, lags 1, 2, 5", max(lags, key=abs), -0.08, 0.08, "Cont 2001"),
        Fact("autocorrelation of their absolute values, lag 1", first, 0.08, 0.40, "Ding, Granger and Engle 1993"),
        Fact("the same, lags 10 to 30: it decays, and slowly", month, 0.005, min(0.3, first), "Cont 2001"),
        Fact("excess kurtosis of daily returns", _median(map(_kurtosis, returns.values())), 1.0, 30.0, "Cont 2001"),
    ]


def _five_minute(fine: dict[str, list[list[float]]]) -> list[Fact]:
    flat = {symbol: list(itertools.chain(*days)) for symbol, days in fine.items()}
    shape = [_variance(day[n] for days in fine.values() for day in days) for n in range(78)]
    middle, open_, close = (statistics.fmean(shape[n : n + 12]) for n in (33, 0, 66))
    return [
        Fact(
            "autocorrelation of five-minute returns",
            _median(_lagged(each, 1) for each in flat.values()),
            -0.06,
            0.06,
            "Cont 2001",
        ),
        Fact("excess kurtosis of five-minute returns", _median(map(_kurtosis, flat.values())), 3.0, 75.0, "Cont 2001"),
        Fact("variance of the first hour over midday's", open_ / middle, 1.5, 8.0, "Andersen and Bollerslev 1997"),
        Fact("variance of the last hour over midday's", close / middle, 1.1, 5.0, "Wood, McInish and Ord 1985"),
    ]


def _correlations(returns: dict[str, list[float]]) -> list[Fact]:
    within = _median(statistics.correlation(returns[one], returns[other]) for one, other in SECTORS)
    pairs = [(a, b) for (a, _), (b, _) in itertools.combinations(SECTORS, 2)]
    across = _median(statistics.correlation(returns[one], returns[other]) for one, other in pairs)
    index = _median(statistics.correlation(returns["SPY"], returns[symbol]) for symbol in _STOCKS)
    return [
        Fact("correlation within a sector", within, 0.35, 0.85, "King 1966"),
        Fact("correlation across sectors", across, 0.10, min(0.55, within - 0.05), "King 1966"),
        Fact("correlation with the index", index, 0.35, 0.85, "King 1966"),
    ]


def _nights(courses: dict[str, list[list[float]]], numbers: list[int]) -> list[Fact]:
    shares, weekends = [], []
    for course in courses.values():
        gaps = [day[activity.OPEN_SLOT] - before[activity.CLOSE_SLOT] for before, day in itertools.pairwise(course)]
        whole = _steps([day[activity.CLOSE_SLOT] for day in course])
        shares.append(_variance(gaps) / _variance(whole))
        over = [move for move, (a, b) in zip(whole, itertools.pairwise(numbers), strict=True) if b - a == 3]
        plain = [move for move, (a, b) in zip(whole, itertools.pairwise(numbers), strict=True) if b - a == 1]
        weekends.append(_spread_of(over) / _spread_of(plain))
    return [
        Fact("overnight share of the daily variance", _median(shares), 0.10, 0.50, "Wang et al. 2009"),
        Fact("weekend moves over those of other days", _median(weekends), 0.95, 1.5, "Fortune 1998"),
    ]


def _volumes(seed: int, days: int) -> list[Fact]:
    market = SimMarket(seed, NOON, is_always_open=False, has_actions=True)
    anchors = HistoryAnchors(market, OptionSurface(market))
    links = []
    for symbol in _STOCKS[::3]:
        bars = [each.regular for each in _newest(walk(anchors.of_tape(market.tapes[symbol])), days // 4)]
        links.append(statistics.correlation([abs(math.log(b.close / b.open)) for b in bars], [b.volume for b in bars]))
    return [Fact("correlation of volume with the size of a day's move", _median(links), 0.1, 0.8, "Karpoff 1987")]


def _newest(days: collections.abc.Iterator[SyntheticSession], number: int) -> list[SyntheticSession]:
    return list(itertools.islice(days, number))


def _spreads(seed: int) -> list[Fact]:
    """Read the books of some stocks every ten seconds, at the open and at noon of some days."""
    chosen = {symbol: LISTINGS[symbol] for symbol in ("GS", "META", "NFLX")}
    widths: dict[str, list[float]] = {symbol: [] for symbol in chosen}
    wild: dict[str, list[float]] = {symbol: [] for symbol in chosen}
    for back in range(8):
        for clock in ((9, 31), (12, 30)):
            at = calendar.at_clock(calendar.shift(DAY, -back), *clock)
            market = SimMarket(seed, at, is_always_open=False, has_actions=True, listings=chosen)
            for n in range(1, 19):
                market.advance(10.0, at + n * 10_000)
                for symbol, tape in market.tapes.items():
                    widths[symbol].append(1e4 * (tape.ask - tape.bid) / tape.mid)
                    wild[symbol].append(tape.walk.activity)
    usual = _median(map(statistics.median, widths.values()))
    link = _median(statistics.correlation(widths[symbol], wild[symbol]) for symbol in chosen)
    return [
        Fact("spread of liquid stocks in bps", usual, 0.2, 15.0, "McInish and Wood 1992"),
        Fact("correlation of spread and volatility", link, 0.15, 0.9, "McInish and Wood 1992"),
    ]


def _trading_numbers(days: int) -> list[int]:
    found, day = [], DAY
    for _ in range(days):
        day = calendar.before(day)
        found.append(activity.number_of(day))
    return found[::-1]


def _five_minutes(path: PricePath, numbers: list[int]) -> list[list[float]]:
    days = []
    for number in numbers:
        slots = [path.minutes(number, slot).values[::5] for slot in range(activity.OPEN_SLOT, activity.CLOSE_SLOT)]
        days.append(list(itertools.chain(*(_steps(slot) for slot in slots))))
    return days


def _steps(levels: list[float]) -> list[float]:
    return [after - before for before, after in itertools.pairwise(levels)]


def _lagged(values: list[float], lag: int) -> float:
    mean = statistics.fmean(values)
    whole = math.fsum((value - mean) ** 2 for value in values)
    return math.fsum((a - mean) * (b - mean) for a, b in zip(values, values[lag:], strict=False)) / whole


def _kurtosis(values: list[float]) -> float:
    mean = statistics.fmean(values)
    squares = [(value - mean) ** 2 for value in values]
    return statistics.fmean(square * square for square in squares) / statistics.fmean(squares) ** 2 - 3.0


def _variance(values: collections.abc.Iterable[float]) -> float:
    return statistics.pvariance(list(values))


def _spread_of(values: list[float]) -> float:
    """Return the square of the mean size: of fat tails it tells more than a variance does."""
    return statistics.fmean(map(abs, values)) ** 2


def _median(values: collections.abc.Iterable[float]) -> float:
    return statistics.median(values)
