"""One market stream, over whichever carrier: what it wants and was told. Sans-IO; times are in seconds."""

import datetime
import math
import random
import typing

import msgspec

from simulator.asgi import Json
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState
from simulator.tradier.bodies.quotes import Names, Subject, day, symbol_of
from simulator.tradier.stream_sessions import SimTradierStreamSession
from simulator.tradier.streams import payloads
from simulator.tradier.streams.payloads import PAYLOADS, Payload

REPEAT_S = 20.0
"""A last trade that is as old as this is told again, as often."""
LONGEST_SILENCE_S = 900.0
"""A stream that has had nothing to tell for so long ends."""
OPTION_S = 1.0
"""Seconds of market time between two valuations of an option."""
Day = tuple[float | None, ...]


class Wants(msgspec.Struct, frozen=True):
    """What a stream asked for."""

    symbols: tuple[str, ...]
    filter: frozenset[Payload] = frozenset(PAYLOADS)
    linebreak: bool = False
    valid_only: bool = True
    advanced: bool = False


class Seen(msgspec.Struct):
    """How far one symbol has been told. It is valued anew at `due`, in seconds of market time, if it is an option."""

    symbol: str
    subject: Subject
    due: float
    quotes: int
    trades: int
    day: Day
    date: datetime.date
    told_at: float


class Viewer:
    """One market stream. `carry` takes the objects of a moment."""

    def __init__(self, market: SimMarket, names: Names, carry: typing.Callable[[list[Json]], None]) -> None:
        self.market = market
        self.names = names
        self.session: SimTradierStreamSession | None = None
        self.wants = Wants(())
        self.told_at = 0.0
        """When it was last told anything."""
        self.patience_s = LONGEST_SILENCE_S
        self.counts_until = math.inf
        """Until when the venue counts it as an open stream."""
        self._carry = carry
        self._draw = random.Random(market.seed)
        self._seen: dict[str, Seen] = {}
        self._said: list[Json] = []

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts of the person whose stream this is."""
        return self.session.token.person.numbers if self.session else frozenset()

    @property
    def symbols(self) -> list[str]:
        """What it shows: those of the symbols it asked for that trade here."""
        return list(self._seen)

    def show(self, session: SimTradierStreamSession, wants: Wants, now: float) -> None:
        """Tell what happens to these symbols from now on, and no others."""
        kept = self._seen
        self.session, self.wants, self._seen, self.told_at = session, wants, {}, now
        for symbol in wants.symbols:
            subject = self.names.find(symbol)
            if subject is not None:
                name = symbol_of(subject)
                self._seen[name] = kept.get(name) or self._add(name, subject, now)

    def _add(self, name: str, subject: Subject, now: float) -> Seen:
        counts = payloads.quotes(subject), subject.trades
        return Seen(name, subject, self._due(subject), *counts, self._day(subject), self.market.day, now)

    def _due(self, subject: Subject) -> float:
        is_option = isinstance(subject, OptionState)
        return self.market.seconds + OPTION_S * self._draw.uniform(0.7, 1.3) if is_option else math.inf

    def _day(self, subject: Subject) -> Day:
        return (*day(subject, self.market).values(), subject.prev_close)

    def on_print(self, subject: Subject) -> None:
        """Note a print: every one is told, whatever else is conflated."""
        if "timesale" in self.wants.filter and symbol_of(subject) in self._seen:
            self._said.append(payloads.timesale(subject, self.market))

    def queue(self, *said: Json) -> None:
        """Tell this with whatever else there is to tell next."""
        self._said.extend(said)

    def seen(self, symbol: str = "") -> list[Subject]:
        """Return what it shows, of one symbol or of all."""
        return [seen.subject for seen in self._seen.values() if symbol in ("", seen.symbol)]

    def flush(self, now: float) -> None:
        """Tell what has changed since it was last told."""
        for seen in self._seen.values():
            self._check(seen, now)
        if self._said:
            said, self._said, self.told_at = self._said, [], now
            self._carry(said)

    def is_idle(self, now: float) -> bool:
        """Whether it was told nothing for so long that it ends."""
        return self.session is not None and now - self.told_at >= self.patience_s

    def _check(self, seen: Seen, now: float) -> None:
        """Note what has changed of one symbol."""
        subject, wanted = seen.subject, self.wants.filter
        if self.market.seconds >= seen.due:
            self.names.refresh(subject)
            seen.due = self._due(subject)
        has_traded = subject.trades != seen.trades
        has_moved = payloads.quotes(subject) != seen.quotes
        if has_moved:
            seen.quotes = payloads.quotes(subject)
            if "quote" in wanted and payloads.has_book(subject):
                self._said.append(payloads.quote(subject))
        if has_traded or now - seen.told_at >= REPEAT_S:
            seen.trades, seen.told_at = subject.trades, now
            self._said.extend(self.trades(subject))
        if has_traded or (has_moved and seen.date != self.market.day):
            self._look_at_day(seen)

    def _look_at_day(self, seen: Seen) -> None:
        today, seen.date = self._day(seen.subject), self.market.day
        if today != seen.day:
            seen.day = today
            if "summary" in self.wants.filter:
                self._said.append(payloads.summary(seen.subject, self.market))

    def trades(self, subject: Subject) -> typing.Iterator[Json]:
        """Describe the last trade: that of regular hours only as `trade`, any as `tradex`."""
        is_regular = self.market.state in ("Open", "Closed")
        kinds: tuple[Payload, ...] = ("trade", "tradex") if is_regular else ("tradex",)
        for kind in kinds:
            if kind in self.wants.filter and (said := payloads.trade(subject, kind)) is not None:
                yield said
