"""What was traded before anybody looked: bars made up from a seed that end exactly where the tape stands. Pure.

Days are walked backwards from the previous close. Finer bars are drawn inside coarser ones (`split`): the first opens
where the whole opened, the last closes where it closed, one touches its high and one its low, counts and volumes sum
up. So every interval tells the same story, whichever is asked for first; only the average price of a made-up bar is
its own, from its open, high, low and close.
"""

import collections
import datetime
import functools
import itertools
import math
import random
import typing

import msgspec

from simulator.market import calendar
from simulator.market.bars import DAY, HALF_HOUR, MINUTE, NAN, SECOND, SimBar

DEPTH_DAYS = 1_260
"""Trading days of the past there are: five years."""
_YEAR_DAYS = 252
_PULL = 0.004
"""Pull of a day's close towards the listed price: five years ago it was another price, not another order of it."""
_BEFORE, _AFTER = 0.02, 0.015
"""What is traded before and after the regular session, as a part of a usual day."""
_HALVES_REMEMBERED, _MINUTES_REMEMBERED = 64, 64
_ROUND_THE_CLOCK = frozenset({"crypto", "future"})


class SyntheticHours(msgspec.Struct, frozen=True):
    """When something trades. `open_from` is since when its market never closes (None: it keeps the real hours)."""

    kind: str = "equity"
    open_from: int | None = None

    def is_regular(self, at: int) -> bool:
        """Whether a trade at `at` belongs to a regular session."""
        if self.kind in _ROUND_THE_CLOCK or (self.open_from is not None and at >= self.open_from):
            return True
        return _is_open(at - at % HALF_HOUR)

    def trades_on(self, day: datetime.date) -> bool:
        """Whether there is a session on a past day."""
        if self.kind == "crypto":
            return True
        return day.weekday() < 5 if self.kind == "future" else calendar.is_trading_day(day)

    def regular(self, day: datetime.date) -> tuple[int, int]:
        """Return when the regular session of a past day begins and ends."""
        if self.kind in _ROUND_THE_CLOCK:
            return calendar.at_clock(day, 0), calendar.at_clock(day + datetime.timedelta(days=1), 0)
        return calendar.at_clock(day, 9, 30), calendar.closing(day)


@functools.lru_cache(maxsize=16_384)
def _is_open(half_hour: int) -> bool:
    return calendar.state(half_hour) == "Open"


class Origin(msgspec.Struct, frozen=True):
    """Where the past of one instrument ends, and what it is like.

    `close` is the previous day's, `today` the day up to `at` (None: nothing was traded yet), `level` the price days are
    pulled to, `volatility` a fraction per year, `volume` a usual day's (NaN: it has none), `count` its prints. Prices
    are multiples of `tick`, volumes of `grain`.
    """

    seed: str
    at: int
    day: datetime.date
    close: float
    today: SimBar | None
    level: float
    volatility: float
    volume: float
    count: int
    iv: float
    tick: float
    hours: SyntheticHours
    grain: float = 1.0
    has_extended: bool = True


class SyntheticSession(msgspec.Struct, frozen=True):
    """One day of the past: its regular session, and what was traded before and after it."""

    day: datetime.date
    regular: SimBar
    before: SimBar | None = None
    after: SimBar | None = None

    def whole(self, at: int, *, regular: bool) -> SimBar:
        """Return the bar of the day, which begins `at`; `regular` leaves out what was before and after."""
        parts = (self.regular,) if regular else (self.before, self.regular, self.after)
        first, *rest = (part for part in parts if part is not None)
        whole = msgspec.structs.replace(first, at=at)
        for part in rest:
            whole.merge(part)
        return whole


class SyntheticPast:
    """The bars of one instrument up to its origin."""

    def __init__(self, origin: Origin, days: typing.Iterator[SyntheticSession] | None = None) -> None:
        self.origin = origin
        self._walk = days if days is not None else walk(origin)
        self._sessions: list[SyntheticSession] = []
        self._halves: collections.OrderedDict[datetime.date, list[SimBar]] = collections.OrderedDict()
        self._minutes: collections.OrderedDict[int, list[SimBar]] = collections.OrderedDict()

    def bars(self, step: int, since: int) -> typing.Iterator[SimBar]:
        """Yield the bars of `step` that begin at or after `since`, the newest first."""
        for bar in self._all(step, since):
            if bar.at < since:
                return
            yield bar

    def days(self, since: int, *, regular: bool) -> typing.Iterator[SimBar]:
        """Yield the bars of whole days, today's so far among them; `regular` leaves out what was before and after."""
        for day, session in self._by_day():
            at = calendar.day_id(day) * DAY
            if at < since:
                return
            yield session.whole(at, regular=regular)

    def _all(self, step: int, since: int) -> typing.Iterator[SimBar]:
        for day, session in self._by_day():
            for half in reversed(self._half_hours(day, session)):
                if half.at < since - HALF_HOUR:
                    return
                if step == HALF_HOUR:
                    yield half
                    continue
                for minute in reversed(self._minutes_of(half)):
                    if step == MINUTE:
                        yield minute
                    elif minute.at >= since - MINUTE:
                        yield from reversed(self._parts(minute, SECOND, 60))

    def _by_day(self) -> typing.Iterator[tuple[datetime.date, SyntheticSession]]:
        """Yield the sessions, the newest first."""
        if self.origin.today is not None:
            yield self.origin.day, SyntheticSession(self.origin.day, self.origin.today)
        for number in itertools.count():
            if number == len(self._sessions):
                session = next(self._walk, None)
                if session is None:
                    return
                self._sessions.append(session)
            yield self._sessions[number].day, self._sessions[number]

    def _half_hours(self, day: datetime.date, session: SyntheticSession) -> list[SimBar]:
        if day not in self._halves:
            self._halves[day] = self._today(session.regular) if day == self.origin.day else self._day(session)
            if len(self._halves) > _HALVES_REMEMBERED:
                self._halves.popitem(last=False)
        return self._halves[day]

    def _today(self, today: SimBar) -> list[SimBar]:
        """Spread the day so far over the time from its begin to the origin."""
        starts = list(range(today.at, max(today.at + 1, self.origin.at), HALF_HOUR))
        weights = [min(HALF_HOUR, self.origin.at - start) + 1.0 for start in starts]
        return split(today, starts, weights, self._draw("today"), self.origin.tick, self.origin.grain)

    def _day(self, session: SyntheticSession) -> list[SimBar]:
        begin, end = self.origin.hours.regular(session.day)
        bars: list[SimBar] = []
        parts = (
            (session.before, calendar.at_clock(session.day, 4), begin),
            (session.regular, begin, end),
            (session.after, end, calendar.at_clock(session.day, 20)),
        )
        for part, first, last in parts:
            if part is not None:
                starts = list(range(first, last, HALF_HOUR))
                draw = self._draw(f"{session.day}:{first}")
                bars += split(part, starts, _smile(len(starts)), draw, self.origin.tick, self.origin.grain)
        return bars

    def _minutes_of(self, half: SimBar) -> list[SimBar]:
        if half.at not in self._minutes:
            self._minutes[half.at] = self._parts(half, MINUTE, 30)
            if len(self._minutes) > _MINUTES_REMEMBERED:
                self._minutes.popitem(last=False)
        return self._minutes[half.at]

    def _parts(self, whole: SimBar, step: int, number: int) -> list[SimBar]:
        """Draw the bars inside `whole`; what holds the origin ends there."""
        starts = [at for at in range(whole.at, whole.at + number * step, step) if at <= self.origin.at]
        draw = self._draw(f"{step}:{whole.at}")
        return split(whole, starts, [1.0] * len(starts), draw, self.origin.tick, self.origin.grain)

    def _draw(self, name: str) -> random.Random:
        return random.Random(f"{self.origin.seed}:{name}")


def walk(origin: Origin) -> typing.Iterator[SyntheticSession]:
    """Yield the days before the origin, the newest first, each closing where the next one's night began."""
    draw = random.Random(f"{origin.seed}:days")
    daily = origin.volatility / math.sqrt(_YEAR_DAYS)
    close, day = origin.close, origin.day
    for _ in range(DEPTH_DAYS):
        day -= datetime.timedelta(days=1)
        while not origin.hours.trades_on(day):
            day -= datetime.timedelta(days=1)
        opened = close * math.exp(-draw.gauss(0.0, 0.85 * daily))
        bar = _bar(origin, draw, close, opened, 0.5 * daily, 1.0)
        night = draw.gauss(0.0, 0.5 * daily) + _PULL * math.log(bar.open / origin.level)
        previous = _priced(bar.open * math.exp(-night), origin.tick)
        before = after = None
        if origin.has_extended and origin.hours.kind not in _ROUND_THE_CLOCK:
            before = _bar(origin, draw, bar.open, (previous + bar.open) / 2, 0.1 * daily, _BEFORE)
            late = close * math.exp(draw.gauss(0.0, 0.1 * daily))
            after = _bar(origin, draw, late, close, 0.1 * daily, _AFTER)
        yield SyntheticSession(day, bar, before, after)
        close = previous


def _bar(origin: Origin, draw: random.Random, close: float, opened: float, reach: float, share: float) -> SimBar:
    """Make up a session that goes from `opened` to `close`; `share` is its part of a usual day's trading."""
    close, opened = _priced(close, origin.tick), _priced(opened, origin.tick)
    high = max(opened, close, _priced(max(opened, close) * math.exp(abs(draw.gauss(0.0, reach))), origin.tick))
    low = min(opened, close, _priced(min(opened, close) * math.exp(-abs(draw.gauss(0.0, reach))), origin.tick))
    busy = share * draw.uniform(0.7, 1.4)
    count = max(1, round(origin.count * busy))
    has_volume, grain = origin.volume == origin.volume, origin.grain
    volume = max(count, round(origin.volume * busy / grain)) * grain if has_volume else NAN
    bid = math.floor(volume * draw.uniform(0.42, 0.58) / grain) * grain if has_volume else NAN
    iv = origin.iv * math.exp(draw.gauss(0.0, 0.03))
    turnover = volume * (opened + high + low + close) / 4
    return SimBar(0, opened, high, low, close, count, volume, turnover, bid, volume - bid, iv)


def split(
    whole: SimBar, starts: list[int], weights: list[float], draw: random.Random, tick: float, grain: float
) -> list[SimBar]:
    """Draw the bars of the slots that begin at `starts` inside `whole`, as busy as `weights`; some may stay empty."""
    noisy = [weight * draw.uniform(0.5, 1.5) for weight in weights]
    counts = _apportion(whole.count, noisy)
    traded = [n for n, count in enumerate(counts) if count]
    prices = _bridge(whole, len(traded), draw, tick)
    volumes = _volumes(whole, [counts[n] for n in traded], [noisy[n] for n in traded], grain)
    bids = _along(whole.bid_volume, volumes, grain)
    reach = (whole.high - whole.low) / math.sqrt(len(traded)) * 0.4
    bars = []
    for order, n in enumerate(traded):
        opened, close = prices[order], prices[order + 1]
        high = min(whole.high, _priced(max(opened, close) + reach * draw.random(), tick))
        low = max(whole.low, _priced(min(opened, close) - reach * draw.random(), tick))
        high, low = max(high, opened, close), min(low, opened, close)
        if counts[n] == 1:
            opened, high, low = _single(order, opened, close, high, low)
        volume, bid = volumes[order], bids[order]
        turnover = volume * (opened + high + low + close) / 4
        bars.append(
            SimBar(starts[n], opened, high, low, close, counts[n], volume, turnover, bid, volume - bid, whole.iv)
        )
    max(bars, key=lambda bar: (bar.high, bar.count)).high = whole.high
    min(bars, key=lambda bar: (bar.low, -bar.count)).low = whole.low
    return bars


def _single(order: int, opened: float, close: float, high: float, low: float) -> tuple[float, float, float]:
    """A slot of one print has one price, but the first, which opens where the whole did."""
    return (opened, high, low) if order == 0 else (close, close, close)


def _bridge(whole: SimBar, number: int, draw: random.Random, tick: float) -> list[float]:
    """Return `number` + 1 prices from the open to the close of `whole`, none beyond its high and low."""
    steps = list(itertools.accumulate((draw.gauss(0.0, 1.0) for _ in range(number)), initial=0.0))
    pinned = [step - n / number * steps[-1] for n, step in enumerate(steps)]
    spread = max(pinned) - min(pinned)
    scale = 0.9 * (whole.high - whole.low) / spread if spread else 0.0
    prices = [whole.open + (whole.close - whole.open) * n / number + scale * step for n, step in enumerate(pinned)]
    prices = [min(whole.high, max(whole.low, _priced(price, tick))) for price in prices]
    return [whole.open, *prices[1:-1], whole.close]


def _apportion(total: int, weights: list[float]) -> list[int]:
    """Share out whole units by weight; they sum up to `total`."""
    scale = total / sum(weights)
    reached = [round(weight * scale) for weight in itertools.accumulate(weights)]
    reached[-1] = total
    return [later - earlier for earlier, later in itertools.pairwise([0, *reached])]


def _volumes(whole: SimBar, counts: list[int], weights: list[float], grain: float) -> list[float]:
    """Share out the volume: a grain for every print, the rest by weight."""
    rest = whole.volume / grain - whole.count
    if not rest >= 0:
        return _along(whole.volume, [float(count) for count in counts], grain)
    more = _apportion(math.floor(rest), weights)
    return [float(count + extra) * grain for count, extra in zip(counts, more, strict=True)]


def _along(total: float, weights: list[float], grain: float) -> list[float]:
    """Share out `total` in proportion to `weights`, in whole grains but for the last."""
    if total != total:
        return [NAN] * len(weights)
    everything = sum(weights) or 1.0
    reached = [math.floor(total * weight / everything / grain) * grain for weight in itertools.accumulate(weights)]
    return [later - earlier for earlier, later in itertools.pairwise([0.0, *reached[:-1], total])]


def _smile(number: int) -> list[float]:
    """Weigh the slots of a session: busy at its begin and end."""
    return [1.0 + 1.5 * (2 * n / max(1, number - 1) - 1) ** 2 for n in range(number)]


def _priced(price: float, tick: float) -> float:
    """Round to the tick, never below one."""
    return round(max(1, round(price / tick)) * tick, 8)
