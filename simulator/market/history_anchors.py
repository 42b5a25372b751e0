"""Where the past of each instrument ends: the tape's day so far, read off the tape or the option as it stands. Pure."""

import math
import typing

from simulator.market import calendar
from simulator.market.bars import DAY, NAN, SimBar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, OptionSurface, implied, worth, years_until
from simulator.market.synthetic_days import PastOrigin, SyntheticHours, SyntheticSession
from simulator.market.tape import Tape

Subject = Tape | OptionState
_SESSION_S = 23_400
_PRINTS_A_QUOTE = 0.45
OPTION_DAYS = 60
"""How many days before today an option has a past."""
_TERM = 30 / 365
_PRINT_CONTRACTS = 6
"""Contracts a print of an option has on average."""


class HistoryAnchors:
    """The origins in one market. On one that never closes, the first day began at midnight."""

    def __init__(self, market: SimMarket, surface: OptionSurface) -> None:
        self.market = market
        self.surface = surface
        self.open_from = calendar.at_clock(market.day, 0) if market.is_always_open else None

    def hours(self, subject: Subject) -> SyntheticHours:
        """Return when `subject` trades."""
        if isinstance(subject, OptionState):
            return SyntheticHours("future" if subject.terms.is_on_future else "equity", self.open_from)
        return SyntheticHours(subject.listing.kind, self.open_from)

    def volatility(self, subject: Subject) -> float:
        """Return the implied volatility to put beside a price now; NaN for what has no options."""
        if isinstance(subject, OptionState):
            return subject.iv
        if not subject.listing.has_options:
            return NAN
        return self.surface.at_the_money(subject.listing.symbol, _TERM)

    def of_tape(self, tape: Tape) -> PastOrigin:
        """Return the origin of a share, fund, index, future or coin."""
        listing, times = tape.listing, self._today()
        prints = max(1, round(listing.rate * _PRINTS_A_QUOTE * _SESSION_S))
        return PastOrigin(
            seed=f"{self.market.seed}:{listing.symbol}:past",
            at=self.market.at if times is None else times[1],
            day=self.market.day,
            close=tape.prev_close,
            today=None if times is None else self._day_of_tape(tape, times, prints),
            volatility=listing.vol,
            volume=NAN if tape.volume is None else listing.volume * 1e6,
            count=prints,
            iv=listing.vol if listing.has_options else NAN,
            tick=listing.tick,
            grain=listing.grain,
            hours=self.hours(tape),
            path=tape.walk.path,
        )

    def of_option(self, state: OptionState) -> PastOrigin:
        """Return the origin of an option."""
        times, tick = self._today(), state.terms.steps[0][1]
        return PastOrigin(
            seed=f"{self.market.seed}:{state.option.symbol}:past",
            at=self.market.at if times is None else times[1],
            day=self.market.day,
            close=state.prev_close,
            today=None if times is None else self._day_of_option(state, times[0]),
            volatility=state.iv,
            volume=state.open_interest * 0.3,
            count=max(1, round(state.open_interest * 0.05)),
            iv=state.iv,
            tick=tick,
            hours=self.hours(state),
            has_extended=False,
        )

    def option_days(
        self, state: OptionState, origin: PastOrigin, days: typing.Iterable[SimBar]
    ) -> typing.Iterator[SyntheticSession]:
        """Yield an option's days, the newest first: its worth as the `days` of its underlying went."""
        listing = self.market.tapes[state.underlying].listing
        strike, tick = float(state.option.strike), state.terms.steps[0][1]
        dated = ((calendar.day_of(bar.at + DAY // 2), bar) for bar in days)
        last: float | None = max(tick, origin.close)
        for day, bar in ((day, bar) for day, bar in dated if day < origin.day):
            term = years_until(state.terms.expires, calendar.closing(day))
            values = (
                worth(state, listing, spot, term, implied(listing, spot, strike, term)).price
                for spot in (bar.open, bar.high, bar.low, bar.close)
            )
            *prices, close = (max(tick, state.terms.on_tick(value)) for value in values)
            yield SyntheticSession(day, _option_bar(origin, bar, prices, close if last is None else last))
            last = None

    def _today(self) -> tuple[int, int] | None:
        """Return when today's trading began, and until when it has gone on so far. None before it began."""
        if self.open_from is not None:
            return calendar.at_clock(self.market.day, 0), self.market.at
        day = self.market.day
        begin = calendar.at_clock(day, 9, 30)
        if not calendar.is_trading_day(day) or self.market.at <= begin:
            return None
        return begin, min(self.market.at, calendar.closing(day))

    def _day_of_tape(self, tape: Tape, times: tuple[int, int], prints: int) -> SimBar | None:
        """Return the day so far; `prints` is how many a whole day has. None when nothing was traded yet."""
        if tape.last is None or tape.volume == 0.0:
            return None
        volume = NAN if tape.volume is None else tape.volume
        count = max(1, round(prints * (times[1] - times[0]) / 1000 / _SESSION_S))
        return SimBar(
            at=times[0],
            open=tape.open,
            high=tape.high,
            low=tape.low,
            close=min(tape.high, max(tape.low, tape.last)),
            count=count if tape.volume is None else max(1, min(count, math.floor(volume / tape.listing.grain))),
            volume=volume,
            turnover=NAN if tape.turnover is None else _within(tape.turnover, volume, tape.low, tape.high),
            bid_volume=volume / 2,
            ask_volume=volume / 2,
            iv=self.volatility(tape),
        )

    def _day_of_option(self, state: OptionState, begin: int) -> SimBar | None:
        if state.last is None or state.open is None or state.high is None or state.low is None or not state.volume:
            return None
        return SimBar(
            at=begin,
            open=state.open,
            high=state.high,
            low=state.low,
            close=state.last,
            count=max(1, state.trades, round(state.volume / _PRINT_CONTRACTS)),
            volume=state.volume,
            turnover=_within(state.turnover / state.terms.multiplier, state.volume, state.low, state.high),
            bid_volume=math.floor(state.volume / 2),
            ask_volume=state.volume - math.floor(state.volume / 2),
            iv=state.iv,
        )


def _option_bar(origin: PastOrigin, bar: SimBar, prices: list[float], close: float) -> SimBar:
    """Return a day of an option, busy on the days its underlying was."""
    busy = bar.count % 97 / 97 + 0.2
    volume = float(max(1, round(origin.volume * busy)))
    return SimBar(
        at=0,
        open=prices[0],
        high=max(*prices, close),
        low=min(*prices, close),
        close=close,
        count=max(1, min(int(volume), round(origin.count * busy))),
        volume=volume,
        turnover=volume * (sum(prices) + close) / 4,
        bid_volume=math.floor(volume / 2),
        ask_volume=volume - math.floor(volume / 2),
        iv=origin.iv,
    )


def _within(turnover: float, volume: float, low: float, high: float) -> float:
    """Return a turnover whose average price lies within the day's range; what a tape begins with is a rough guess."""
    return min(volume * high, max(volume * low, turnover))
