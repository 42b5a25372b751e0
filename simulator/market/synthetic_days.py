"""The days of the past, made from the path that a price followed: half hours, which make days. Pure."""

import datetime
import functools
import math
import random
import typing

import msgspec

from simulator.market import calendar
from simulator.market.bar_split import on_tick
from simulator.market.bars import HALF_HOUR, SimBar
from simulator.market.moves import activity
from simulator.market.moves.day_so_far import ROUND_THE_CLOCK, previous_close, slot_of
from simulator.market.moves.field import Course
from simulator.market.moves.price_path import PricePath, plain_path

DEPTH = datetime.timedelta(days=3653)
"""How much of the past there is: ten years."""
_DAY = datetime.timedelta(days=1)
_BEFORE, _AFTER = 0.02, 0.015
"""What is traded before and after the regular session, as a part of a usual day."""
_FIRST_SLOT, _LAST_SLOT = 8, 40
"""Half hours between which is traded before and after the session: 4:00 to 20:00."""


class SyntheticHours(msgspec.Struct, frozen=True):
    """When something trades. `open_from` is since when its market never closes (None: it keeps the real hours)."""

    kind: str = "equity"
    open_from: int | None = None

    def is_regular(self, at: int) -> bool:
        """Whether a trade at `at` belongs to a regular session."""
        if self.kind in ROUND_THE_CLOCK or (self.open_from is not None and at >= self.open_from):
            return True
        return _is_open(at - at % HALF_HOUR)

    def trades_on(self, day: datetime.date) -> bool:
        """Whether there is a session on a past day."""
        if self.kind == "crypto":
            return True
        return day.weekday() < 5 if self.kind == "future" else calendar.is_trading_day(day)

    def regular(self, day: datetime.date) -> tuple[int, int]:
        """Return when the regular session of a past day begins and ends."""
        if self.kind in ROUND_THE_CLOCK:
            return calendar.at_clock(day, 0), calendar.at_clock(day + _DAY, 0)
        return calendar.at_clock(day, 9, 30), calendar.closing(day)


@functools.lru_cache(maxsize=16_384)
def _is_open(half_hour: int) -> bool:
    return calendar.state(half_hour) == "Open"


class PastOrigin(msgspec.Struct, frozen=True):
    """Where the past of one instrument ends, and what it is like.

    `close` is the previous day's, `today` the day up to `at` (None: nothing was traded yet), `path` what its price
    followed (None: its days are given, or it goes by itself with `volatility`, a fraction per year), `volume` a usual
    day's (NaN: it has none), `count` its prints. Prices are multiples of `tick`, volumes of `grain`.
    """

    seed: str
    at: int
    day: datetime.date
    close: float
    today: SimBar | None
    volatility: float
    volume: float
    count: int
    iv: float
    tick: float
    hours: SyntheticHours
    grain: float = 1.0
    has_extended: bool = True
    path: PricePath | None = None

    def split(self, ratio: int) -> "PastOrigin":
        """Return this in the shares of after a split, `ratio` for each old one."""
        today = None if self.today is None else self.today.split(ratio)
        return msgspec.structs.replace(self, close=self.close / ratio, today=today, volume=self.volume * ratio)


class SyntheticSession(msgspec.Struct, frozen=True):
    """One day of the past: its regular session, and what was traded before and after it."""

    day: datetime.date
    regular: SimBar
    before: SimBar | None = None
    after: SimBar | None = None

    def split(self, ratio: int) -> "SyntheticSession":
        """Return this in the shares of after a split, `ratio` for each old one."""
        before, after = (None if part is None else part.split(ratio) for part in (self.before, self.after))
        return SyntheticSession(self.day, self.regular.split(ratio), before, after)

    def whole(self, at: int, *, regular: bool) -> SimBar:
        """Return the bar of the day, which begins `at`; `regular` leaves out what was before and after."""
        parts = (self.regular,) if regular else (self.before, self.regular, self.after)
        first, *rest = (part for part in parts if part is not None)
        whole = msgspec.structs.replace(first, at=at)
        for part in rest:
            whole.merge(part)
        return whole


class DayMaker:
    """Makes the half hours of any day before the origin from the path that its price followed."""

    def __init__(self, origin: PastOrigin) -> None:
        self._origin = origin
        self._path = origin.path or plain_path(origin.seed, origin.volatility, is_even=origin.hours.kind == "crypto")
        self._reference = previous_close(self._path, origin.hours.kind, origin.day)
        self._is_whole = origin.hours.kind in ROUND_THE_CLOCK
        mean = sum(part.loading**2 for part in self._path.parts) / activity.YEAR_DAYS
        usual = activity.EVEN if origin.hours.kind == "crypto" else activity.TRADING
        self._usual = [mean * share for share in usual]

    def days(self, last: datetime.date) -> typing.Iterator[datetime.date]:
        """Yield the days with a session from `last` on, or from the day before the origin's, the newest first."""
        day = min(last, self._origin.day - _DAY)
        while day >= self._origin.day - DEPTH:
            if self._origin.hours.trades_on(day):
                yield day
            day -= _DAY

    def session(self, day: datetime.date) -> SyntheticSession:
        """Return a day whole."""
        before, regular, after = self.halves(day)
        return SyntheticSession(day, _sum(regular), _sum(before) if before else None, _sum(after) if after else None)

    def halves(self, day: datetime.date) -> tuple[list[SimBar], list[SimBar], list[SimBar]]:
        """Return the half hours before, in and after the session of a day."""
        number = activity.number_of(day)
        levels, variances = self._path.levels(number), self._path.variances(number)
        draw = random.Random(f"{self._origin.seed}:{number}")
        if self._is_whole:
            lasts = min(activity.SLOTS, (activity.midnight(number + 1) - activity.midnight(number)) // HALF_HOUR)
            return [], self._bars(number, levels, variances, range(lasts), draw, 1.0), []
        end = activity.OPEN_SLOT + (calendar.closing(day) - calendar.at_clock(day, 9, 30)) // HALF_HOUR
        regular = self._bars(number, levels, variances, range(activity.OPEN_SLOT, end), draw, 1.0)
        if not self._origin.has_extended:
            return [], regular, []
        early, late = range(_FIRST_SLOT, activity.OPEN_SLOT), range(end, _LAST_SLOT)
        before = self._bars(number, levels, variances, early, draw, _BEFORE)
        return before, regular, self._bars(number, levels, variances, late, draw, _AFTER)

    def shape_of(self, at: int) -> Course:
        """Return the way inside the half hour that begins at `at`."""
        return self._path.minutes(*slot_of(at))

    def shape_of_today(self, at: int, number: int) -> list[float] | None:
        """Return the levels at the borders of `number` half hours from `at` on, on the origin's day."""
        day, slot = slot_of(at)
        if slot + number > activity.SLOTS:
            return None
        if self._origin.hours.open_from is not None:
            return self._path.lively(day, slot + number)[slot:]
        return self._path.levels(day)[slot : slot + number + 1]

    def _bars(
        self,
        number: int,
        levels: list[float],
        variances: list[float],
        slots: range,
        draw: random.Random,
        share: float,
    ) -> list[SimBar]:
        """Make the bars of some slots, in which `share` of a usual day is traded."""
        origin, bars = self._origin, []
        weights = smile(len(slots))
        usual, begin, busy = share / sum(weights), activity.midnight(number), draw.uniform(0.8, 1.25)
        prices = [origin.close * math.exp(level - self._reference) for level in levels[slots.start : slots.stop + 1]]
        ticks = [on_tick(price, origin.tick) for price in prices]
        for n, slot in enumerate(slots):
            opened, close, variance = prices[n], prices[n + 1], variances[slot]
            high, low = _reach(math.log(close / opened), variance, draw)
            wild = min(6.0, max(0.25, math.sqrt(variance / self._usual[slot])))
            bar = SimBar(begin + slot * HALF_HOUR, ticks[n], 0.0, 0.0, ticks[n + 1], iv=origin.iv)
            bar.high = max(ticks[n], ticks[n + 1], on_tick(opened * math.exp(high), origin.tick))
            bar.low = min(ticks[n], ticks[n + 1], on_tick(opened * math.exp(low), origin.tick))
            _trade(origin, bar, weights[n] * usual * busy * wild * draw.uniform(0.8, 1.25), draw)
            bars.append(bar)
        return bars


def walk(origin: PastOrigin) -> typing.Iterator[SyntheticSession]:
    """Return the days before the origin, the newest first."""
    made = DayMaker(origin)
    return map(made.session, made.days(origin.day))


def _sum(bars: list[SimBar]) -> SimBar:
    whole = msgspec.structs.replace(bars[0])
    for bar in bars[1:]:
        whole.merge(bar)
    return whole


def _reach(move: float, variance: float, draw: random.Random) -> tuple[float, float]:
    """Draw the highest and the lowest of a motion that ends at `move`: exactly distributed, each by itself."""
    up, down = (math.sqrt(move * move - 2.0 * variance * math.log(1.0 - draw.random())) for _ in range(2))
    return (move + up) / 2, (move - down) / 2


def _trade(origin: PastOrigin, bar: SimBar, share: float, draw: random.Random) -> None:
    """Let `share` of a usual day be traded in a bar."""
    bar.count = max(1, round(origin.count * share))
    if origin.volume != origin.volume:
        return
    grain = origin.grain
    bar.volume = max(bar.count, round(origin.volume * share / grain)) * grain
    bar.bid_volume = math.floor(bar.volume * draw.uniform(0.42, 0.58) / grain) * grain
    bar.ask_volume = bar.volume - bar.bid_volume
    bar.turnover = bar.volume * (bar.open + bar.high + bar.low + bar.close) / 4


def smile(number: int) -> list[float]:
    """Weigh the slots of a session: busy at its begin and end."""
    return [1.0 + 1.5 * (2 * n / max(1, number - 1) - 1) ** 2 for n in range(number)]
