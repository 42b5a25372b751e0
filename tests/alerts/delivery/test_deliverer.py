"""Deliveries: at least once, numbered, retried, over in time; who does not take one holds up nobody else."""

import asyncio
import contextlib
import datetime
import functools
import hashlib
import hmac
import json
import types

import pytest
from django.utils import timezone

from alerts.delivery import deliverer, outbox, store
from alerts.delivery.deliverer import AlertDeliverer
from alerts.models import AlertDelivery
from lib.outbound import post
from tests.alerts.delivery.conftest import ALICE, BOB, SECRET
from tests.support.eventually import aeventually
from tests.support.receivers import Receiver


@pytest.fixture(autouse=True)
def _brisk(monkeypatch):
    monkeypatch.setattr(outbox, "FIRST_S", 0.1)
    monkeypatch.setattr(outbox, "LONGEST_S", 0.2)
    monkeypatch.setattr(deliverer, "LOOK_S", 0.2)


@contextlib.asynccontextmanager
async def running(desk, count=1):
    """Deliverers of so many processes."""
    tasks = [asyncio.create_task(AlertDeliverer(types.SimpleNamespace(ledger=desk.ledger)).run()) for _ in range(count)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(desk, person, *states):
    async def arrived():
        return [row.state for row in await desk.deliveries(person)] == list(states)

    await aeventually(arrived)
    return await desk.deliveries(person)


def verify(secret: str, header: str, body: bytes) -> bool:
    """The ten lines of docs/alerts.md."""
    parts = dict(part.split("=", 1) for part in header.split(","))
    signed = f"{parts['t']}.".encode() + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"])


async def test_a_firing_reaches_a_webhook_that_can_check_it(desk):
    async with Receiver() as hook, running(desk):
        channel = await desk.webhook(ALICE, hook.url)
        number = await desk.fire(await desk.rule(ALICE))
        (came,) = await hook.until(1)
        (row,) = await until(desk, ALICE, "sent")
    assert verify(SECRET, came.headers["x-tapedeck-signature"], came.body)
    assert not verify("another secret....", came.headers["x-tapedeck-signature"], came.body)
    told = json.loads(came.body)
    assert (told["type"], told["number"], told["symbols"]) == ("alert", number, ["QQQ"])
    assert told["id"] == came.headers["x-tapedeck-id"] == str(row.pk)
    assert told["fact"]["values"][0]["value"] == 450
    assert "state" not in told["fact"]
    assert (row.attempts, row.reason) == (1, "")
    assert (await desk.channel(channel)).told_at is not None


async def test_what_fails_is_tried_again_with_the_same_id(desk):
    async with Receiver(500, "drop", 302, 200, location="/elsewhere") as hook, running(desk):
        await desk.webhook(ALICE, hook.url)
        await desk.fire(await desk.rule(ALICE))
        came = await hook.until(4)
        (row,) = await until(desk, ALICE, "sent")
    assert {one.headers["x-tapedeck-id"] for one in came} == {str(row.pk)}
    assert {one.path for one in came} == {"/hook"}, "no redirect is followed"
    assert row.attempts == 4


async def test_who_hangs_holds_up_nobody_else_and_not_their_own_other_channel(desk, monkeypatch):
    async with Receiver("hang") as bad, Receiver() as good, Receiver() as other, running(desk):
        rule = await desk.rule(ALICE)
        for _ in range(3):
            await desk.webhook(ALICE, bad.url)
        await desk.webhook(ALICE, good.url)
        await desk.webhook(BOB, other.url)
        for _ in range(5):
            await desk.fire(rule)
        await bad.until(3)
        await desk.fire(await desk.rule(BOB))
        await asyncio.wait_for(asyncio.gather(good.until(5), other.until(1)), post.TOTAL_S - 1)
        assert len(bad.received) == 3, "one at a time for each channel"


async def test_receivers_that_hang_by_the_dozen_hold_up_nobody(desk):
    """As many of one person as may be at once, and of more people than any pool of connections would have room for."""
    async with Receiver("hang") as bad, Receiver() as good, running(desk):
        rules = [await desk.rule(person) for person in (ALICE, BOB, 3, 4)]
        for rule in rules:
            for _ in range(deliverer.PER_PERSON + 2):
                await desk.webhook(rule.person_id, bad.url)
            await desk.fire(rule)
        await bad.until(4 * deliverer.PER_PERSON)
        await desk.webhook(5, good.url)
        await desk.fire(await desk.rule(5))
        await asyncio.wait_for(good.until(1), post.TOTAL_S - 1)
        assert len(bad.received) == 4 * deliverer.PER_PERSON, "the others of one person wait"


async def test_a_server_for_mail_that_hangs_holds_up_no_webhook(desk, settings):
    settings.SENDS_MAIL, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    async with Receiver("hang") as server, Receiver() as good, running(desk):
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 3
        for person in (ALICE, BOB, 3, 4, 5, 6, 7):
            secrets = {"email": "a@example.com"}
            await desk.ledger.write(functools.partial(store.create, person, "email", "mail", secrets, zone="UTC"))
            await desk.fire(await desk.rule(person))
        await desk.webhook(8, good.url)
        await desk.fire(await desk.rule(8))
        await asyncio.wait_for(good.until(1), 2)


async def test_a_channel_that_is_not_whole_is_given_up_with_its_reason(desk):
    async with Receiver() as hook, running(desk):
        channel = await desk.webhook(ALICE, hook.url)
        await desk.ledger.write(lambda: type(channel).objects.filter(pk=channel.pk).update(kind="pushover"))
        await desk.fire(await desk.rule(ALICE))
        (row,) = await until(desk, ALICE, "gave_up")
    assert "not whole" in row.reason


async def test_what_was_shown_is_not_sent_again_although_its_service_broke_off(desk):
    async with Receiver() as hook:
        await desk.webhook(ALICE, hook.url)
        await desk.fire(await desk.rule(ALICE))
        (taken,) = await desk.ledger.write(outbox.claim, 10, 4, [], {})
        assert await desk.ledger.write(outbox.note_shown, outbox.receipt_of(taken.id))
        await desk.ledger.write(outbox.settle, taken.id, outbox.Outcome("broke off"))
    assert (await desk.deliveries(ALICE))[0].state == "shown"


async def test_a_redirect_to_this_machine_is_not_followed(desk, settings):
    async with Receiver() as inside, Receiver(307, location=inside.url) as hook, running(desk):
        await desk.webhook(ALICE, hook.url)
        await desk.fire(await desk.rule(ALICE))
        await hook.until(2)
        (row,) = await desk.deliveries(ALICE)
        assert "redirects are not followed" in row.reason
        assert inside.received == []


async def test_a_private_address_is_never_dialled(desk, settings):
    settings.ALLOWED_PRIVATE_TARGETS = []
    async with Receiver() as inside, running(desk):
        channel = await desk.webhook(ALICE, inside.url)
        await desk.fire(await desk.rule(ALICE))

        async def refused():
            return "inside this network" in (await desk.channel(channel)).reason

        await aeventually(refused)
        assert inside.received == []


async def test_a_receiver_that_is_gone_for_good_is_told_nothing_any_more(desk):
    async with Receiver(410) as hook, running(desk):
        channel = await desk.webhook(ALICE, hook.url)
        rule = await desk.rule(ALICE)
        await desk.fire(rule)
        (row,) = await until(desk, ALICE, "gave_up")
        assert "410" in row.reason
        assert (await desk.channel(channel)).gone is not None
        await desk.fire(rule)
        assert len(await desk.deliveries(ALICE)) == 1
        assert len(hook.received) == 1


async def test_what_nobody_took_in_its_time_is_given_up_and_says_so(desk):
    async with Receiver(503) as hook, running(desk):
        await desk.webhook(ALICE, hook.url)
        await desk.fire(await desk.rule(ALICE))
        await hook.until(1)
        await desk.ledger.write(lambda: AlertDelivery.objects.update(expires=timezone.now()))
        (row,) = await until(desk, ALICE, "gave_up")
        said = store.in_words(row)
    assert "it is not tried again" in said
    assert "503" in said


async def test_each_message_is_taken_by_one_of_many_processes(desk):
    async with Receiver() as hook, running(desk, 3):
        await desk.webhook(ALICE, hook.url)
        rule = await desk.rule(ALICE)
        for _ in range(20):
            await desk.fire(rule)
        await until(desk, ALICE, *["sent"] * 20)
    assert len({one.headers["x-tapedeck-id"] for one in hook.received}) == 20
    assert len(hook.received) == 20


async def test_a_process_that_died_holds_a_message_for_a_lease_only(desk):
    async with Receiver() as hook:
        await desk.webhook(ALICE, hook.url)
        await desk.fire(await desk.rule(ALICE))
        (taken,) = await desk.ledger.write(outbox.claim, 10, 4, [], {})
        assert await desk.ledger.write(outbox.claim, 10, 4, [], {}) == []
        past = timezone.now() - datetime.timedelta(seconds=1)
        await desk.ledger.write(lambda: AlertDelivery.objects.update(leased=past))
        async with running(desk):
            (came,) = await hook.until(1)
    assert came.headers["x-tapedeck-id"] == taken.message.id


async def test_a_receipt_says_that_it_was_shown_and_a_forged_one_nothing(desk):
    async with Receiver() as hook, running(desk):
        await desk.webhook(ALICE, hook.url)
        await desk.fire(await desk.rule(ALICE))
        (row,) = await until(desk, ALICE, "sent")
    assert not await desk.ledger.write(outbox.note_shown, f"{row.pk}:forged")
    assert (await desk.deliveries(ALICE))[0].state == "sent"
    assert await desk.ledger.write(outbox.note_shown, outbox.receipt_of(row.pk))
    (shown,) = await desk.deliveries(ALICE)
    assert (shown.state, shown.shown is not None) == ("shown", True)


async def test_pauses_double_to_a_quarter_of_an_hour_and_honour_what_is_asked(monkeypatch):
    monkeypatch.undo()
    pauses = [outbox.pause_s(attempts) for attempts in range(1, 20)]
    assert 4 <= pauses[0] <= 5
    assert 720 <= pauses[-1] <= 900
    assert outbox.pause_s(1, 60.0) == 60.0
    assert outbox.pause_s(1, 1e9) == 900.0
