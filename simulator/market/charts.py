"""Charts of the simulated market: of every instrument the bars of its past, and those that were traded since. Pure.

Prints make the bars of the last price, from the venue's first moment on. Bars of bid, ask and mark are kept from the
first time somebody asks for them; what was before is then read off the bars of the last price. Whoever asks later is
told the same again, as far back as bars of that step are kept.
"""

import itertools
import math
import typing

import msgspec

from brokers.instruments.symbols import parse_option
from simulator.market import calendar, option_listing
from simulator.market.bars import DAY, HALF_HOUR, MINUTE, SECOND, BarPeriod, SimBar, Slots, Track, gather, point
from simulator.market.changes import ShareholderAction, Split
from simulator.market.history_anchors import OPTION_DAYS, HistoryAnchors, Subject
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, OptionSurface
from simulator.market.synthetic_days import SyntheticHours
from simulator.market.synthetic_history import SyntheticPast
from simulator.market.tape import TICK

Price = typing.Literal["last", "bid", "ask", "mark"]
KEPT = {SECOND: 30 * MINUTE, MINUTE: 30 * DAY, HALF_HOUR: 365 * DAY, DAY: 3653 * DAY}
"""How far back bars of each step are kept, and how far back the past is made up in them, in ms."""


class Tracks:
    """The bars of one price as they come in, in every step; whole days also of regular sessions alone."""

    def __init__(self, hours: SyntheticHours) -> None:
        self.hours = hours
        self._tracks = {step: Track(step, KEPT[step]) for step in (SECOND, MINUTE, HALF_HOUR)}
        self._days = {regular: Track(DAY, KEPT[DAY]) for regular in (False, True)}

    def apply(self, bar: SimBar, at: int, day: int) -> None:
        """Take a print or quote of `at`, on the day whose bar begins at `day`."""
        for step, track in self._tracks.items():
            track.apply(at - at % step, bar)
        self._days[False].apply(day, bar)
        if self.hours.is_regular(at):
            self._days[True].apply(day, bar)

    def split(self, ratio: int) -> None:
        """Have every bar in the shares of after a split, `ratio` for each old one."""
        for track in (*self._tracks.values(), *self._days.values()):
            track.split(ratio)

    def bars(self, step: int, since: int, until: float, *, regular: bool) -> typing.Iterator[SimBar]:
        """Yield the bars of `step` that begin at or after `since` and not after `until`, the newest first."""
        track = self._days[regular] if step == DAY else self._tracks[step]
        return track.bars(since, until)


class SimChart:
    """The bars of one instrument's last price."""

    def __init__(self, past: SyntheticPast) -> None:
        self.past = past
        self.tracks = Tracks(past.origin.hours)

    def split(self, ratio: int) -> None:
        """Have every bar in the shares of after a split, `ratio` for each old one."""
        self.past = self.past.split(ratio)
        self.tracks.split(ratio)

    def bars(self, step: int, since: int, until: float = math.inf, *, regular: bool) -> typing.Iterator[SimBar]:
        """Yield the bars of `step` from `since` to `until`, the newest first; two may be parts of one slot."""
        live = self.tracks.bars(step, since, until, regular=regular)
        yield from _fitting(live, step, self.tracks.hours, regular)
        if step == DAY:
            yield from self.past.days(since, until, regular=regular)
        else:
            yield from _fitting(self.past.bars(step, since, until), step, self.tracks.hours, regular)


class QuoteChart:
    """The bars of a quoted price from a moment on, and before it those of the last price, moved by half a spread."""

    def __init__(self, chart: SimChart, offset: float) -> None:
        self.tracks = Tracks(chart.tracks.hours)
        self._chart = chart
        self._offset = offset
        self._heads = {
            (step, regular): _newest(chart.bars(step, 0, regular=regular)) for step in KEPT for regular in (False, True)
        }
        """What the last price had made of its newest slots then."""

    def split(self, ratio: int) -> None:
        """Have every bar in the shares of after a split, `ratio` for each old one."""
        self.tracks.split(ratio)
        self._offset /= ratio
        self._heads = {key: None if head is None else head.split(ratio) for key, head in self._heads.items()}

    def bars(self, step: int, since: int, until: float = math.inf, *, regular: bool) -> typing.Iterator[SimBar]:
        """Yield the bars of `step` from `since` to `until`, the newest first; two may be parts of one slot."""
        live = self.tracks.bars(step, since, until, regular=regular)
        yield from _fitting(live, step, self.tracks.hours, regular)
        head = self._heads[step, regular]
        if head is None:
            return
        if since <= head.at <= until:
            yield self._moved(head)
        for bar in self._chart.bars(step, since, min(until, head.at - 1), regular=regular):
            yield self._moved(bar)

    def _moved(self, bar: SimBar) -> SimBar:
        opened, high, low, close = (
            round(max(TICK, price + self._offset), 4) for price in (bar.open, bar.high, bar.low, bar.close)
        )
        return SimBar(bar.at, opened, high, low, close, bar.count)


def _newest(bars: typing.Iterator[SimBar]) -> SimBar | None:
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


def _fitting(bars: typing.Iterator[SimBar], step: int, hours: SyntheticHours, regular: bool) -> typing.Iterator[SimBar]:
    """Leave out what was traded outside regular sessions, if only those are wanted."""
    if step == DAY or not regular:
        return bars
    return (bar for bar in bars if hours.is_regular(bar.at))


class SimCharts:
    """Every chart of one market."""

    def __init__(self, market: SimMarket, surface: OptionSurface) -> None:
        self.market = market
        self._surface = surface
        self._origins = HistoryAnchors(market, surface)
        self._tapes = {symbol: self._origins.of_tape(tape) for symbol, tape in market.tapes.items()}
        """Where tapes began, until their charts do."""
        self._charts: dict[str, SimChart] = {}
        self._quotes: dict[str, dict[Price, QuoteChart]] = {}
        market.action_hearers.append(self._hear_action)

    def bars(
        self, subject: Subject, price: Price, step: int, since: int, until: float = math.inf, *, regular: bool
    ) -> typing.Iterator[SimBar]:
        """Yield the bars of a price that begin from `since` to `until` and are still kept, the newest first.

        What came after `until` costs nothing.
        """
        since = max(since, self._edge(step))
        chart = self._chart(subject)
        if price == "last":
            return chart.bars(step, since, until, regular=regular)
        quotes = self._quotes.setdefault(name(subject), {})
        if price not in quotes:
            quotes[price] = QuoteChart(chart, quoted(subject, price) - subject.mid)
        return quotes[price].bars(step, since, until, regular=regular)

    def _hear_action(self, action: ShareholderAction) -> None:
        """Tell what was before a split in the shares of after it, of the options on them too."""
        if isinstance(action, Split):
            if action.symbol in self._tapes:
                self._tapes[action.symbol] = self._tapes[action.symbol].split(action.ratio)
            keys = [key for key in self._charts if self._share_of(key) == action.symbol]
            split = {_renamed(key, action.ratio): (self._charts.pop(key), self._quotes.pop(key, {})) for key in keys}
            for key, (chart, quotes) in split.items():
                self._charts[key], self._quotes[key] = chart, quotes
                chart.split(action.ratio)
                for quoted_chart in quotes.values():
                    quoted_chart.split(action.ratio)

    def _share_of(self, key: str) -> str:
        """Return what an option is on; of anything else its own symbol."""
        option = None if key in self.market.tapes else parse_option(key)
        return key if option is None else self._surface.underlying(option.root)

    def _edge(self, step: int) -> int:
        """Return from when on bars of `step` are kept, the same during a day but for seconds."""
        if step == SECOND:
            return self.market.at // MINUTE * MINUTE - KEPT[SECOND]
        return calendar.day_id(self.market.day) * DAY - KEPT[step]

    def hear_print(self, subject: Subject, traded: float) -> None:
        """Take the trade `subject` has just printed, of `traded` shares or contracts (NaN: it has no volume)."""
        key = name(subject)
        if key in self._tapes:
            self._chart(subject)
        chart = self._charts.get(key)
        if chart is None:
            return
        price = subject.last or 0.0
        at_bid = traded * (1.0 if price <= subject.bid else 0.0 if price >= subject.ask else 0.5)
        iv = self._origins.volatility(subject)
        bar = SimBar(0, price, price, price, price, 1, traded, price * traded, at_bid, traded - at_bid, iv)
        chart.tracks.apply(bar, subject.last_at, self._day())

    def hear_quote(self, subject: Subject) -> bool:
        """Take the quote `subject` shows now. Returns whether bars of its quotes are kept."""
        charts = self._quotes.get(name(subject), {})
        for price, chart in charts.items():
            chart.tracks.apply(point(0, quoted(subject, price)), self.market.at, self._day())
        return bool(charts)

    @property
    def has_quotes(self) -> bool:
        """Whether bars of any quotes are kept."""
        return bool(self._quotes)

    def is_regular(self, subject: Subject) -> bool:
        """Whether `subject` trades in a regular session now."""
        return self._origins.hours(subject).is_regular(self.market.at)

    def _day(self) -> int:
        return calendar.day_id(self.market.day) * DAY

    def _chart(self, subject: Subject) -> SimChart:
        key = name(subject)
        if key not in self._charts:
            if isinstance(subject, OptionState):
                past = self._option_past(subject)
            else:
                past = SyntheticPast(self._tapes.pop(key) if key in self._tapes else self._origins.of_tape(subject))
            self._charts[key] = SimChart(past)
        return self._charts[key]

    def _option_past(self, state: OptionState) -> SyntheticPast:
        origin = self._origins.of_option(state)
        underlying = self._chart(self.market.tapes[state.underlying])
        bars = gather(underlying.bars(DAY, 0, regular=True), Slots(BarPeriod("d")))
        days = list(itertools.islice(bars, 1 + OPTION_DAYS))  # now: what is traded later is not of this past
        return SyntheticPast(origin, self._origins.option_days(state, origin, days))


def _renamed(key: str, ratio: int) -> str:
    """Return what a chart is kept under after a split."""
    option = parse_option(key)
    return key if option is None else option_listing.split(option, ratio).symbol


def name(subject: Subject) -> str:
    """Return what a chart is kept under: the symbol as Tapedeck writes it."""
    return subject.option.symbol if isinstance(subject, OptionState) else subject.listing.symbol


def quoted(subject: Subject, price: Price) -> float:
    """Return one side of the present quote, or its middle."""
    return subject.bid if price == "bid" else subject.ask if price == "ask" else round(subject.mid, 4)
