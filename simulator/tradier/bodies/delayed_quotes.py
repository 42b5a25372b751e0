"""Quotes of the sandbox: what the market showed a quarter of an hour ago, to the minute. Pure.

Shares are read off their charts. An option is valued at what its underlying cost then.
"""

import typing

import msgspec

from simulator.asgi import Json
from simulator.market.bars import MINUTE
from simulator.market.charts import SimCharts
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, implied, worth, years_until
from simulator.market.tape import Tape
from simulator.tradier.bodies.quotes import Subject, quote_body

DELAY_MS = 15 * MINUTE
_REACH = 5 * 24 * 60 * MINUTE
"""How far back the last trade may be."""


class Moment(msgspec.Struct, frozen=True):
    """What a tape showed at the end of a past minute; `volume` is what had been traded on the day by then."""

    at: int
    price: float
    volume: float


class Delayed:
    """The quotes of one market, late."""

    def __init__(self, market: SimMarket, charts: SimCharts) -> None:
        self.market = market
        self.charts = charts
        self._moments: dict[str, tuple[int, Moment]] = {}

    @property
    def at(self) -> int:
        """The moment that is shown now."""
        return (self.market.at - DELAY_MS) // MINUTE * MINUTE

    def body(self, subject: Subject) -> Json:
        """Describe what trades as it was."""
        body = quote_body(subject, self.market)
        if isinstance(subject, OptionState):
            return body | self._option(subject)
        was = self._moment(subject)
        spread = max(subject.step, subject.ask - subject.bid)
        bid = round(was.price - spread / 2, subject.places)
        return body | {
            "last": was.price,
            "volume": int(was.volume),
            "trade_date": was.at,
            **_change(was.price, subject.prev_close),
            **self._book(bid, round(bid + spread, subject.places)),
        }

    def _moment(self, tape: Tape) -> Moment:
        """Return what a tape showed then; what it shows now if nothing has traded for days."""
        until, symbol = self.at, tape.listing.symbol
        known = self._moments.get(symbol)
        if known is not None and known[0] == until:
            return known[1]
        since, at, price = 0.0, until, tape.prev_close
        for bar in self.charts.bars(tape, "last", MINUTE, until - _REACH, regular=False):
            if bar.at + MINUTE <= until:
                at, price = bar.at + MINUTE - 1, bar.close
                break
            since += bar.volume if bar.volume == bar.volume else 0.0
        found = Moment(at, price, max(0.0, (tape.volume or 0.0) - since))
        self._moments[symbol] = (until, found)
        return found

    def _option(self, state: OptionState) -> Json:
        tape = self.market.tapes[state.underlying]
        spot, term = self._moment(tape).price, years_until(state.terms.expires, self.at)
        iv = implied(tape.listing, spot, float(state.option.strike), term)
        price = worth(state, tape.listing, spot, term, iv).price
        half = max(state.terms.step(price), state.ask - state.bid) / 2
        last: Json = {}
        if state.last is not None and state.last_at > self.at:
            traded = state.terms.on_tick(price)
            last = {"last": traded, "trade_date": self.at, **_change(traded, state.prev_close)}
        return last | self._book(max(0.0, state.terms.on_tick(price - half)), state.terms.on_tick(price + half))

    def _book(self, bid: float, ask: float) -> Json:
        stamp = self.at // 1000 * 1000
        return {"bid": bid, "ask": ask, "bid_date": stamp, "ask_date": stamp}


def _change(last: float, close: float) -> dict[str, typing.Any]:
    change = round(last - close, 2)
    return {"change": change, "change_percentage": round(change / close * 100, 2) if close else None}
