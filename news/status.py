"""What news adds to the status page, `/ws/status` and `/metrics`."""

import collections
import typing

from news.owner.counts import NewsCounts, counts
from news.store import reader
from streaming.formatting import MISSING, ago, lasting, number
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger
from streaming.status.parts import Described, Found, Read
from streaming.status.tables import Row, Table

HEADS = ["Source", "State", "Whose", "Heard", "Newest item", "Late, p50 / p95", "Asked every", "Items", "Odd", "Reason"]
SHADES = {
    "live": "live", "asked": "live", "quiet": "live", "late": "stale", "failing": "lost", "refused": "refused",
    "unusable": "refused",
}  # fmt: skip
"""What the style sheet calls the states of a source; one that waits to be asked has none."""


class NewsStatus:
    """The part of news."""

    name = "news"
    metrics = {
        "tapedeck_news_sources": Described("gauge", "Sources of news that run here.", ("kind", "state")),
        "tapedeck_news_items": Described("counter", "Items of news that were stored, revisions too.", ("kind",)),
        "tapedeck_news_failures": Described("counter", "Times a source of news failed.", ("kind",)),
        "tapedeck_news_anomalies": Described("counter", "Odd things about items of news, by name.", ("anomaly",)),
        "tapedeck_news_measuring": Described("gauge", "Items of news whose impact is being measured here."),
        "tapedeck_news_impacts": Described(
            "counter", "Windows of impact that ended: measured, or why they have no move.", ("outcome",)
        ),
    }

    def __init__(self, counted: NewsCounts = counts) -> None:
        self._counted = counted

    def report(self) -> Found:
        """Return how many sources run in which state, and what they brought."""
        states: collections.Counter[str] = collections.Counter()
        for (_, state), count in self._counted.states.items():
            states[state] += count
        counted = self._counted
        return {
            "sources": dict(states),
            "items": counted.items.total(),
            "failures": counted.failures.total(),
            "anomalies": dict(counted.anomalies),
            "measuring": counted.measuring,
            "impacts": dict(counted.impacts),
        }

    def read(self) -> Read:
        """Return the rows of its metrics."""
        counted = self._counted
        return {
            "tapedeck_news_sources": list(counted.states.items()),
            "tapedeck_news_items": [((kind,), count) for kind, count in counted.items.items()],
            "tapedeck_news_failures": [((kind,), count) for kind, count in counted.failures.items()],
            "tapedeck_news_anomalies": [((name,), count) for name, count in counted.anomalies.items()],
            "tapedeck_news_measuring": [((), counted.measuring)],
            "tapedeck_news_impacts": [((outcome,), count) for outcome, count in counted.impacts.items()],
        }

    async def table(self, ledger: Ledger | None, person: int | None, now: int) -> Table:
        """Return the desk's sources and the person's own, as they were when that changed last."""
        statuses: list[dict[str, typing.Any]] | None = None
        if ledger is not None:
            try:
                statuses = await ledger.read(reader.statuses, person or 0)
            except LedgerError:
                statuses = None
        empty = "How sources are is not known while the database is away." if statuses is None else "No source of news."
        rows = [_row(status, now) for status in statuses or ()]
        return Table("news", "News sources", HEADS, rows, empty, worded=True)


def _row(status: dict[str, typing.Any], now: int) -> Row:
    lags = [status.get("lag_p50_s"), status.get("lag_p95_s")]
    pace_s = status.get("pace_s")
    cells = [
        status["name"] + (" (simulated)" if status.get("simulated") else ""),
        status["state"],
        "the desk's" if status["owner"] == "desk" else "yours",
        _since(status.get("alive_at"), now),
        _since(status.get("item_at"), now),
        " / ".join(MISSING if lag is None else lasting(lag) for lag in lags),
        MISSING if pace_s is None else lasting(pace_s),
        number(status.get("items")),
        ", ".join(f"{name} {count}" for name, count in sorted(status.get("anomalies", {}).items())) or MISSING,
        _reason(status, now),
    ]
    return Row(cells, SHADES.get(status["state"], ""))


def _reason(status: dict[str, typing.Any], now: int) -> str:
    """Return why a source does not work, and when it is asked again."""
    again_at = status.get("retry_at")
    again = "" if again_at is None else f"; asked again in {lasting((again_at - now) / 1000)}"
    return f"{status.get('reason') or MISSING}{again}"


def _since(at: int | None, now: int) -> str:
    return ago(None if at is None else max(0, now - at))
