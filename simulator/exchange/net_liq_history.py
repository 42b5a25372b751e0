"""What an account was worth before: recorded while the venue runs, made up for the time before that. Pure.

The time before the first record is a random walk that only the seed, the account's number and the day decide, scaled
so that it leads to what was recorded first; cash never moves in it. What was told of a moment is told of it for ever:
a bar changes only until it is complete. Times are ms since the epoch, money is dollars.
"""

import collections
import datetime
import decimal
import itertools
import math
import random
import typing

import msgspec

from simulator.exchange import accounts
from simulator.exchange.accounts import SimAccount, Worth
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface

Decimal = decimal.Decimal
CENT = Decimal("0.01")
FIVE_MINUTES, HALF_HOUR = 300_000, 1_800_000
FINE = datetime.timedelta(days=14)
"""How far back a made-up past has bars of less than a day."""
PAST_DAYS = 2 * 366
"""How far back a made-up past goes; no further than the account's opening."""
_VOL = 0.18
_DAY_VOL = _VOL / math.sqrt(252)
_SLOT_VOL = _DAY_VOL * math.sqrt(0.75 / 78)
_GAP_VOL = _DAY_VOL * math.sqrt(0.25)
_KEPT = {FIVE_MINUTES: 1500, HALF_HOUR: 480}
"""Recorded bars that are kept of each length; days are kept for ever."""
_PARTS = {"long_equity": 1, "long_option": 1, "crypto": 1, "futures": 1, "short_equity": -1, "short_option": -1}
"""Parts of a worth by what they add to it: the first an account has takes the cents that rounding leaves."""
_UNSCALED = frozenset({"cash", "reserve"})


class NetLiqBar(msgspec.Struct, frozen=True, gc=False):
    """Net liquidating values of one stretch of time, up to `at`: its end, or the last record in it so far."""

    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal

    def then(self, later: "NetLiqBar") -> "NetLiqBar":
        """Return one bar of this and a later one."""
        return NetLiqBar(later.at, self.open, max(self.high, later.high), min(self.low, later.low), later.close)


class _Stretch(typing.NamedTuple):
    """A stretch of the walk: logarithms of the holdings' value, relative to that of the first record."""

    at: int
    open: float
    high: float
    low: float
    close: float


def has_begun(day: datetime.date, at: int) -> bool:
    """Whether `day` trades, and its session has begun by `at`."""
    return calendar.is_trading_day(day) and at > calendar.at_clock(day, 9, 30)


def _whole(part: list[_Stretch]) -> _Stretch:
    """Return one stretch of several that follow each other."""
    high, low = max(stretch.high for stretch in part), min(stretch.low for stretch in part)
    return _Stretch(part[-1].at, part[0].open, high, low, part[-1].close)


class NetLiqPast:
    """The time before the first record: `worth`, told as `net_liq`, at `at`. It is walked back as far as is asked."""

    def __init__(self, seed: int, number: str, opened: datetime.date, worth: Worth, net_liq: Decimal, at: int) -> None:
        self.worth = worth
        self.net_liq = net_liq
        self.at = at
        self._key = f"{seed}:{number}"
        self._cash = float(worth.cash)
        self._held = float(net_liq - worth.cash)
        today = calendar.day_of(at)
        self.first = max(opened, today - datetime.timedelta(days=PAST_DAYS))
        self.last = today if has_begun(today, at) else calendar.before(today)
        self._walked: dict[datetime.date, list[_Stretch]] = {}
        self._daily: dict[datetime.date, NetLiqBar] = {}
        self._next = self.last
        self._level = 0.0

    def trading_days(self) -> list[datetime.date]:
        """Return every day of this past, oldest first."""
        days = []
        day = self.last
        while day >= self.first:
            days.append(day)
            day = calendar.before(day)
        return days[::-1]

    def bars(self, step: int, first: datetime.date) -> dict[int, NetLiqBar]:
        """Return bars of `step` ms since a day by the number of their stretch of time, oldest first."""
        every = itertools.chain.from_iterable(part for _, part in self._since(first))
        grouped = itertools.groupby(every, key=lambda stretch: (stretch.at - 1) // step)
        return {number: self._bar(list(part)) for number, part in grouped}

    def days(self, first: datetime.date) -> dict[datetime.date, NetLiqBar]:
        """Return a bar for every trading day since one, oldest first."""
        for day, part in self._since(first):
            if day not in self._daily:
                self._daily[day] = self._bar(part)
        return {day: self._daily[day] for day in reversed(self._walked) if day >= first}

    def closing(self, day: datetime.date) -> Worth:
        """Return what the account was worth in parts when `day` closed. Raises KeyError for a day without trading."""
        self._since(day)
        stretches = self._walked[day]
        factor = Decimal(repr(math.exp(stretches[-1].close)))
        parts = msgspec.structs.asdict(self.worth)
        scaled = {name: (part * factor).quantize(CENT) for name, part in parts.items() if name not in _UNSCALED}
        then = Worth(cash=self.worth.cash, **scaled)
        for name, sign in _PARTS.items():
            if scaled.get(name):
                rest = self._bar(stretches).close - then.net_liq
                return msgspec.structs.replace(then, **{name: scaled[name] + sign * rest})
        return then

    def _since(self, first: datetime.date) -> list[tuple[datetime.date, list[_Stretch]]]:
        """Return the days since one in stretches of five minutes, oldest first; the last ends at the first record.

        Days further back than `FINE` are one stretch each, so that years of them take little memory.
        """
        while self._next >= max(first, self.first):
            stretches = self._walk(self._next)
            is_recent = self.last - self._next <= FINE
            self._walked[self._next] = stretches if is_recent else [_whole(stretches)]
            self._next = calendar.before(self._next)
        return [(day, part) for day, part in reversed(self._walked.items()) if day >= first]

    def _walk(self, day: datetime.date) -> list[_Stretch]:
        """Walk a day backwards from its close."""
        draw, opens = random.Random(f"{self._key}:{day.toordinal()}"), calendar.at_clock(day, 9, 30)
        gap = draw.gauss(0.0, _GAP_VOL)
        ends = range(opens + FIVE_MINUTES, calendar.closing(day) + 1, FIVE_MINUTES)
        drawn = [(end, tuple(draw.gauss(0.0, _SLOT_VOL) for _ in range(3))) for end in ends]
        stretches = []
        for end, (step, up, down) in reversed(drawn):
            if end - FIVE_MINUTES < self.at:
                close, self._level = self._level, self._level - step
                high, low = max(self._level, close) + abs(up) / 2, min(self._level, close) - abs(down) / 2
                stretches.append(_Stretch(min(end, self.at), self._level, high, low, close))
        self._level -= gap
        return stretches[::-1]

    def _bar(self, part: list[_Stretch]) -> NetLiqBar:
        at, *levels = _whole(part)
        opened, high, low, closed = (self._value(level) for level in levels)
        return NetLiqBar(
            at, opened, max(high, low), min(high, low), closed
        )  # what is sold short falls when the market rises

    def _value(self, level: float) -> Decimal:
        return Decimal(repr(round(self._cash + self._held * math.exp(level), 2)))


class NetLiqHistory:
    """One account's past and what is recorded of it."""

    def __init__(self, past: NetLiqPast) -> None:
        self.past = past
        self.at = past.at
        """Of the last record, in ms since the epoch."""
        self.recorded: dict[int, collections.OrderedDict[int, NetLiqBar]] = {
            step: collections.OrderedDict() for step in _KEPT
        }
        self.recorded_days: dict[datetime.date, NetLiqBar] = {}
        self.recorded_closings: dict[datetime.date, Worth] = {}

    def record(self, worth: Worth, net_liq: Decimal, at: int) -> None:
        """Note what the account is worth at `at`."""
        self.at = at
        now, day = NetLiqBar(at, net_liq, net_liq, net_liq, net_liq), calendar.day_of(at)
        for step, bars in self.recorded.items():
            number = (at - 1) // step
            bars[number] = bars[number].then(now) if number in bars else now
            while len(bars) > _KEPT[step]:
                bars.popitem(last=False)
        self.recorded_days[day] = self.recorded_days[day].then(now) if day in self.recorded_days else now
        self.recorded_closings[day] = worth

    def bars(self, step: int, first: datetime.date) -> list[NetLiqBar]:
        """Return bars of five minutes or half an hour since a day, oldest first; the last may still change."""
        return _joined(self.past.bars(step, first), self.recorded[step])

    def days(self, first: datetime.date) -> list[NetLiqBar]:
        """Return a bar for every day since one, oldest first; the last may still change."""
        return _joined(self.past.days(first), self.recorded_days)

    def closings(self, today: datetime.date) -> list[datetime.date]:
        """Return every day before `today` whose end is known, oldest first."""
        return sorted(day for day in {*self.past.trading_days(), *self.recorded_closings} if day < today)

    def closing(self, day: datetime.date) -> Worth:
        """Return what the account was worth at the end of a day of `closings`."""
        return self.recorded_closings[day] if day in self.recorded_closings else self.past.closing(day)


K = typing.TypeVar("K")


def _joined(past: typing.Mapping[K, NetLiqBar], recorded: typing.Mapping[K, NetLiqBar]) -> list[NetLiqBar]:
    """Join what was made up to what was recorded; the stretch of time that has both is one bar."""
    merged = {**past, **{key: past[key].then(bar) if key in past else bar for key, bar in recorded.items()}}
    return list(merged.values())


RECORD_S = 60.0
"""Seconds between two records of what an account is worth."""


class Histories:
    """The histories of every account of one venue."""

    def __init__(self, market: SimMarket, surface: OptionSurface) -> None:
        self.market = market
        self.surface = surface
        self.known: dict[str, NetLiqHistory] = {}
        self._seen_s = -RECORD_S

    def record(self, account: SimAccount) -> NetLiqHistory:
        """Note what an account is worth now, and return its history. The first record begins it."""
        worth, at = accounts.worth(account, self.market, self.surface), self.market.at
        told = account.overrides.get("net-liquidating-value", worth.net_liq)
        history = self.known.get(account.number)
        if history is None:
            past = NetLiqPast(self.market.seed, account.number, account.opened.date(), worth, told, at)
            history = self.known[account.number] = NetLiqHistory(past)
        history.record(worth, told, at)
        return history

    def keep_up(self, owned: typing.Sequence[SimAccount], now: float) -> None:
        """Record accounts, each once in a while, a few at a time; all of them at first. `now` in s of any clock."""
        first, last = (int(at / RECORD_S * len(owned)) for at in (self._seen_s, now))
        for turn in range(max(first, last - len(owned)), last):
            self.record(owned[turn % len(owned)])
        self._seen_s = now
