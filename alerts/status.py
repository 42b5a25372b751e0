"""What alerts add to the status page, `/ws/status` and `/metrics`."""

import typing

from alerts import store
from alerts.counts import AlertCounts, counts
from alerts.rules.sentence import condition
from streaming.formatting import MISSING, ago, number
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger
from streaming.status.parts import Described, Found, Read
from streaming.status.tables import Row, Table

HEADS = ["Alert", "State", "Version", "Fired", "Last"]


class AlertsStatus:
    """The part of alerts."""

    name = "alerts"
    metrics = {
        "tapedeck_alerts_armed": Described("gauge", "Alerts that are evaluated here."),
        "tapedeck_alert_firings": Described("counter", "Firings that were handed to the ledger."),
        "tapedeck_alert_deliveries": Described(
            "counter", "Messages of alerts that were tried, by channel and outcome.", ("channel", "outcome")
        ),
    }

    def __init__(self, counted: AlertCounts = counts) -> None:
        self._counted = counted

    def report(self) -> Found:
        """Return how many alerts are evaluated here, and how many firings there were."""
        deliveries = {" ".join(key): count for key, count in sorted(self._counted.deliveries.items())}
        return {"armed": self._counted.armed, "firings": self._counted.firings, "deliveries": deliveries}

    def read(self) -> Read:
        """Return the rows of its metrics."""
        counted = self._counted
        return {
            "tapedeck_alerts_armed": [((), counted.armed)],
            "tapedeck_alert_firings": [((), counted.firings)],
            "tapedeck_alert_deliveries": sorted(counted.deliveries.items()),
        }

    async def table(self, ledger: Ledger | None, person: int | None, now: int) -> Table:
        """Return the person's own alerts."""
        empty = "How alerts are is not known while the database is away."
        rows: list[Row] = []
        if ledger is not None and person is not None:
            try:
                rows = await ledger.read(_rows, person, now)
                empty = "No alert."
            except LedgerError:
                rows = []
        return Table("alerts", "Your alerts", HEADS, rows, empty, worded=True)


def _rows(person: int, now: int) -> list[Row]:
    return [_row(row, now) for row in store.of(person)]


def _row(row: typing.Any, now: int) -> Row:
    fired_at = store.millis(row.fired_at)
    last = MISSING if fired_at is None else ago(max(0, now - fired_at))
    word = "armed" if row.is_armed else "rests"
    cells = [condition(store.spec_of(row)), word, number(row.version), number(row.fired), last]
    return Row(cells, "live" if row.is_armed else "")
