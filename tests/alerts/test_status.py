"""What alerts tell on the status page, in `/ws/status`, in `/metrics` and in a terminal."""

import typing

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command

from accounts.models import User
from alerts import store
from alerts.counts import AlertCounts
from alerts.management.commands.alerts import line_of
from alerts.rules.reader import parse_rule
from alerts.status import AlertsStatus
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger

NOW = 1_795_000_060_000
RULE = '{"when": {"all": [{"field": "QQQ.last", "is": "above", "value": 450}]}, "trigger": "each", "session": "always"}'


class Watcher:
    armed = 3


def test_counts_add_up_and_name_nobody():
    counted = AlertCounts()
    counted.watchers = {Watcher(), Watcher()}
    counted.firings = 7
    part = AlertsStatus(counted)
    assert part.report() == {"armed": 6, "firings": 7, "deliveries": {}}
    assert part.read() == {
        "tapedeck_alerts_armed": [((), 6)],
        "tapedeck_alert_firings": [((), 7)],
        "tapedeck_alert_deliveries": [],
    }
    assert set(part.read()) == set(part.metrics)


class Reading:
    """A ledger that reads in this thread, or is away."""

    def __init__(self, away=False):
        self.away = away

    async def read(self, work, *values):
        if self.away:
            raise LedgerError("away")
        return await sync_to_async(work)(*values)


@pytest.mark.django_db(transaction=True)
async def test_everybody_sees_their_own():
    alice = await User.objects.acreate(email="alice@example.com")
    bob = await User.objects.acreate(email="bob@example.com")
    row = await sync_to_async(store.create)(alice.pk, parse_rule(RULE))
    await sync_to_async(store.note_firing)(row.pk, 1, NOW - 60_000, NOW - 60_000, None, stays_armed=True)
    ledger = typing.cast(Ledger, Reading())
    table = await AlertsStatus().table(ledger, alice.pk, NOW)
    assert [one.cells for one in table.rows] == [["QQQ last price is above 450", "armed", "1", "1", "60 s ago"]]
    assert (await AlertsStatus().table(ledger, bob.pk, NOW)).rows == []


@pytest.mark.parametrize("ledger", [None, Reading(away=True)])
async def test_without_a_database_it_says_so(ledger):
    table = await AlertsStatus().table(ledger, 1, NOW)
    assert (table.rows, "while the database is away" in table.empty) == ([], True)


def test_a_terminal_shows_them(db, capsys):
    alice = User.objects.create_user("alice@example.com", "a long enough one")
    call_command("alerts", user="alice@example.com")
    assert capsys.readouterr().out.startswith("No alert.")
    row = store.create(alice.pk, parse_rule(RULE))
    call_command("alerts", user="alice@example.com")
    assert capsys.readouterr().out == f"{line_of(row)}\n"
    assert line_of(row).endswith("never fired  Tell me when QQQ last price is above 450, at all hours, each time.")


def test_staff_look_at_rules_and_change_none(db, client):
    staff = User.objects.create_superuser("owner@example.com", "a long enough one")
    row = store.create(staff.pk, parse_rule(RULE))
    client.force_login(staff)
    listed = client.get("/admin/alerts/alertrule/")
    assert listed.status_code in (200, 302), "302: it asks for the password again"
    assert client.post(f"/admin/alerts/alertrule/{row.pk}/delete/", {"post": "yes"}).status_code in (302, 403)
    row.refresh_from_db()
