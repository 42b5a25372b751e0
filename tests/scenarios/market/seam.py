"""Whether the made past and the live market are one: at the seam, and when what was live is asked for again.

Companies pay dividends and split, as in a demo.
"""

import datetime
import math

import msgspec

from simulator.market import calendar
from simulator.market.bars import HALF_HOUR, MINUTE, SimBar
from simulator.market.charts import SimCharts
from simulator.market.history_anchors import HistoryAnchors
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.synthetic_history import SyntheticPast
from simulator.market.tape import Tape
from simulator.market.universe import LISTINGS
from tests.scenarios.market.facts import DAY

_SYMBOLS = ("SPY", "XOM", "BTC/USD")
_LIVE_S = 600


def torn(seed: int) -> list[str]:
    """Return what does not join in the market of a seed, in words; nothing if all does."""
    return [*_torn_at_the_seam(seed), *_torn_later(seed)]


def _torn_at_the_seam(seed: int) -> list[str]:
    at = calendar.at_clock(DAY, 11, 7)
    market = SimMarket(seed, at, listings={symbol: LISTINGS[symbol] for symbol in _SYMBOLS}, has_actions=True)
    charts, found = SimCharts(market, OptionSurface(market)), []
    for tape in market.tapes.values():
        tape.on_print = charts.hear_print
    began = {symbol: (tape.last, tape.fair) for symbol, tape in market.tapes.items()}
    for n in range(1, _LIVE_S + 1):
        market.advance(1.0, at + n * 1000)
    for symbol, tape in market.tapes.items():
        bars = _minutes(charts, tape, at)
        past = [bar for bar in bars if bar.at <= at]
        usual = 8 * LISTINGS[symbol].vol / math.sqrt(252 * 390) + 3 * LISTINGS[symbol].spread / tape.mid
        if abs(math.log(past[0].close / began[symbol][1])) > usual:
            found.append(f"{symbol}: the past ends at {past[0].close}, the live price began at {began[symbol]}")
        opened = next(bar for bar in reversed(bars) if bar.at > at)
        if abs(math.log(opened.open / past[0].close)) > usual:
            found.append(f"{symbol}: after {past[0].close} it goes on at {opened.open}")
    heard = {symbol: _minutes(charts, tape, at) for symbol, tape in market.tapes.items()}
    for n in range(_LIVE_S + 1, 2 * _LIVE_S):
        market.advance(1.0, at + n * 1000)
    for symbol, tape in market.tapes.items():
        if _minutes(charts, tape, at)[-len(heard[symbol]) + 1 :] != heard[symbol][1:]:
            found.append(f"{symbol}: what was live is told otherwise later")
    return found


def _minutes(charts: SimCharts, tape: Tape, at: int) -> list[SimBar]:
    since = at - 30 * MINUTE
    return [msgspec.structs.replace(bar, iv=0.0) for bar in charts.bars(tape, "last", MINUTE, since, regular=False)]


def _torn_later(seed: int) -> list[str]:
    """Compare half an hour that was live with what a market that begins a day later has in its past."""
    begin, found = calendar.at_clock(DAY, 10), []
    listings = {symbol: LISTINGS[symbol] for symbol in _SYMBOLS[:2]}
    market = SimMarket(seed, begin, is_always_open=False, listings=listings, has_actions=True)
    fair = {symbol: tape.fair for symbol, tape in market.tapes.items()}
    for n in range(1, 181):
        market.advance(10.0, begin + n * 10_000)
    noon = calendar.at_clock(DAY + datetime.timedelta(days=1), 12)
    later = SimMarket(seed, noon, is_always_open=False, has_actions=True)
    anchors = HistoryAnchors(later, OptionSurface(later))
    for symbol, tape in market.tapes.items():
        past = SyntheticPast(anchors.of_tape(later.tapes[symbol]))
        bar = next(bar for bar in past.bars(HALF_HOUR, begin) if bar.at == begin)
        difference = math.log(tape.fair / fair[symbol]) - math.log(bar.close / bar.open)
        if abs(difference) > 4e-4:
            found.append(f"{symbol}: it moved by {difference:.6f} more than its past tells a day later")
    return found
