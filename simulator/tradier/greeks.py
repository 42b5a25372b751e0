"""Greeks as Tradier has them: computed by somebody else, about once an hour, for all options of an underlying. Pure.

Everything in one edition is of one moment and one price of the underlying, however long ago; a quote may be newer.
"""

import datetime
import math
import typing

import msgspec

from brokers.instruments import pricing
from brokers.instruments.symbols import Option
from simulator.asgi import Json
from simulator.market.market import SimMarket
from simulator.market.option_surface import RATE, OptionState, implied, years_until

EDITION_MS = 3_600_000
ILLIQUID = 20
"""With less open interest than this an option has no Greeks."""
_STEPS, _LEAST_VEGA = 4, 1e-4


class Edition(msgspec.Struct, frozen=True):
    """When the Greeks of an underlying were computed, in ms since the epoch, and at what price."""

    at: int
    spot: float


class SimGreeks:
    """The Greeks of one market, in editions by underlying."""

    def __init__(self, market: SimMarket, period_ms: int = EDITION_MS) -> None:
        self.market = market
        self.period_ms = period_ms
        self.hidden: set[str] = set()
        """Options that have none at the moment: a fault."""
        self.behind_ms = 0
        """How old an edition is as soon as it is told of: a fault; less than a period."""
        self._editions: dict[str, Edition] = {}
        self._bodies: dict[str, tuple[Edition, Json | None]] = {}

    def renew(self, underlying: str) -> Edition:
        """Compute anew what is asked for from now on."""
        at = self.market.at - self.behind_ms
        edition = self._editions[underlying] = Edition(at, self.market.tapes[underlying].mid)
        return edition

    def renew_all(self) -> int:
        """Compute every underlying anew. Returns how many had an edition before."""
        count = len(self._editions)
        self._editions.clear()
        return count

    def of(self, state: OptionState) -> Json | None:
        """Return the Greeks of an option in its underlying's present edition. None for one that hardly trades."""
        if state.option.symbol in self.hidden:
            return None
        edition = self._editions.get(state.underlying)
        if edition is None or self.market.at - edition.at >= self.period_ms:
            edition = self.renew(state.underlying)
        known = self._bodies.get(state.option.symbol)
        if known is None or known[0] != edition:
            body = None if state.open_interest < ILLIQUID else self._body(state, edition)
            known = self._bodies[state.option.symbol] = (edition, body)
        return known[1]

    def _body(self, state: OptionState, edition: Edition) -> Json:
        option, listing = typing.cast(Option, state.option), self.market.tapes[state.underlying].listing
        term = years_until(state.terms.expires, edition.at)
        strike = float(option.strike)
        iv = implied(listing, edition.spot, strike, term)
        case = Case(option.right, edition.spot, strike, term, listing.dividend)
        valued = case.value(iv)
        half = round(0.01 + 0.015 * valued.price, 2) / 2
        at = datetime.datetime.fromtimestamp(edition.at / 1000, datetime.UTC)
        return {
            "delta": valued.delta,
            "gamma": valued.gamma,
            "theta": valued.theta,
            "vega": valued.vega,
            "rho": valued.rho,
            "phi": -valued.delta * edition.spot * term / 100.0,
            "bid_iv": round(case.implied(valued.price - half, iv), 6),
            "mid_iv": round(iv, 6),
            "ask_iv": round(case.implied(valued.price + half, iv), 6),
            "smv_vol": round(iv, 3),
            "updated_at": f"{at:%Y-%m-%d %H:%M:%S}",
        }


class Case(msgspec.Struct, frozen=True):
    """What an option's price depends on besides volatility. Years and fractions a year."""

    right: str
    spot: float
    strike: float
    term: float
    dividend: float

    def value(self, iv: float) -> pricing.OptionValuation:
        """Value it."""
        return pricing.value(self.right, self.spot, self.strike, self.term, iv, RATE, self.dividend)

    def implied(self, price: float, guess: float) -> float:
        """Return the volatility at which it is worth `price`. 0 when there is none, as this venue has it."""
        iv = guess
        for _ in range(_STEPS):
            valued = self.value(iv)
            if valued.vega < _LEAST_VEGA:
                return 0.0
            iv -= (valued.price - price) / (100.0 * valued.vega)
            if not 0.0 < iv < 10.0 or not math.isfinite(iv):
                return 0.0
        return iv
