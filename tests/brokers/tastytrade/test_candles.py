"""Claims about candles: how a series is named, and that rows become the venue's own series however they are cut."""

import datetime
import typing

import hypothesis
import pytest
from hypothesis import strategies as st
from msgspec import UNSET

from brokers.contract import Series
from brokers.events import Candle, Event, Interval
from brokers.tastytrade.candles import (
    BEGIN,
    END,
    KEPT,
    LENGTHS,
    REMOVE,
    SNIP,
    TX_PENDING,
    Chart,
    History,
    Transactions,
    candle_symbol,
    oldest_first,
)
from brokers.tastytrade.rows import FIELDS, Row

MINUTES = Series("QQQ", "5m")
STEP = LENGTHS["5m"]


@pytest.mark.parametrize(
    ("symbol", "streamer", "interval", "name"),
    [
        ("QQQ", "QQQ", "1m", "QQQ{=m}"),
        ("QQQ", "QQQ", "5m", "QQQ{=5m}"),
        ("QQQ", "QQQ", "15m", "QQQ{=15m}"),
        ("QQQ", "QQQ", "1h", "QQQ{=h}"),
        ("BRK/B", "BRK/B", "1d", "BRK/B{=d,tho=true}"),
        ("QQQ", "QQQ", "1w", "QQQ{=w,tho=true}"),
        ("QQQ", "QQQ", "1mo", "QQQ{=mo,tho=true}"),
        ("QQQ241220C00450000", ".QQQ241220C450", "1d", ".QQQ241220C450{=d,tho=true}"),
        ("/ESZ6", "/ESZ26:XCME", "1d", "/ESZ26:XCME{=d}"),
        ("BTC/USD", "BTC/USD:CXTALP", "1d", "BTC/USD:CXTALP{=d}"),
    ],
)
def test_a_series_has_the_name_the_venue_answers_with(symbol: str, streamer: str, interval: Interval, name: str):
    assert candle_symbol(streamer, Series(symbol, interval)) == name


def row(time: int, flags: int = 0, close: typing.Any = 1.0, volume: typing.Any = 100.0) -> Row:
    """One candle as the venue sends it."""
    values = {
        "eventSymbol": "QQQ{=5m}", "eventFlags": flags, "time": time * STEP, "count": 3, "volume": volume,
        "vwap": close, "open": close, "high": close, "low": close, "close": close,
    }  # fmt: skip
    return tuple(values[name] for name in FIELDS["Candle"])


def closes(events: list[Event]) -> list[tuple[int, object, object]]:
    """What was told, in short: the candle's number, its close, and whether it is closed or gone."""
    told = [event for event in events if isinstance(event, Candle)]
    return [(c.time // STEP, c.close, "gone" if c.gone is True else c.closed) for c in told]


def heard(*rows: Row) -> list[tuple[int, object, object]]:
    """What a watched series tells of `rows`."""
    events: list[Event] = []
    transactions, chart = Transactions(MINUTES), Chart(MINUTES)
    for each in rows:
        whole = transactions.take(each, 1, delayed=False)
        if whole is not None:
            chart.take(whole, events.append)
    return closes(events)


def test_a_snapshot_is_told_when_it_is_whole_and_oldest_first():
    assert heard(row(7, BEGIN), row(6)) == []
    assert heard(row(7, BEGIN), row(6), row(5, END)) == [
        (5, 1.0, False), (5, 1.0, True), (6, 1.0, False), (6, 1.0, True), (7, 1.0, False),
    ]  # fmt: skip


def test_a_snapshot_that_ends_in_a_removed_row_has_one_candle_less():
    assert heard(row(7, BEGIN), row(5, END | REMOVE, "NaN")) == [(7, 1.0, False)]


def test_an_empty_snapshot_tells_nothing_and_lets_live_candles_in():
    assert heard(row(5, BEGIN | END | REMOVE, "NaN"), row(7, 0, 2.0)) == [(7, 2.0, False)]


def test_a_snapshot_that_was_cut_off_counts_as_it_is():
    assert heard(row(7, BEGIN), row(6, SNIP)) == [(6, 1.0, False), (6, 1.0, True), (7, 1.0, False)]


def test_nothing_is_told_of_half_a_transaction():
    begun = (row(7, BEGIN | END),)
    assert heard(*begun, row(8, TX_PENDING, 3.0)) == [(7, 1.0, False)]
    assert heard(*begun, row(8, TX_PENDING, 3.0), row(7, 0, 2.0))[1:] == [
        (7, 2.0, False),
        (7, 2.0, True),
        (8, 3.0, False),
    ]


def test_rows_before_the_first_snapshot_are_of_no_use():
    assert heard(row(7), row(8)) == []


def test_a_candle_taken_back_is_gone():
    assert heard(row(7, BEGIN), row(6, END), row(7, REMOVE))[-1] == (7, UNSET, "gone")


def test_what_a_new_snapshot_does_not_have_is_gone():
    assert heard(row(7, BEGIN), row(6, END), row(7, BEGIN | END))[3:] == [(6, UNSET, "gone"), (7, 1.0, False)]


def test_older_candles_leave_the_board():
    told = heard(row(1, BEGIN | END), *(row(number) for number in range(2, 8)))
    gone = [number for number, _, state in told if state == "gone"]
    assert gone == list(range(1, 8 - KEPT))


def test_missing_volume_is_missing():
    transactions = Transactions(Series("VIX", "5m"))
    whole = transactions.take(row(7, BEGIN | END, volume="NaN"), 1, delayed=True)
    assert whole is not None
    assert (whole.bars[7 * STEP].volume, whole.bars[7 * STEP].delayed) == (None, True)


@pytest.mark.parametrize("time", ["NaN", -1, None, 2**60, "soon"])
def test_a_candle_without_a_time_is_a_bad_row(time: object):
    with pytest.raises((ValueError, TypeError)):
        Transactions(MINUTES).take(("QQQ{=5m}", BEGIN, time, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 1, delayed=False)


def test_history_says_which_candle_may_still_change():
    history = History(MINUTES)
    for each in (row(7, BEGIN), row(6), row(5, END)):
        history.take(each, 1, delayed=False)
    start = datetime.datetime.fromtimestamp(6 * STEP / 1000, datetime.UTC)
    assert history.bars is not None
    now = 7 * STEP + 1
    assert closes(list(oldest_first(history.bars, start, now))) == [(6, 1.0, True), (7, 1.0, False)]
    assert closes(list(oldest_first(history.bars, start, now + STEP))) == [(6, 1.0, True), (7, 1.0, True)]


class Venue:
    """A series at the venue, and what it would send: the truth that the claims below are measured by."""

    def __init__(self) -> None:
        self.bars: dict[int, float] = {}
        self.changed: dict[int, None] = {}

    def trade(self, number: int, close: float) -> None:
        """Let candle `number` close at `close`."""
        self.bars[number] = close
        self.changed[number] = None

    def snapshot(self, since: int, *, removed_end: bool) -> list[Row]:
        """Everything from candle `since` on, newest first."""
        numbers = sorted((number for number in self.bars if number >= since), reverse=True)
        rows = [row(number, 0, self.bars[number]) for number in numbers]
        if (removed_end and since not in self.bars) or not rows:
            rows.append(row(since, REMOVE, "NaN"))
        first, last = list(rows[0]), list(rows[-1])
        first[1] |= BEGIN
        rows[0] = tuple(first)
        last = list(rows[-1])
        last[1] |= END
        return [*rows[:-1], tuple(last)]

    def changes(self) -> list[Row]:
        """What changed since this was last asked, as one transaction, newest first."""
        numbers, self.changed = sorted(self.changed, reverse=True), {}
        pending = [TX_PENDING] * (len(numbers) - 1) + [0]
        return [row(number, flags, self.bars[number]) for number, flags in zip(numbers, pending, strict=False)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.integers(0, 4), st.integers(1, 999)),
        st.tuples(st.just("flush"), st.just(0), st.just(0)),
        st.tuples(st.just("reconnect"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("history"), st.integers(0, 1), st.just(0)),
    ),
    max_size=40,
)


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(steps=STEPS)
def test_history_at_any_moment_and_live_candles_after_it_are_the_history_of_later(
    steps: list[tuple[str, int, int]],
):
    """Watched first and asked for afterwards, across reconnects: the two joined by time are the venue's own series."""
    venue, chart, live = Venue(), Chart(MINUTES), list[Event]()
    venue.trade(100, 1.0)
    joined: dict[int, object] = {}
    transactions = Transactions(MINUTES)
    newest = 100

    def hear(rows: list[Row]) -> None:
        for each in rows:
            if (whole := transactions.take(each, 1, delayed=False)) is not None:
                chart.take(whole, live.append)

    def connect(removed_end: int) -> None:
        nonlocal transactions
        venue.changed.clear()
        transactions = Transactions(MINUTES)
        hear(venue.snapshot(-(-chart.since(newest * STEP) // STEP), removed_end=bool(removed_end)))

    connect(0)
    asked = False
    for what, first, second in [*steps, ("reconnect", 1, 0)]:
        if what == "trade":
            newest += first // 3
            venue.trade(newest, float(second))
        elif what == "flush":
            hear(venue.changes())
        elif what == "reconnect":
            connect(first)
        elif not asked:
            history = History(MINUTES)
            for each in venue.snapshot(0, removed_end=bool(first)):
                history.take(each, 1, delayed=False)
            assert history.bars is not None
            joined.update((time // STEP, bar.close) for time, bar in history.bars.items())
            live.clear()
            asked = True
    if asked:
        joined.update((number, close) for number, close, state in closes(live) if state != "gone")
        assert joined == venue.bars
