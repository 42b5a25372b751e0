"""Claims about candles: how a series is named, and what is told of it for the rows that the venue sends."""

import datetime
import typing

import pytest

from brokers.adapter.candle_slot import BACK, LENGTHS, Chart
from brokers.contract.broker import Series
from brokers.contract.events import Bar, Candle, Event, Interval
from brokers.tastytrade.market_data.candles import (
    BEGIN,
    END,
    REMOVE,
    SNIP,
    TX_PENDING,
    CandleHistory,
    Transactions,
    candle_symbol,
    oldest_first,
)
from brokers.tastytrade.market_data.rows import FIELDS, Row

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


Told = tuple[dict[int, object], int]


def shown(event: Event) -> Told | None:
    """What a slot says, in short: the closes of its candles by number, and `revised_at`. None when it is gone."""
    assert isinstance(event, Candle)
    if event.gone is True:
        return None
    assert isinstance(event.earlier, tuple)
    assert isinstance(event.revised_at, int)
    bars: list[Bar | Candle] = [*event.earlier, event]
    return {bar.time // STEP: bar.close for bar in bars}, event.revised_at


def heard(*rows: Row) -> list[Told | None]:
    """What a watched series tells of `rows`; the first comes at 1 ms, the next at 2 ms, and so on."""
    events: list[Event] = []
    transactions, chart = Transactions(MINUTES), Chart(MINUTES)
    chart.since(9 * STEP)
    for at, each in enumerate(rows, 1):
        whole = transactions.apply(each, at, delayed=False)
        if whole is not None:
            chart.apply(whole, events.append)
    return [shown(event) for event in events]


def test_a_snapshot_is_told_when_it_is_whole_with_its_newest_candles():
    assert heard(row(7, BEGIN), row(6)) == []
    assert heard(row(7, BEGIN), row(6), row(5), row(4, END)) == [({5: 1.0, 6: 1.0, 7: 1.0}, 4)]


def test_a_snapshot_that_ends_in_a_removed_row_has_one_candle_less():
    assert heard(row(7, BEGIN), row(5, END | REMOVE, "NaN")) == [({7: 1.0}, 2)]


def test_an_empty_snapshot_says_that_there_is_none_and_lets_live_candles_in():
    assert heard(row(5, BEGIN | END | REMOVE, "NaN"), row(7, 0, 2.0)) == [None, ({7: 2.0}, 1)]


def test_a_snapshot_that_was_cut_off_counts_as_it_is():
    assert heard(row(7, BEGIN), row(6, SNIP)) == [({6: 1.0, 7: 1.0}, 2)]


def test_nothing_is_told_of_half_a_transaction():
    begun = (row(7, BEGIN | END),)
    assert heard(*begun, row(8, TX_PENDING, 3.0)) == [({7: 1.0}, 1)]
    assert heard(*begun, row(8, TX_PENDING, 3.0), row(7, 0, 2.0))[1:] == [({7: 2.0, 8: 3.0}, 1)]


def test_rows_before_the_first_snapshot_are_of_no_use():
    assert heard(row(7), row(8)) == []


def test_ticks_and_new_candles_revise_nothing_and_push_the_oldest_out():
    begun = (row(6, BEGIN), row(5, END))
    told = heard(*begun, row(6, 0, 2.0), row(7), row(8))[1:]
    assert told == [({5: 1.0, 6: 2.0}, 2), ({5: 1.0, 6: 2.0, 7: 1.0}, 2), ({6: 2.0, 7: 1.0, 8: 1.0}, 2)]


def test_a_correction_of_the_candle_before_the_newest_revises_nothing():
    assert heard(row(7, BEGIN), row(6), row(5, END), row(6, 0, 4.0))[-1] == ({5: 1.0, 6: 4.0, 7: 1.0}, 3)


@pytest.mark.parametrize("number", [5, 4, 1])
def test_a_correction_of_an_older_candle_is_a_revision(number: int):
    told = heard(row(7, BEGIN), row(6), row(5), row(4, END), row(number, 0, 4.0))[-1]
    assert told == ({5: 4.0 if number == 5 else 1.0, 6: 1.0, 7: 1.0}, 5)


def test_a_candle_taken_back_is_a_revision():
    assert heard(row(7, BEGIN), row(6, END), row(7, REMOVE))[-1] == ({6: 1.0}, 3)


def test_the_last_candle_taken_back_leaves_none():
    assert heard(row(7, BEGIN | END), row(7, REMOVE))[-1] is None


def test_what_was_pushed_out_does_not_come_back_without_those_after_it():
    rows = (row(7, BEGIN), row(6), row(5), row(4), row(3, END), *(row(number, REMOVE) for number in (5, 6, 7)))
    assert heard(*rows, row(3, 0, 9.0), row(8))[-2:] == [None, ({8: 1.0}, 8)]


def test_a_new_snapshot_is_a_revision_and_all_there_is():
    assert heard(row(7, BEGIN), row(6, END), row(7, BEGIN | END))[-1] == ({7: 1.0}, 3)


def test_revisions_differ_also_within_a_millisecond():
    chart, transactions, events = Chart(MINUTES), Transactions(MINUTES), list[Event]()
    for each in (row(7, BEGIN), row(6), row(5, END), row(5, 0, 2.0), row(5, 0, 3.0)):
        if (whole := transactions.apply(each, 9, delayed=False)) is not None:
            chart.apply(whole, events.append)
    assert [told[1] for event in events if (told := shown(event))] == [9, 10, 11]


def test_a_candle_is_closed_when_its_time_is_over():
    chart, events = Chart(MINUTES), list[Event]()
    for at in (8 * STEP - 1, 8 * STEP):
        whole = Transactions(MINUTES).apply(row(7, BEGIN | END), at, delayed=False)
        assert whole is not None
        chart.apply(whole, events.append)
    assert [event.closed for event in events if isinstance(event, Candle)] == [False, True]


def test_earlier_candles_say_as_much_as_they_did_when_they_were_the_newest():
    events: list[Event] = []
    chart, transactions = Chart(MINUTES), Transactions(MINUTES)
    for each in (row(7, BEGIN), row(6, END, volume="NaN")):
        if (whole := transactions.apply(each, 1, delayed=False)) is not None:
            chart.apply(whole, events.append)
    assert isinstance(events[0], Candle)
    assert events[0].earlier == (Bar(6 * STEP, 1.0, 1.0, 1.0, 1.0, None, 1.0, 3),)


def test_a_subscription_begins_where_nothing_shown_is_missed():
    chart, now = Chart(MINUTES), 100 * STEP
    assert chart.since(now) == now - BACK * STEP
    whole = Transactions(MINUTES).apply(row(7, BEGIN | END), 1, delayed=False)
    assert whole is not None
    chart.apply(whole, lambda event: None)
    assert chart.since(now) == 7 * STEP


def test_missing_volume_is_missing():
    transactions = Transactions(Series("VIX", "5m"))
    whole = transactions.apply(row(7, BEGIN | END, volume="NaN"), 1, delayed=True)
    assert whole is not None
    assert (whole.bars[7 * STEP].volume, whole.bars[7 * STEP].delayed) == (None, True)


@pytest.mark.parametrize("time", ["NaN", -1, None, 2**60, "soon"])
def test_a_candle_without_a_time_is_a_bad_row(time: object):
    with pytest.raises((ValueError, TypeError)):
        Transactions(MINUTES).apply(("QQQ{=5m}", BEGIN, time, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 1, delayed=False)


def closes(candles: list[Candle]) -> list[tuple[int, object, object]]:
    """A history in short: each candle's number, its close, and whether it is closed."""
    return [(candle.time // STEP, candle.close, candle.closed) for candle in candles]


def test_history_says_which_candle_may_still_change():
    history = CandleHistory(MINUTES)
    for each in (row(7, BEGIN), row(6), row(5, END)):
        history.apply(each, 1, delayed=False)
    start = datetime.datetime.fromtimestamp(6 * STEP / 1000, datetime.UTC)
    assert history.bars is not None
    now = 7 * STEP + 1
    assert closes(oldest_first(history.bars, start, now)) == [(6, 1.0, True), (7, 1.0, False)]
    assert closes(oldest_first(history.bars, start, now + STEP)) == [(6, 1.0, True), (7, 1.0, True)]
