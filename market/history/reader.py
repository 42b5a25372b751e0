"""Reads the bars that are kept for a person. Nothing here is for the event loop; a ledger's `read` takes it there.

A bar that is not there was not told by the venue, or nobody asked: `asked_spans` tells these apart. Nothing is made up
in between.
"""

import decimal
from collections.abc import Collection, Iterable

from brokers.adapter.candle_slot import LENGTHS
from brokers.contract.events import Interval
from lib.clock import now_ms
from market.history.actions import ToldBar, adjust, factors
from market.history.kept_bar import KeptBar
from market.history.packing import last_time, unpack
from market.history.spans import Span, cut_spans
from market.history.writer import KEPT_DAYS, LATEST_MS, day_at
from market.models import BarDay, BarRevision, KeptSeries


def read_bars(
    person: int,
    symbol: str,
    interval: Interval,
    since_ms: int,
    until_ms: int,
    *,
    as_known_at: int | None = None,
    is_adjusted: bool = False,
) -> list[KeptBar]:
    """Return the bars that began at `since_ms` or later and before `until_ms`, the oldest first.

    With `as_known_at` (ms) they are what was known then, and no revision of later. With `is_adjusted` prices and
    volumes are those that compare with the newest ones, by the splits and dividends that are known (see actions.py).
    """
    series = _series(person, symbol, interval)
    if series is None or until_ms <= since_ms:
        return []
    days = BarDay.objects.filter(series=series, day__range=(day_at(since_ms), day_at(until_ms - 1)))
    found = _bars(days, interval, as_known_at, since_ms)
    _revise(series, found, as_known_at)
    told = [found[time] for time in sorted(found) if since_ms <= time < until_ms]
    if not is_adjusted:
        return [one.bar for one in told]
    at = now_ms() if as_known_at is None else as_known_at
    return adjust(told, factors(person, symbol, at, lambda time: _last_close(person, symbol, time, as_known_at)))


def read_stretch(
    person: int, symbol: str, interval: Interval, since_ms: int, until_ms: int, links: Collection[str]
) -> tuple[int, list[KeptBar]]:
    """Return until when bars are known from `since_ms` on without a break, and these bars, as they are known now.

    It is `until_ms` at most, and `since_ms` where nobody asked, or what is kept was told last by none of `links`.
    """
    series = _series(person, symbol, interval)
    spans = [] if series is None or series.link not in links else cut_spans(series.asked, since_ms, until_ms)
    if not spans or spans[0][0] > since_ms:
        return since_ms, []
    return spans[0][1], read_bars(person, symbol, interval, since_ms, spans[0][1])


def newest_bars(person: int, symbol: str, interval: Interval, count: int, links: Collection[str]) -> list[KeptBar]:
    """Return the newest bars of a series, `count` at most, the oldest first; none that none of `links` told last."""
    series = _series(person, symbol, interval)
    if series is None or series.link not in links:
        return []
    found: dict[int, ToldBar] = {}
    for day in BarDay.objects.filter(series=series).order_by("-day").iterator(chunk_size=1):
        found |= _bars([day], interval, None)
        if len(found) >= count:
            break
    _revise(series, found, None)
    return [found[time].bar for time in sorted(found)][-count:]


def newest_bar(person: int, symbol: str, *, as_known_at: int | None = None) -> KeptBar | None:
    """Return the newest bar of a symbol, of whatever interval, with a close; None where none is kept.

    Of two that began together it is that of a minute.
    """
    return _newest(person, symbol, LATEST_MS, as_known_at)


def asked_spans(person: int, symbol: str, interval: Interval, since_ms: int, until_ms: int) -> list[Span]:
    """Return the stretches (ms) in which bars are known as far as the venue told any; elsewhere nobody asked."""
    series = _series(person, symbol, interval)
    return [] if series is None else cut_spans(series.asked, since_ms, until_ms)


def _series(person: int, symbol: str, interval: Interval) -> KeptSeries | None:
    return KeptSeries.objects.filter(person=person, symbol=symbol, interval=interval).first()


def _bars(days: Iterable[BarDay], interval: Interval, as_known_at: int | None, since: int = 0) -> dict[int, ToldBar]:
    """Return bars by time, as they were known first."""
    return {
        bar.time: ToldBar(bar, batch.known_at)
        for row in days
        for batch in unpack(bytes(row.packed), LENGTHS[interval], since)
        if as_known_at is None or batch.known_at <= as_known_at
        for bar in batch.bars
    }


def _revise(series: KeptSeries, bars: dict[int, ToldBar], as_known_at: int | None) -> None:
    """Put what was made of bars later in their place."""
    if not bars:
        return
    rows = BarRevision.objects.filter(series=series, time__range=(min(bars), max(bars)))
    if as_known_at is not None:
        rows = rows.filter(known_at__lte=as_known_at)
    for row in rows.order_by("pk"):
        (batch,) = unpack(bytes(row.packed), LENGTHS[interval_of(series)])
        bars[row.time] = ToldBar(batch.bars[0], row.known_at)


def interval_of(series: KeptSeries) -> Interval:
    """Return the interval of a series."""
    return next(one for one in KEPT_DAYS if one == series.interval)


def _last_close(person: int, symbol: str, before: int, as_known_at: int | None) -> decimal.Decimal | None:
    bar = _newest(person, symbol, before, as_known_at)
    return None if bar is None else bar.close


def _newest(person: int, symbol: str, before: int, as_known_at: int | None) -> KeptBar | None:
    """Return the newest bar with a close that began before a time."""
    found: KeptBar | None = None
    for interval in KEPT_DAYS:
        series = _series(person, symbol, interval)
        bar = None if series is None else _newest_of(series, before, as_known_at)
        if bar is not None and (found is None or bar.time > found.time):
            found = bar
    return found


def _newest_of(series: KeptSeries, before: int, as_known_at: int | None) -> KeptBar | None:
    days = BarDay.objects.filter(series=series).order_by("-day")
    if before < LATEST_MS:
        days = days.filter(day__lte=day_at(before))
    for day in days.iterator(chunk_size=1):
        is_plain = before == LATEST_MS and as_known_at is None
        ends = [last_time(bytes(day.packed), LENGTHS[interval_of(series)]), 0] if is_plain else [0]
        for since in ends:  # the newest bar, as a rule, has what is looked for
            bars = _bars([day], interval_of(series), as_known_at, since)
            _revise(series, bars, as_known_at)
            times = [time for time, one in bars.items() if time < before and one.bar.close is not None]
            if times:
                return bars[max(times)].bar
    return None
