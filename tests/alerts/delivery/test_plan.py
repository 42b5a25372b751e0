"""Which channels are told of a firing, and when: chosen, held in quiet hours, gathered when there are too many."""

import datetime
import json

import pytest
import time_machine
from django.db import transaction

from alerts.delivery import outbox, plan
from alerts.delivery.quiet import quiet_until
from alerts.models import AlertDelivery
from tests.alerts.delivery.conftest import ALICE, BOB, RULE, fire

NIGHT = datetime.datetime(2026, 11, 25, 3, 30, tzinfo=datetime.UTC)
"""22:30 on a Tuesday in New York."""


def rule_with(**more) -> str:
    return json.dumps(json.loads(RULE) | more)


async def test_every_channel_that_is_on_is_told_and_nobody_elses(desk):
    await desk.webhook(ALICE, "http://127.0.0.1:1/a")
    await desk.webhook(ALICE, "http://127.0.0.1:1/b")
    await desk.webhook(BOB, "http://127.0.0.1:1/c")
    number = await desk.fire(await desk.rule(ALICE))
    told = await desk.deliveries(ALICE)
    assert [(row.fact, row.state, row.count) for row in told] == [(number, "waiting", 1)] * 2
    assert await desk.deliveries(BOB) == []


async def test_a_rule_may_name_its_channels_or_none(desk):
    first = await desk.webhook(ALICE, "http://127.0.0.1:1/a")
    await desk.webhook(ALICE, "http://127.0.0.1:1/b")
    await desk.fire(await desk.rule(ALICE, rule_with(channels=[str(first.pk)])))
    assert [row.channel_id for row in await desk.deliveries(ALICE)] == [first.pk]
    await desk.fire(await desk.rule(ALICE, rule_with(channels=["page"])))
    assert len(await desk.deliveries(ALICE)) == 1


async def test_a_rule_whose_channels_were_removed_is_told_by_every_one(desk):
    gone = await desk.webhook(ALICE, "http://127.0.0.1:1/a")
    other = await desk.webhook(ALICE, "http://127.0.0.1:1/b")
    rule = await desk.rule(ALICE, rule_with(channels=[str(gone.pk)]))
    await desk.ledger.write(gone.delete)
    await desk.fire(rule)
    assert [row.channel_id for row in await desk.deliveries(ALICE)] == [other.pk]


async def test_a_channel_that_is_off_is_told_nothing(desk):
    row = await desk.webhook(ALICE, "http://127.0.0.1:1/a")
    await desk.ledger.write(lambda: type(row).objects.filter(pk=row.pk).update(is_on=False))
    await desk.fire(await desk.rule(ALICE))
    assert await desk.deliveries(ALICE) == []


async def test_a_firing_that_is_not_stored_is_not_told(desk):
    await desk.webhook(ALICE, "http://127.0.0.1:1/a")
    rule = await desk.rule(ALICE)

    def broken():
        with transaction.atomic():
            fire(rule, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await desk.ledger.write(broken)
    assert await desk.deliveries(ALICE) == []


async def test_in_quiet_hours_firings_wait_and_come_in_one_message(desk):
    with time_machine.travel(NIGHT, tick=False):
        await desk.webhook(ALICE, "http://127.0.0.1:1/a", quiet="22:00-07:00")
        rule, other = await desk.rule(ALICE), await desk.rule(ALICE)
        for one in (rule, rule, other):
            await desk.fire(one)
        (row,) = await desk.deliveries(ALICE)
        assert await desk.ledger.write(outbox.claim, 10, 4, [], {}) == []
    assert (row.count, row.due) == (3, datetime.datetime(2026, 11, 25, 12, 0, tzinfo=datetime.UTC))
    with time_machine.travel(row.due, tick=False):
        (claimed,) = await desk.ledger.write(outbox.claim, 10, 4, [], {})
        assert claimed.message.title == "3 alerts in quiet hours"
        assert claimed.message.count == 3


async def test_a_rule_has_quiet_hours_of_its_own(desk):
    with time_machine.travel(NIGHT, tick=False):
        await desk.webhook(ALICE, "http://127.0.0.1:1/a")
        await desk.fire(await desk.rule(ALICE, rule_with(quiet=["22:00-23:00"])))
        (row,) = await desk.deliveries(ALICE)
    assert row.due == NIGHT + datetime.timedelta(minutes=30)


async def test_too_many_firings_are_one_message_that_says_how_many(desk):
    await desk.webhook(ALICE, "http://127.0.0.1:1/a")
    rule = await desk.rule(ALICE)
    await desk.fire(rule)
    for _ in range(37):
        await desk.fire(rule, digest=True)
    first, gathered = await desk.deliveries(ALICE)
    assert (first.count, gathered.count, gathered.is_digest, gathered.fact) == (1, 37, True, 38)
    wait = gathered.due - gathered.made
    assert wait.total_seconds() == pytest.approx(plan.DIGEST_S, abs=5)
    await desk.ledger.write(lambda: AlertDelivery.objects.update(due=gathered.made))
    (told, *_) = await desk.ledger.write(outbox.claim, 10, 4, [], {})
    assert told.message.count == 1


async def test_after_a_digest_was_told_the_next_one_begins(desk):
    await desk.webhook(ALICE, "http://127.0.0.1:1/a")
    rule = await desk.rule(ALICE)
    await desk.fire(rule, digest=True)
    await desk.ledger.write(lambda: AlertDelivery.objects.update(state="sent"))
    await desk.fire(rule, digest=True)
    assert [(row.state, row.count) for row in await desk.deliveries(ALICE)] == [("sent", 1), ("waiting", 1)]


ZURICH = "Europe/Zurich"


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        (["22:00-07:00"], ZURICH, "2026-11-24T20:59:59+00:00", None),
        (["22:00-07:00"], ZURICH, "2026-11-24T21:00:00+00:00", "2026-11-25T06:00:00+00:00"),
        (["22:00-07:00"], ZURICH, "2026-11-25T05:59:59+00:00", "2026-11-25T06:00:00+00:00"),
        (["22:00-07:00"], ZURICH, "2026-11-25T06:00:00+00:00", None),
        (["12:00-13:00", "13:00-14:00"], "UTC", "2026-11-25T12:30:00+00:00", "2026-11-25T14:00:00+00:00"),
        (["07:00-07:00"], "UTC", "2026-11-25T07:00:00+00:00", None),
        ([], "UTC", "2026-11-25T07:00:00+00:00", None),
        (["01:30-03:30"], "America/New_York", "2027-03-14T06:45:00+00:00", "2027-03-14T07:30:00+00:00"),
        (["01:30-03:30"], "America/New_York", "2026-11-01T05:45:00+00:00", "2026-11-01T08:30:00+00:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_of_their_zone(hours, zone, now, until):
    found = quiet_until(hours, zone, datetime.datetime.fromisoformat(now))
    assert found == (None if until is None else datetime.datetime.fromisoformat(until))
