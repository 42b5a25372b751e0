"""Greeks that are computed here, where quotes are newer than the venue's own Greeks. Pure.

The venue tells no rates. Money costs what the desk is set to; what the underlying yields follows from calls and puts at
the money, which must agree about the forward. Options are valued as European ones that end when their root does.
"""

import datetime
import statistics
from collections.abc import Iterable, Mapping

import msgspec

from brokers.contract.events import Greeks
from brokers.instruments import calendar, pricing
from brokers.instruments.symbols import Option, parse_option
from brokers.tradier.market_data.normaliser import Known

PAIRS = 4
"""So many strikes around the money are asked what the underlying yields."""
SANE = 0.2
"""A forward may be so far from the underlying, as a fraction; else the quotes are of different moments."""
_YEAR_MS = 365 * 24 * 3600 * 1000.0
_MINUTE_MS = 60_000


def years_left(root: str, expires: datetime.date, at: int) -> float:
    """Return the time until options of a root end, in years: 0 after it, never under a minute before it."""
    end = calendar.ends(root, expires)
    return max(end - at, _MINUTE_MS) / _YEAR_MS if at < end else 0.0


class MarketInputs(msgspec.Struct, frozen=True):
    """What the options of one expiration are valued with: the underlying, and what it yields a year."""

    underlying: str
    dividend: float


class OptionPair(msgspec.Struct, frozen=True):
    """The middle prices of a call and a put at one strike."""

    strike: float
    call: float
    put: float


def pairs(quotes: Mapping[str, float | None]) -> list[OptionPair]:
    """Return the pairs among options of one expiration, whose middle prices `quotes` has by symbol."""
    rights: dict[tuple[str, float], dict[str, float]] = {}
    for symbol, mid in quotes.items():
        option = parse_option(symbol)
        if option is not None and mid is not None:
            rights.setdefault((option.root, float(option.strike)), {})[option.right] = mid
    return [OptionPair(strike, sides["C"], sides["P"]) for (_, strike), sides in rights.items() if len(sides) == 2]


def yield_of(found: Iterable[OptionPair], spot: float, years: float) -> float:
    """Return what the underlying at `spot` yields a year, by the pairs nearest to the money.

    What money costs, a forward at the spot, where they do not say.
    """
    rate = pricing.risk_free()
    nearest = sorted(found, key=lambda pair: abs(pair.strike - spot))[:PAIRS]
    told = (pricing.implied_dividend(p.call, p.put, spot, p.strike, years, rate) for p in nearest)
    sane = [dividend for dividend in told if dividend is not None and abs(rate - dividend) * years < SANE]
    return statistics.median(sane) if sane else rate


def calculated(
    option: Option, quote: Known, market: MarketInputs, spot: float, at: int, delayed: bool
) -> Greeks | None:
    """Return the Greeks of an option by its quote, at `at` (ms). None where no volatility explains its price."""
    mid, years = quote.mid, years_left(option.root, option.expiry, at)
    if mid is None or years == 0.0:
        return None
    strike, rate = float(option.strike), pricing.risk_free()
    iv = pricing.implied_vol(option.right, mid, spot, strike, years, rate, market.dividend)
    if iv is None:
        return None
    valued = pricing.value(option.right, spot, strike, years, iv, rate, market.dividend)
    return Greeks(
        symbol=option.symbol,
        price=mid,
        iv=iv,
        delta=valued.delta,
        gamma=valued.gamma,
        theta=valued.theta,
        vega=valued.vega,
        rho=valued.rho,
        source="calc",
        delayed=delayed,
        at=at,
    )
