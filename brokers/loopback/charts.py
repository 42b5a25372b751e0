"""Charts of the simulated market: of every instrument the bars of its past, and those that were traded since. Pure.

Prints make the bars of the last price, from the venue's first moment on. Bars of bid, ask and mark are kept from the
first time somebody asks for them; what was before is then read off the bars of the last price. Whoever asks later is
told the same again, as far back as bars of that step are kept.
"""

import itertools
import math
import typing

import msgspec

from brokers.loopback import calendar
from brokers.loopback.candles import DAY, HALF_HOUR, MINUTE, NAN, SECOND, Bar, Track, point
from brokers.loopback.market import Market
from brokers.loopback.past import Hours, Origin, Past, Session
from brokers.loopback.surface import OptionState, Surface, implied, years_until
from brokers.loopback.surface import worth as option_worth
from brokers.loopback.tape import TICK, Tape

Subject = Tape | OptionState
Price = typing.Literal["last", "bid", "ask", "mark"]
KEPT = {SECOND: 30 * MINUTE, MINUTE: 7 * DAY, HALF_HOUR: 365 * DAY, DAY: 5 * 365 * DAY}
"""How far back bars of each step are kept, and how far back the past is made up in them, in ms."""
_SESSION_S = 23_400
_OPTION_DAYS = 60
_TERM = 30 / 365


class Tracks:
    """The bars of one price as they come in, in every step; whole days also of regular sessions alone."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._tracks = {step: Track(step, KEPT[step]) for step in (SECOND, MINUTE, HALF_HOUR)}
        self._days = {regular: Track(DAY, KEPT[DAY]) for regular in (False, True)}

    def take(self, bar: Bar, at: int, day: int) -> None:
        """Take a print or quote of `at`, on the day whose bar begins at `day`."""
        for step, track in self._tracks.items():
            track.take(at - at % step, bar)
        self._days[False].take(day, bar)
        if self.hours.is_regular(at):
            self._days[True].take(day, bar)

    def since(self, step: int, at: int, *, regular: bool) -> typing.Iterator[Bar]:
        """Yield the bars of `step` that begin at or after `at`, the newest first."""
        return self._days[regular].since(at) if step == DAY else self._tracks[step].since(at)


class Chart:
    """The bars of one instrument's last price."""

    def __init__(self, past: Past) -> None:
        self.past = past
        self.tracks = Tracks(past.origin.hours)

    def bars(self, step: int, since: int, *, regular: bool) -> typing.Iterator[Bar]:
        """Yield the bars of `step` that begin at or after `since`, the newest first; two may be parts of one slot."""
        yield from _fitting(self.tracks.since(step, since, regular=regular), step, self.tracks.hours, regular)
        if step == DAY:
            yield from self.past.days(since, regular=regular)
        else:
            yield from _fitting(self.past.bars(step, since), step, self.tracks.hours, regular)


class QuoteChart:
    """The bars of a quoted price from a moment on, and before it those of the last price, moved by half a spread."""

    def __init__(self, chart: Chart, offset: float) -> None:
        self.tracks = Tracks(chart.tracks.hours)
        self._chart = chart
        self._offset = offset
        self._heads = {
            (step, regular): _newest(chart.bars(step, 0, regular=regular)) for step in KEPT for regular in (False, True)
        }
        """What the last price had made of its newest slots then."""

    def bars(self, step: int, since: int, *, regular: bool) -> typing.Iterator[Bar]:
        """Yield the bars of `step` that begin at or after `since`, the newest first; two may be parts of one slot."""
        yield from _fitting(self.tracks.since(step, since, regular=regular), step, self.tracks.hours, regular)
        head = self._heads[step, regular]
        if head is None:
            return
        if head.at >= since:
            yield self._moved(head)
        for bar in self._chart.bars(step, since, regular=regular):
            if bar.at < head.at:
                yield self._moved(bar)

    def _moved(self, bar: Bar) -> Bar:
        opened, high, low, close = (
            round(max(TICK, price + self._offset), 4) for price in (bar.open, bar.high, bar.low, bar.close)
        )
        return Bar(bar.at, opened, high, low, close, bar.count)


def _newest(bars: typing.Iterator[Bar]) -> Bar | None:
    """Return a copy of the newest slot's bar, whose parts may come one by one."""
    head = next(bars, None)
    if head is None:
        return None
    head = msgspec.structs.replace(head)
    for bar in bars:
        if bar.at != head.at:
            break
        head.precede(bar)
    return head


def _fitting(bars: typing.Iterator[Bar], step: int, hours: Hours, regular: bool) -> typing.Iterator[Bar]:
    """Leave out what was traded outside regular sessions, if only those are wanted."""
    if step == DAY or not regular:
        return bars
    return (bar for bar in bars if hours.is_regular(bar.at))


class Charts:
    """Every chart of one market."""

    def __init__(self, market: Market, surface: Surface) -> None:
        self.market = market
        self.surface = surface
        start = calendar.at_clock(market.day, 0)
        self._open_from = start if market.is_always_open else None
        self._origins = {symbol: self._tape_origin(tape) for symbol, tape in market.tapes.items()}
        self._charts: dict[str, Chart] = {}
        self._quotes: dict[str, dict[Price, QuoteChart]] = {}

    def bars(self, subject: Subject, price: Price, step: int, since: int, *, regular: bool) -> typing.Iterator[Bar]:
        """Yield the bars of a price that begin at or after `since` and are still kept, the newest first."""
        since = max(since, self._edge(step))
        chart = self._chart(subject)
        if price == "last":
            return chart.bars(step, since, regular=regular)
        quotes = self._quotes.setdefault(name(subject), {})
        if price not in quotes:
            quotes[price] = QuoteChart(chart, quoted(subject, price) - subject.mid)
        return quotes[price].bars(step, since, regular=regular)

    def _edge(self, step: int) -> int:
        """Return from when on bars of `step` are kept, the same during a day but for seconds."""
        if step == SECOND:
            return self.market.at // MINUTE * MINUTE - KEPT[SECOND]
        return calendar.day_id(self.market.day) * DAY - KEPT[step]

    def hear_print(self, subject: Subject, traded: float) -> None:
        """Take the trade `subject` has just printed, of `traded` shares or contracts (NaN: it has no volume)."""
        key = name(subject)
        if key in self._origins:
            self._chart(subject)
        chart = self._charts.get(key)
        if chart is None:
            return
        price = subject.last or 0.0
        at_bid = traded * (1.0 if price <= subject.bid else 0.0 if price >= subject.ask else 0.5)
        bar = Bar(
            0, price, price, price, price, 1, traded, price * traded, at_bid, traded - at_bid, self._volatility(subject)
        )
        chart.tracks.take(bar, subject.last_at, self._day())

    def hear_quote(self, subject: Subject) -> bool:
        """Take the quote `subject` shows now. Returns whether bars of its quotes are kept."""
        charts = self._quotes.get(name(subject), {})
        for price, chart in charts.items():
            chart.tracks.take(point(0, quoted(subject, price)), self.market.at, self._day())
        return bool(charts)

    @property
    def has_quotes(self) -> bool:
        """Whether bars of any quotes are kept."""
        return bool(self._quotes)

    def is_regular(self, subject: Subject) -> bool:
        """Whether `subject` trades in a regular session now."""
        kind = "equity" if isinstance(subject, OptionState) else subject.listing.kind
        return Hours(kind, self._open_from).is_regular(self.market.at)

    def _day(self) -> int:
        return calendar.day_id(self.market.day) * DAY

    def _volatility(self, subject: Subject) -> float:
        if isinstance(subject, OptionState):
            return subject.iv
        if not subject.listing.has_options:
            return NAN
        return self.surface.at_the_money(subject.listing.symbol, _TERM)

    def _chart(self, subject: Subject) -> Chart:
        key = name(subject)
        if key not in self._charts:
            if isinstance(subject, OptionState):
                origin = self._option_origin(subject)
                past = Past(origin, self._option_days(subject, origin))
            else:
                past = Past(self._origins.pop(key) if key in self._origins else self._tape_origin(subject))
            self._charts[key] = Chart(past)
        return self._charts[key]

    def _begin(self) -> tuple[int, int] | None:
        """Return when today's trading began, and until when it has gone on so far. None before it began."""
        if self._open_from is not None:
            return calendar.at_clock(self.market.day, 0), self.market.at
        day = self.market.day
        begin = calendar.at_clock(day, 9, 30)
        if not calendar.is_trading_day(day) or self.market.at <= begin:
            return None
        return begin, min(self.market.at, calendar.closing(day))

    def _tape_origin(self, tape: Tape) -> Origin:
        listing, times = tape.listing, self._begin()
        usual = NAN if tape.volume is None else listing.volume * 1e6
        daily = max(1, round(listing.rate * 0.45 * _SESSION_S))
        today = None
        if times is not None and tape.last is not None and tape.volume != 0.0:
            passed = (times[1] - times[0]) / 1000
            volume = NAN if tape.volume is None else tape.volume
            count = max(1, round(daily * passed / _SESSION_S))
            count = count if tape.volume is None else max(1, min(count, math.floor(volume / listing.grain)))
            today = Bar(
                at=times[0],
                open=tape.open,
                high=tape.high,
                low=tape.low,
                close=min(tape.high, max(tape.low, tape.last)),
                count=count,
                volume=volume,
                turnover=NAN if tape.turnover is None else _within(tape.turnover, volume, tape.low, tape.high),
                bid_volume=volume / 2,
                ask_volume=volume / 2,
                iv=self._volatility(tape),
            )
        return Origin(
            seed=f"{self.market.seed}:{listing.symbol}:past",
            at=self.market.at if times is None else times[1],
            day=self.market.day,
            close=tape.prev_close,
            today=today,
            level=listing.price,
            volatility=listing.vol,
            volume=usual,
            count=daily,
            iv=listing.vol if listing.has_options else NAN,
            tick=listing.tick,
            grain=listing.grain,
            hours=Hours(listing.kind, self._open_from),
        )

    def _option_origin(self, state: OptionState) -> Origin:
        times = self._begin()
        today = None
        if times is not None and state.last is not None and state.open is not None and state.volume:
            today = Bar(
                at=times[0],
                open=state.open,
                high=state.high or state.last,
                low=state.last if state.low is None else state.low,
                close=state.last,
                count=max(1, round(state.volume / 6)) if state.volume > state.trades else state.trades,
                volume=state.volume,
                turnover=_within(
                    state.turnover / state.terms.multiplier,
                    state.volume,
                    state.last if state.low is None else state.low,
                    state.high or state.last,
                ),
                bid_volume=math.floor(state.volume / 2),
                ask_volume=state.volume - math.floor(state.volume / 2),
                iv=state.iv,
            )
        return Origin(
            seed=f"{self.market.seed}:{state.option.symbol}:past",
            at=self.market.at if times is None else times[1],
            day=self.market.day,
            close=state.prev_close,
            today=today,
            level=max(state.terms.steps[0][1], state.prev_close),
            volatility=state.iv,
            volume=state.open_interest * 0.3,
            count=max(1, round(state.open_interest * 0.05)),
            iv=state.iv,
            tick=state.terms.steps[0][1],
            hours=Hours("future" if state.terms.is_on_future else "equity", self._open_from),
            has_extended=False,
        )

    def _option_days(self, state: OptionState, origin: Origin) -> typing.Iterator[Session]:
        """Yield the days of an option, the newest first: its worth as its underlying went, ending at `origin`."""
        tape = self.market.tapes[state.underlying]
        underlying = self._chart(tape)
        strike, tick = float(state.option.strike), state.terms.steps[0][1]
        last = max(tick, origin.close)
        days = ((calendar.day_of(bar.at + DAY // 2), bar) for bar in underlying.past.days(0, regular=True))
        earlier = ((day, bar) for day, bar in days if day < origin.day)
        for number, (day, bar) in enumerate(itertools.islice(earlier, _OPTION_DAYS)):
            term = years_until(state.terms.expires, calendar.closing(day))

            def worth(spot: float, term: float = term) -> float:
                iv = implied(tape.listing, spot, strike, term)
                value = option_worth(state, tape.listing, spot, term, iv)
                return max(tick, state.terms.on_tick(value.price))

            prices = [worth(spot) for spot in (bar.open, bar.high, bar.low, bar.close)]
            yield Session(day, _option_bar(origin, bar, prices[:3], prices[3] if number else last))


def _option_bar(origin: Origin, bar: Bar, prices: list[float], close: float) -> Bar:
    busy = bar.count % 97 / 97 + 0.2
    volume = float(max(1, round(origin.volume * busy)))
    return Bar(
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


def name(subject: Subject) -> str:
    """Return what a chart is kept under: the symbol as Tapedeck writes it."""
    return subject.option.symbol if isinstance(subject, OptionState) else subject.listing.symbol


def quoted(subject: Subject, price: Price) -> float:
    """Return one side of the present quote, or its middle."""
    return subject.bid if price == "bid" else subject.ask if price == "ask" else round(subject.mid, 4)
