"""One market stream, over whichever carrier: what it wants and was told. Sans-IO; times are in seconds."""

import typing

import msgspec

from brokers.loopback.asgi import Json
from brokers.loopback.market import Market
from brokers.loopback.tradier import ticks
from brokers.loopback.tradier.quotes import Names, Subject, day
from brokers.loopback.tradier.sessions import Session
from brokers.loopback.tradier.ticks import PAYLOADS, Payload

REPEAT_S = 20.0
"""A last trade that is as old as this is told again, as often."""
Day = tuple[float | None, ...]


class Wants(msgspec.Struct, frozen=True):
    """What a stream asked for."""

    symbols: tuple[str, ...]
    filter: frozenset[Payload] = frozenset(PAYLOADS)
    linebreak: bool = False
    valid_only: bool = True
    advanced: bool = False


class Seen(msgspec.Struct):
    """How far one symbol has been told."""

    subject: Subject
    quotes: int
    trades: int
    day: Day
    told_at: float


class Viewer:
    """One market stream. `carry` takes the objects of a moment."""

    def __init__(self, market: Market, names: Names, carry: typing.Callable[[list[Json]], None]) -> None:
        self.market = market
        self.names = names
        self.session: Session | None = None
        self.wants = Wants(())
        self.told_at = 0.0
        """When it was last told anything."""
        self._carry = carry
        self._seen: dict[str, Seen] = {}

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts of the person whose stream this is."""
        return self.session.token.person.numbers if self.session else frozenset()

    def show(self, session: Session, wants: Wants, now: float) -> None:
        """Tell what happens to these symbols from now on, and no others."""
        kept = self._seen
        self.session, self.wants, self._seen, self.told_at = session, wants, {}, now
        for symbol in wants.symbols:
            subject = self.names.find(symbol)
            if subject is not None:
                self._seen[symbol] = kept.get(symbol) or Seen(*self._state(subject), now)

    def _state(self, subject: Subject) -> tuple[Subject, int, int, Day]:
        return subject, ticks.quotes(subject), subject.trades, self._day(subject)

    def _day(self, subject: Subject) -> Day:
        return (*day(subject, self.market).values(), subject.prev_close)

    def tell(self, now: float) -> None:
        """Tell what has changed since it was last told."""
        found = [said for seen in self._seen.values() for said in self._news(seen, now)]
        if found:
            self.told_at = now
            self._carry(found)

    def _news(self, seen: Seen, now: float) -> typing.Iterator[Json]:
        subject, wanted = seen.subject, self.wants.filter
        self.names.refresh(subject)
        if ticks.quotes(subject) != seen.quotes:
            seen.quotes = ticks.quotes(subject)
            if "quote" in wanted and ticks.has_book(subject):
                yield ticks.quote(subject)
        if subject.trades != seen.trades or now - seen.told_at >= REPEAT_S:
            seen.trades, seen.told_at = subject.trades, now
            yield from self._trades(subject)
        if (today := self._day(subject)) != seen.day:
            seen.day = today
            if "summary" in wanted:
                yield ticks.summary(subject, self.market)

    def _trades(self, subject: Subject) -> typing.Iterator[Json]:
        """Tell the last trade: that of regular hours only as `trade`, any as `tradex`."""
        kinds: tuple[Payload, ...] = ("trade", "tradex") if self.market.state in ("Open", "Closed") else ("tradex",)
        for kind in kinds:
            if kind in self.wants.filter and (said := ticks.trade(subject, kind)) is not None:
                yield said
