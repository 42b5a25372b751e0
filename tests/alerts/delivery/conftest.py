"""A database of its own for each test of delivery, and firings to deliver."""

import typing

import pytest

from alerts.delivery import plan, store
from alerts.models import AlertChannel, AlertDelivery, AlertRule
from alerts.rules.reader import parse_rule
from alerts.store import create as create_rule
from lib.clock import now_ms
from streaming.facts import Fact, write
from streaming.ledger.ledger import Ledger
from streaming.models import StoredFact
from tests.streaming.conftest import empty_file, sqlite_ledger

__all__ = ["empty_file", "sqlite_ledger"]

ALICE, BOB = 1, 2
RULE = '{"when": {"all": [{"field": "QQQ.last", "is": "crosses_up", "value": 450.5}]}, "trigger": "each"}'
SECRET = "a secret of sixteen"


class Desk:
    """A desk's database, asked as its processes ask it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    async def webhook(self, person: int, address: str, **more: typing.Any) -> AlertChannel:
        secrets = {"address": address, "secret": SECRET}
        return await self.ledger.write(
            lambda: store.create(person, "webhook", "hook", secrets, zone="America/New_York", **more)
        )

    async def rule(self, person: int, text: str = RULE) -> AlertRule:
        return await self.ledger.write(create_rule, person, parse_rule(text))

    async def fire(self, rule: AlertRule, **more: typing.Any) -> int:
        """Store a firing of a rule and plan its deliveries, in one transaction. Returns its number."""
        return await self.ledger.write(fire, rule, more)

    async def deliveries(self, person: int) -> list[AlertDelivery]:
        """A person's, the oldest first."""
        return await self.ledger.read(
            lambda: list(AlertDelivery.objects.select_related("channel").filter(person=person).order_by("pk"))
        )

    async def channel(self, row: AlertChannel) -> AlertChannel:
        return await self.ledger.read(lambda: AlertChannel.objects.get(pk=row.pk))


def fire(rule: AlertRule, more: dict[str, typing.Any]) -> int:
    number = StoredFact.objects.filter(person=rule.person_id).count() + 1
    payload = {
        "rule": str(rule.pk),
        "version": rule.version,
        "key": str(number),
        "what": "QQQ last price crosses up 450.5",
        "symbols": ["QQQ"],
        "values": [{"field": "QQQ.last", "value": 450, "at": now_ms(), "age_ms": 400, "source": "x"}],
    } | more
    fact = Fact(
        person=rule.person_id, number=number, kind="alert", link=None, venue_id=f"{rule.pk}:{number}", at=now_ms(),
        recorded=now_ms(), recovered=False, late_ms=None, payload=payload,
    )  # fmt: skip
    StoredFact.objects.create(
        person_id=fact.person, number=number, kind="alert", venue_id=f"{rule.pk}:{number}", at=fact.at,
        recorded=fact.recorded, recovered=False, epoch=1, payload=write(payload),
    )  # fmt: skip
    plan.plan(fact)
    return number


@pytest.fixture
async def desk(sqlite_ledger, settings, django_db_blocker):
    settings.ALLOWED_PRIVATE_TARGETS = ["127.0.0.0/8"]
    with django_db_blocker.unblock():
        ledger = Ledger((), sqlite_ledger)
        yield Desk(ledger)
        await ledger.close()
