"""What accounts were worth is kept finely for some weeks, and by day for ever."""

import decimal

from trading.models import NetLiq
from trading.portfolio.net_liq import DAY_MS, FINE_MS, NetLiqSample, store

D = decimal.Decimal


def test_old_samples_are_thinned_to_the_last_of_each_day(alice):
    start = 1_700_000_000_000 // DAY_MS * DAY_MS
    for day in (0, 1, 40):
        for hour in range(3):
            rows = [NetLiqSample("l", "a", D(hour), None), NetLiqSample("l", "b", None, D(hour))]
            store(alice.pk, start + day * DAY_MS + hour * 3_600_000, rows)
    left = NetLiq.objects.filter(person=alice.pk, account="a").order_by("at").values_list("at", "net_liq")
    days = [((at - start) // DAY_MS, int(value or 0)) for at, value in left]
    assert days == [(0, 2), (1, 2), (40, 0), (40, 1), (40, 2)]


def test_the_same_moment_of_an_account_is_written_once(alice):
    for worth in (D(1), D(2)):
        store(alice.pk, DAY_MS, [NetLiqSample("l", "a", worth, None)])
    assert NetLiq.objects.get(person=alice.pk).net_liq == 1


def test_thinning_leaves_other_people_alone_and_keeps_whole_days(alice, bob):
    """The day on which samples grow old is kept whole: half a day would have a last sample that is not its last."""
    noon = DAY_MS // 2
    for at in (1, noon, DAY_MS - 1):
        for person in (alice, bob):
            NetLiq.objects.create(person=person, link="l", account="a", at=at, net_liq=D(at))
    store(alice.pk, FINE_MS + noon + 1, [NetLiqSample("l", "a", D(0), D(0))])
    assert [row.at for row in NetLiq.objects.filter(person=alice, at__lt=DAY_MS).order_by("at")] == [
        1,
        noon,
        DAY_MS - 1,
    ]
    store(alice.pk, FINE_MS + DAY_MS, [NetLiqSample("l", "a", D(0), D(0))])
    assert [row.at for row in NetLiq.objects.filter(person=alice, at__lt=DAY_MS)] == [DAY_MS - 1]
    assert NetLiq.objects.filter(person=bob).count() == 3
