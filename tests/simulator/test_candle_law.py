"""The laws of candles: what was told first and what came since is what is told later; intervals agree."""

import datetime
import itertools
import math
import typing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.exchange.accounts import demo_customers
from simulator.market import calendar
from simulator.market.bars import DAY, HALF_HOUR, MINUTE, SECOND, BarPeriod, SimBar, Slots, gather
from simulator.market.charts import SimCharts
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.tape import Tape
from simulator.market.universe import LISTINGS
from simulator.tastytrade.dxlink.candle_events import parse_candle
from simulator.tastytrade.dxlink.connection import Dialogue, SimQuoteToken
from simulator.tastytrade.dxlink.events import FIELDS
from simulator.tastytrade.oauth.grants import demo_grants
from simulator.tastytrade.venue import SimTastytrade
from tests.simulator.tastytrade.dxlink.test_connection import Wire

pytestmark = pytest.mark.long

ALICE = SimQuoteToken("me-1", frozenset({"5WX00001"}))
NAMES = ("QQQ", "AAPL", "NVDA", "TSLA", "SPY", "GLD", "IWM", "TLT", "KMPR", "VIX", "BTC/USD")
LISTED = {symbol: LISTINGS[symbol] for symbol in NAMES}
OPTION = ".QQQ261218C450"
STARTS = {
    "a day's middle": (2026, 11, 18, 12, 0),
    "just before midnight": (2026, 11, 19, 23, 58),
    "just before the open": (2026, 11, 20, 9, 28),
    "just before a Friday's close": (2026, 11, 20, 15, 58),
    "a Saturday": (2026, 11, 21, 10, 0),
    "the night the clocks go back": (2026, 11, 1, 0, 58),
}
SERIES = (
    "QQQ{=5s}", "QQQ{=m}", "QQQ{=7m,tho=true}", "QQQ{=h}", "QQQ{=4h,a=s}", "QQQ{=d}", "QQQ{=d,tho=true}", "QQQ{=w}",
    "QQQ{=30s,price=bid}", "QQQ{=5m,price=mark}", "QQQ{=d,price=ask}", "KMPR{=15s}", "KMPR{=mo}", "VIX{=30m}",
    "BTC/USD:CXTALP{=2h}", f"{OPTION}{{=m}}", f"{OPTION}{{=d}}", f"{OPTION}{{=m,price=mark}}",
)  # fmt: skip
Row = tuple[typing.Any, ...]


class Floor:
    """A venue whose clocks are the test's, and readers of it."""

    def __init__(self, start: str, *, is_always_open: bool) -> None:
        year, month, day, hour, minute = STARTS[start]
        self.at = calendar.at_clock(datetime.date(year, month, day), hour, minute)
        self.moment = 1_000.0
        market = SimMarket(7, self.at, is_always_open=is_always_open, listings=LISTED)
        customers = demo_customers(7, market)
        self.venue = SimTastytrade(market, OptionSurface(market), customers, demo_grants(7, customers), 900.0)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += seconds
        self.at += round(seconds * 1000)
        self.venue.pump(seconds, self.moment, self.at)

    def sleep(self, days: int) -> None:
        """Let days pass of which the market sees the last half minute each."""
        for _ in range(days):
            self.at += DAY
            self.wait(30.0)


class Phone(Wire):
    """A wire that the venue may keep beside its sockets."""

    closing_at = None


class Reader:
    """A client that keeps what it is told of candles, as dxFeed says one must."""

    def __init__(self, floor: Floor, period: float) -> None:
        self.floor = floor
        self.period = period
        self.told: dict[str, dict[int, Row]] = {}
        self.asked: dict[str, int] = {}
        self.connect()

    def connect(self) -> None:
        """Begin anew, as after a lost connection: what was told is kept, what was asked is asked again."""
        venue, floor = self.floor.venue, self.floor
        self.wire = Phone()
        self.wire.sent_at = floor.moment
        self.dialogue = Dialogue(self.wire, venue.feed, venue.watchers, {"good": ALICE}.get, venue.faults, floor.moment)
        venue.dialogues[self.dialogue] = typing.cast(typing.Any, self.wire)
        self.say("SETUP", 0, version="0.1-tests")
        self.say("AUTH", 0, token="good")
        self.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": "AUTO"})
        self.say("FEED_SETUP", 1, acceptAggregationPeriod=self.period)
        for symbol, since in self.asked.items():
            self.ask(symbol, since)

    def lose(self) -> None:
        """Lose the connection."""
        del self.floor.venue.dialogues[self.dialogue]
        self.dialogue.close()

    def say(self, kind: str, channel: int, **more: object) -> None:
        message = msgspec.json.encode({"type": kind, "channel": channel, **more}).decode()
        self.dialogue.receive(message, self.floor.moment)

    def ask(self, symbol: str, since: int) -> None:
        """Subscribe to a series."""
        self.asked[symbol] = since
        self.say("FEED_SUBSCRIPTION", 1, add=[{"type": "Candle", "symbol": symbol, "fromTime": since}])

    def read(self) -> None:
        """Take in what has arrived."""
        for message in self.wire.take():
            if message["type"] == "FEED_DATA":
                for row in _rows(message["data"][1]):
                    self._take(row)

    def _take(self, row: Row) -> None:
        symbol, _, flags, _, time = row[:5]
        candles = self.told.setdefault(symbol, {})
        if flags & 4:
            candles.clear()
        if flags & 2:
            candles.pop(time, None)
        else:
            candles[time] = row[3:]


def _rows(values: list[typing.Any]) -> typing.Iterator[Row]:
    width = len(FIELDS["Candle"])
    return (tuple(values[n : n + width]) for n in range(0, len(values), width))


moves = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from((0.02, 0.3, 1.0, 4.0, 20.0, 75.0, 100.0))),
    st.tuples(st.just("wait"), st.floats(0.01, 30.0)),
    st.tuples(st.sampled_from(("halt", "resume", "jump", "reconnect")), st.just(0.0)),
)


def reach(symbol: str) -> int:
    """Return how far back bars of a series are kept during the whole of a test, in ms."""
    candle = parse_candle(symbol)
    assert candle is not None
    return {SECOND: 9 * MINUTE, MINUTE: 5 * DAY}.get(candle.period.step, 300 * DAY)


def play(floor: Floor, reader: Reader, move: str, seconds: float) -> None:
    """Let one thing happen on the floor."""
    if move == "wait":
        for _ in range(1 + int(seconds // 50)):
            floor.wait(seconds / (1 + seconds // 50))
            reader.say("KEEPALIVE", 0)
    elif move == "halt":
        floor.venue.market.halt("QQQ", floor.at)
    elif move == "resume":
        floor.venue.market.resume("QQQ")
    elif move == "jump":
        floor.venue.apply(floor.venue.market.move("QQQ", 400.0 + floor.at % 97, floor.at))
    else:
        reader.read()
        reader.lose()
        reader.connect()


@settings(max_examples=25, deadline=None)
@given(
    start=st.sampled_from(sorted(STARTS)),
    is_always_open=st.booleans(),
    period=st.sampled_from((0.0, 0.1, 1.0, 30.0)),
    series=st.lists(st.sampled_from(SERIES), min_size=1, max_size=5, unique=True),
    back=st.sampled_from((0, 1, 90_000, 20 * MINUTE, 2 * DAY, 20 * DAY)),
    before=st.lists(moves, max_size=4),
    after=st.lists(moves, min_size=1, max_size=12),
)
def test_history_and_what_came_since_are_the_history_of_later(
    start: str,
    is_always_open: bool,
    period: float,
    series: list[str],
    back: int,
    before: list[tuple[str, float]],
    after: list[tuple[str, float]],
):
    floor = Floor(start, is_always_open=is_always_open)
    early = Reader(floor, period)
    for move, seconds in before:
        play(floor, early, move, seconds)
    for symbol in series:
        early.ask(symbol, floor.at - min(back, reach(symbol)))
    for move, seconds in after:
        play(floor, early, move, seconds)
        early.read()
    floor.moment += period + 1.0
    early.dialogue.flush_due(floor.moment)
    early.read()
    late = Reader(floor, 0.0)
    for symbol, since in early.asked.items():
        late.ask(symbol, since)
    late.read()
    assert set(late.told) == set(series)
    assert early.told == late.told


def test_the_law_is_not_about_nothing():
    floor = Floor("just before midnight", is_always_open=True)
    reader = Reader(floor, 0.1)
    for symbol in SERIES:
        period = symbol.partition("{=")[2]
        reader.ask(symbol, floor.at - (40 * DAY if period.startswith(("d", "w", "mo")) else 5 * MINUTE))
    reader.read()
    first = {symbol: dict(candles) for symbol, candles in reader.told.items()}
    for _ in range(60):
        floor.wait(5.0)
        reader.read()
    days = [symbol for symbol in SERIES if "{=d" in symbol]
    assert {len(reader.told[symbol]) - len(first[symbol]) for symbol in days} == {1}
    changed = [symbol for symbol in SERIES if reader.told[symbol] != first[symbol]]
    assert changed == list(SERIES)


@pytest.mark.parametrize("is_always_open", [True, False])
@pytest.mark.parametrize("symbol", ["AAPL", "KMPR", "VIX"])
@pytest.mark.parametrize("start", ["a day's middle", "just before a Friday's close"])
def test_the_past_ends_where_the_tape_stands(start: str, symbol: str, is_always_open: bool):
    charts, tape = charts_of(start, symbol, is_always_open=is_always_open)
    today, yesterday = itertools.islice(charts.bars(tape, "last", DAY, 0, regular=True), 2)
    assert (today.open, today.high, today.low, today.close) == (tape.open, tape.high, tape.low, tape.last)
    assert today.volume == tape.volume or (math.isnan(today.volume) and tape.volume is None)
    assert yesterday.close == tape.prev_close


@pytest.mark.parametrize("start", ["a day's middle", "just before the open", "a Saturday"])
@pytest.mark.parametrize("is_always_open", [True, False])
def test_days_of_the_past_are_those_of_the_exchange(start: str, is_always_open: bool):
    charts, tape = charts_of(start, "AAPL", is_always_open=is_always_open)
    bars = list(charts.bars(tape, "last", DAY, charts.market.at - 200 * DAY, regular=True))
    days = [datetime.date(1970, 1, 1) + datetime.timedelta(days=bar.at // DAY) for bar in bars]
    if days[0] == charts.market.day:
        del days[0]
    expected = list(itertools.takewhile(lambda day: day >= days[-1], trading_days(charts.market.day)))
    assert days == expected
    assert len(days) > 130


def trading_days(day: datetime.date) -> typing.Iterator[datetime.date]:
    while True:
        day = calendar.before(day)
        yield day


def charts_of(start: str, symbol: str, *, is_always_open: bool) -> tuple[SimCharts, Tape]:
    floor = Floor(start, is_always_open=is_always_open)
    return floor.venue.feed.charts, floor.venue.market.tapes[symbol]


def summed(bars: typing.Iterable[SimBar]) -> dict[int, tuple[float, ...]]:
    """Return what coarser candles must agree on, by time."""
    return {
        bar.at: (bar.open, bar.high, bar.low, bar.close, bar.count, bar.volume, bar.bid_volume + bar.ask_volume)
        for bar in bars
    }


@settings(max_examples=12, deadline=None)
@given(
    start=st.sampled_from(sorted(STARTS)),
    is_always_open=st.booleans(),
    symbol=st.sampled_from(("AAPL", "KMPR", "GLD", "BTC/USD:CXTALP", OPTION)),
    minutes=st.sampled_from((1, 5, 15, 7)),
    regular=st.booleans(),
    waits=st.lists(st.floats(0.1, 90.0), max_size=5),
)
def test_finer_candles_make_the_coarser_ones(
    start: str, is_always_open: bool, symbol: str, minutes: int, regular: bool, waits: list[float]
):
    floor = Floor(start, is_always_open=is_always_open)
    for seconds in waits:
        floor.wait(seconds)
    charts = floor.venue.feed.charts
    subject = floor.venue.feed.subject(symbol)
    assert subject is not None
    since = calendar.at_clock(calendar.before(calendar.before(floor.venue.market.day)), 0)

    def candles(step: int, period: BarPeriod) -> list[SimBar]:
        return list(gather(charts.bars(subject, "last", step, since // step * step, regular=regular), Slots(period)))

    fine = candles(MINUTE, BarPeriod("m", minutes))
    hours = candles(HALF_HOUR, BarPeriod("h"))
    if 60 % minutes == 0:
        assert summed(gather(fine, Slots(BarPeriod("h")))) == summed(hours)
    assert summed(gather(fine, DayOf())) == summed(gather(hours, DayOf()))
    days = candles(DAY, BarPeriod("d"))
    by_day = list(summed(gather(hours, DayOf())).values())
    assert by_day == list(summed(days).values())[: len(by_day)]
    newest = floor.at // MINUTE * MINUTE - 5 * MINUTE
    by_second = gather(charts.bars(subject, "last", SECOND, newest, regular=regular), Slots(BarPeriod("m")))
    assert summed(by_second) == summed(bar for bar in candles(MINUTE, BarPeriod("m")) if bar.at >= newest)
    for bar in (*fine, *hours, *days):
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.count > 0
        assert bar.low - 0.01 <= bar.vwap <= bar.high + 0.01


class DayOf(Slots):
    """Slots of whole New York days, for bars finer than a day."""

    def __init__(self) -> None:
        super().__init__(BarPeriod("h", 24))


@pytest.mark.parametrize("start", ["a Saturday", "just before the open"])
def test_there_is_no_candle_where_nothing_was_traded(start: str):
    floor = Floor(start, is_always_open=False)
    reader = Reader(floor, 0.0)
    reader.ask("QQQ{=5s}", floor.at)
    reader.ask("KMPR{=5s}", floor.at)
    for _ in range(6):
        floor.wait(10.0)
    reader.read()
    assert reader.told == {"QQQ{=5s}": {}, "KMPR{=5s}": {}}
    for _ in range(20):
        floor.wait(10.0)
        reader.say("KEEPALIVE", 0)
    reader.read()
    liquid, thin = reader.told["QQQ{=5s}"], reader.told["KMPR{=5s}"]
    if start == "a Saturday":
        assert liquid == thin == {}
    else:
        assert min(liquid) >= calendar.at_clock(floor.venue.market.day, 9, 30)
        assert 0 < len(thin) < len(liquid)


def test_an_option_asked_for_late_has_a_past_as_long_as_its_underlying():
    floor = Floor("just before midnight", is_always_open=True)
    charts, feed = floor.venue.feed.charts, floor.venue.feed
    floor.sleep(3)
    told = []
    for symbol in (OPTION, "QQQ"):
        subject = feed.subject(symbol)
        assert subject is not None
        bars = gather(charts.bars(subject, "last", DAY, floor.at - 30 * DAY, regular=True), Slots(BarPeriod("d")))
        told.append([bar.at for bar in bars])
    today = calendar.day_id(floor.venue.market.day) * DAY
    assert told[1][:3] == [today, today - DAY, today - 2 * DAY]
    assert [at for at in told[0] if at < today] == told[1][1:]


def test_a_past_that_was_read_in_part_can_be_read_on_after_another_day_has_begun():
    floor = Floor("just before midnight", is_always_open=True)
    floor.sleep(6)
    reader = Reader(floor, 0.0)
    reader.ask(f"{OPTION}{{=m}}", floor.at - DAY)
    floor.sleep(1)
    reader.ask(f"{OPTION}{{=d}}", floor.at - 40 * DAY)
    reader.read()
    assert len(reader.told[f"{OPTION}{{=d}}"]) > 25


def test_the_same_seed_has_the_same_past():
    first, second = (charts_of("a day's middle", "AAPL", is_always_open=True) for _ in range(2))
    told = [list(charts.bars(tape, "last", MINUTE, 0, regular=False)) for charts, tape in (first, second)]
    assert told[0] == told[1]
