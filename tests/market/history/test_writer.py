"""What a venue told is kept once, as it was known first; what it made of it later is kept beside it."""

import random

import pytest

from lib.clock import now_ms
from market.history.packing import PackingError
from market.history.reader import asked_spans, read_bars
from market.history.writer import KEPT_DAYS, prune, record_answer
from market.models import BarDay, BarRevision, KeptSeries
from tests.market.history.made_bars import DAY, MINUTE, MONDAY, answer, bar, session

EVER = (0, 2**52)


def read(person, **options):
    return read_bars(person.pk, "QQQ", "1m", *EVER, **options)


def test_a_bar_is_kept_once_however_often_and_in_whichever_order_it_is_told(alice):
    bars = list(session(1, minutes=60))
    told = [*bars[:40], *bars[20:], *bars]
    random.Random(1).shuffle(told)
    assert record_answer(alice.pk, answer(*told[:50]), 1).added == len({one.time for one in told[:50]})
    record_answer(alice.pk, answer(*told), 2)
    assert record_answer(alice.pk, answer(*told), 3).added == 0
    assert read(alice) == bars
    assert BarRevision.objects.count() == 0


def test_a_revised_bar_stands_beside_what_was_known_first(alice):
    record_answer(alice.pk, answer(bar(0, "100.00"), bar(1, "101.00")), 1_000)
    recorded = record_answer(alice.pk, answer(bar(0, "100.00"), bar(1, "101.05"), bar(2)), 2_000)
    assert (recorded.added, recorded.revised) == (1, 1)
    record_answer(alice.pk, answer(bar(1, "101.07")), 3_000)
    assert read(alice) == [bar(0), bar(1, "101.07"), bar(2)]
    assert read(alice, as_known_at=2_999) == [bar(0), bar(1, "101.05"), bar(2)]
    assert read(alice, as_known_at=1_999) == [bar(0), bar(1, "101.00")]
    assert read(alice, as_known_at=999) == []
    assert record_answer(alice.pk, answer(bar(1, "101.07")), 4_000).revised == 0


def test_another_link_revises_nothing(alice):
    record_answer(alice.pk, answer(bar(0, "100.00"), link="one"), 1)
    recorded = record_answer(alice.pk, answer(bar(0, "100.01"), bar(1), link="two"), 2)
    assert (recorded.added, recorded.revised) == (1, 0)
    assert read(alice) == [bar(0), bar(1)]


def test_bars_are_kept_for_who_was_told_them(alice, bob):
    record_answer(alice.pk, answer(bar(0)), 1)
    assert read(bob) == []
    assert asked_spans(bob.pk, "QQQ", "1m", *EVER) == []
    alice.delete()
    assert (KeptSeries.objects.count(), BarDay.objects.count()) == (0, 0)


def test_what_was_asked_for_is_told_from_what_was_not(alice):
    record_answer(alice.pk, answer(bar(0), bar(3), until=MONDAY + 10 * MINUTE), 1)
    record_answer(alice.pk, answer(since=MONDAY + 20 * MINUTE, until=MONDAY + 30 * MINUTE), 2)
    spans = asked_spans(alice.pk, "QQQ", "1m", *EVER)
    assert spans == [(MONDAY, MONDAY + 10 * MINUTE), (MONDAY + 20 * MINUTE, MONDAY + 30 * MINUTE)]
    assert read(alice) == [bar(0), bar(3)], "gaps are gaps"


def test_an_answer_is_stored_whole_or_not_at_all(alice, monkeypatch):
    record_answer(alice.pk, answer(bar(0)), 1)

    def fail(*args, **options):
        raise PackingError("the writer ends here")

    with monkeypatch.context() as patched:
        patched.setattr(KeptSeries, "save", fail)
        with pytest.raises(PackingError):
            record_answer(alice.pk, answer(bar(0, "99"), bar(1)), 2)
    assert read(alice) == [bar(0)]
    assert asked_spans(alice.pk, "QQQ", "1m", *EVER) == [(MONDAY, MONDAY + MINUTE)]


def test_what_is_older_than_it_may_be_is_deleted(alice):
    now = now_ms() // DAY * DAY
    old, kept = now - (KEPT_DAYS["1m"] + 1) * DAY, now - KEPT_DAYS["1m"] * DAY
    record_answer(alice.pk, answer(bar(0, begin=old), bar(0, begin=kept)), 1)
    record_answer(alice.pk, answer(bar(0, "99", begin=old), bar(0, "99", begin=kept)), 2)
    record_answer(alice.pk, answer(bar(0, begin=old), symbol="GONE"), 2)
    assert prune(now) == 2
    assert prune(now) == 0, "nothing is left to do"
    assert read(alice) == [bar(0, "99", begin=kept)]
    assert BarRevision.objects.count() == 1
    assert asked_spans(alice.pk, "QQQ", "1m", *EVER) == [(kept, kept + MINUTE)]
    assert not KeptSeries.objects.filter(symbol="GONE").exists()


def test_old_bars_of_many_series_are_deleted_some_at_a_time(alice):
    now = now_ms()
    for symbol in ("A", "B", "C"):
        record_answer(alice.pk, answer(bar(0, begin=MONDAY), symbol=symbol), 1)
    record_answer(alice.pk, answer(since=MONDAY, until=MONDAY + MINUTE, symbol="D"), 1)
    rounds = []
    while (pruned := prune(now, most=2)) > 0:
        rounds.append(pruned)
    assert rounds == [2, 2]
    assert KeptSeries.objects.count() == 0
