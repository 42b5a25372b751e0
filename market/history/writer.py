"""Writes bars that a venue told, in one transaction an answer. Nothing here is for the event loop.

A bar that is known is never written again; what the venue made of it since is a row beside it. Bars and the stretch
that was asked for are stored together or not at all, so that a writer that is killed loses an answer and no more.
"""

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.db import transaction

from brokers.adapter.candle_slot import DAY, LENGTHS
from brokers.contract.events import Interval
from market.history.kept_bar import KeptBar
from market.history.packing import Batch, pack, unpack
from market.history.spans import add_span, cut_spans
from market.models import BarDay, BarRevision, KeptSeries

KEPT_DAYS: Mapping[Interval, int] = {"1m": 30, "5m": 366}
"""For how many days bars of an interval are kept."""

PRUNED = 50
"""Series whose old bars are deleted in one transaction: facts wait no longer than that."""
LATEST_MS = 2**53
EPOCH = datetime.date(1970, 1, 1).toordinal()
LAST_DAY = datetime.date.max.toordinal()


class VenueAnswer(msgspec.Struct, frozen=True):
    """What the link `link` told of a series: all closed bars that began at `since` (ms) or later and before `until`."""

    symbol: str
    interval: Interval
    link: str
    since: int
    until: int
    bars: Sequence[KeptBar]


class Recorded(msgspec.Struct, frozen=True):
    """What of an answer was new: bars, and revisions of bars that were known."""

    added: int
    revised: int


def record_answer(person: int, answer: VenueAnswer, now: int) -> Recorded:
    """Keep what of an answer is new. `now` (ms) is when it came to be known."""
    with transaction.atomic():
        series = _locked(person, answer)
        rows = {row.day: row for row in BarDay.objects.filter(series=series, day__in={day_of(b) for b in answer.bars})}
        length = LENGTHS[answer.interval]
        known = _known(series, rows.values(), length, min((bar.time for bar in answer.bars), default=0))
        told = list({bar.time: bar for bar in answer.bars}.values())
        added = sorted((bar for bar in told if bar.time not in known), key=lambda bar: bar.time)
        revised = [bar for bar in told if series.link == answer.link and known.get(bar.time, bar) != bar]
        for day, bars in itertools.groupby(added, day_of):
            batch = Batch(now, tuple(bars))
            row = rows.get(day) or BarDay(series=series, day=day, packed=b"", bars=0)
            row.packed = bytes(row.packed) + pack(batch, length)
            row.bars += len(batch.bars)
            row.save()
        BarRevision.objects.bulk_create(
            BarRevision(series=series, time=bar.time, known_at=now, packed=pack(Batch(now, (bar,)), length))
            for bar in revised
        )
        series.link = answer.link
        series.asked = add_span(series.asked, answer.since, answer.until)
        series.save()
    return Recorded(len(added), len(revised))


def _locked(person: int, answer: VenueAnswer) -> KeptSeries:
    """Return the row of a series, which nobody else writes until the transaction ends."""
    KeptSeries.objects.get_or_create(
        person_id=person, symbol=answer.symbol, interval=answer.interval, defaults={"link": answer.link}
    )
    return KeptSeries.objects.select_for_update().get(person_id=person, symbol=answer.symbol, interval=answer.interval)


def _known(series: KeptSeries, rows: Iterable[BarDay], length: int, since: int) -> dict[int, KeptBar]:
    """Return the bars of some days from `since` (ms) on by time, as they are known now."""
    batches = (batch for row in rows for batch in unpack(bytes(row.packed), length, since))
    known = {bar.time: bar for batch in batches for bar in batch.bars}
    if known:
        revisions = BarRevision.objects.filter(series=series, time__range=(min(known), max(known)))
        for one in revisions.order_by("pk"):
            known[one.time] = unpack(bytes(one.packed), length)[0].bars[0]
    return known


def day_of(bar: KeptBar) -> datetime.date:
    """Return the day (UTC) in which a bar began."""
    return day_at(bar.time)


def day_at(time: int) -> datetime.date:
    """Return the day (UTC) of a time in ms; the last one that there is for a time beyond it."""
    return datetime.date.fromordinal(min(EPOCH + time // DAY, LAST_DAY))


def prune(now: int, most: int = PRUNED) -> int:
    """Delete bars that are older than they may be, of everybody: those of at most `most` series of an interval at once.

    Returns of how many series; 0 when nothing is left to do.
    """
    return sum(_prune_interval(interval, now // DAY * DAY - days * DAY, most) for interval, days in KEPT_DAYS.items())


def _prune_interval(interval: Interval, since: int, most: int) -> int:
    """Delete what began before `since` (ms), the begin of a day, and the stretches that were asked for before it."""
    oldest = day_at(since)
    with transaction.atomic():
        old = BarDay.objects.filter(series__interval=interval, day__lt=oldest)
        ids = set(old.order_by().values_list("series", flat=True).distinct()[:most])
        if len(ids) < most:  # those of which nothing but what was asked for is left
            empty = KeptSeries.objects.filter(interval=interval, days=None).values_list("pk", "asked")
            ids |= {pk for pk, asked in empty.iterator() if not asked or asked[0][0] < since}
        rows = list(KeptSeries.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        BarDay.objects.filter(series__in=rows, day__lt=oldest).delete()
        BarRevision.objects.filter(series__in=rows, time__lt=since).delete()
        for row in rows:
            row.asked = cut_spans(row.asked, since, LATEST_MS)
        KeptSeries.objects.bulk_update([row for row in rows if row.asked], ["asked"])
        KeptSeries.objects.filter(pk__in=[row.pk for row in rows if not row.asked]).delete()
    return len(rows)
