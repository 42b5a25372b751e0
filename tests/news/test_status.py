"""What news tells on the status page, in `/ws/status` and in `/metrics`."""

import typing

import pytest

from news.owner.counts import NewsCounts, counts
from news.owner.desk import DeskNews
from news.sources.contract import SourceLost
from news.status import NewsStatus
from streaming.formatting import MISSING
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import MemoryLinks
from tests.support.eventually import aeventually
from tests.support.news import TalkingSource, item

NOW = 1_795_000_000_000


class Meter:
    """What measures the impact of so many items."""

    def __init__(self, measured):
        self.measured = measured


class Running:
    """Sources of known states."""

    def __init__(self, states):
        self.states = states


def test_sources_of_all_lists_are_counted_together_and_name_nobody():
    counted = NewsCounts()
    counted.running |= {Running({("rss", "asked"): 2, ("rss", "failing"): 1}), Running({("alpaca", "live"): 1})}
    counted.items["rss"] = 7
    counted.failures["rss"] = 2
    counted.anomalies["undated"] = 3
    counted.meters |= {Meter(2), Meter(5)}
    counted.impacts.update(["measured", "spread", "measured"])
    part = NewsStatus(counted)
    assert part.report() == {
        "sources": {"asked": 2, "failing": 1, "live": 1}, "items": 7, "failures": 2, "anomalies": {"undated": 3},
        "measuring": 7, "impacts": {"measured": 2, "spread": 1},
    }  # fmt: skip
    read = part.read()
    assert set(read) == set(part.metrics)
    assert dict(read["tapedeck_news_sources"]) == {
        ("rss", "asked"): 2, ("rss", "failing"): 1, ("alpaca", "live"): 1,
    }  # fmt: skip
    assert read["tapedeck_news_anomalies"] == [(("undated",), 3)]
    assert read["tapedeck_news_measuring"] == [((), 7)]
    assert read["tapedeck_news_impacts"] == [(("measured",), 2), (("spread",), 1)]


async def test_what_runs_here_is_counted_until_it_ends(valkey, settings, monkeypatch):
    settings.STREAM_SERVICES = []
    monkeypatch.setattr("news.owner.desk.CLAIM_S", 0.05)
    before = counts.items["feed"], counts.failures["feed"], counts.anomalies["undated"]
    async with Station(valkey, MemoryLinks()) as station:
        source = TalkingSource()
        task = station.services.start(DeskNews(station, lambda: [source.spec]).run(), "news")
        await source.deliver(item(1), item(2))
        assert source.report is not None
        source.report.count("undated")
        assert counts.states == {("feed", "live"): 1}
        source.fail(SourceLost("it hung up"))
        await aeventually(lambda: counts.states == {("feed", "failing"): 1})
        after = counts.items["feed"], counts.failures["feed"], counts.anomalies["undated"]
        assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1, 1]
        task.cancel()
        await aeventually(lambda: not counts.states)


class Statuses:
    """A ledger that has read these."""

    def __init__(self, *statuses):
        self._statuses = statuses

    async def read(self, what, person):
        self.person = person
        if not self._statuses:
            raise LedgerError("away")
        return list(self._statuses)


async def test_each_source_has_its_row():
    ledger = Statuses(
        {
            "name": "PR Newswire", "owner": "desk", "state": "late", "alive_at": NOW - 4_000, "item_at": NOW - 130_000,
            "lag_p50_s": 130.0, "lag_p95_s": None, "pace_s": 30.0, "items": 1_200, "anomalies": {"undated": 2},
        },
        {"name": "Alpaca", "owner": "me", "state": "refused", "reason": "its key is not taken", "simulated": True},
        {
            "name": "Gone", "owner": "me", "state": "failing", "reason": "it redirects inside",
            "retry_at": NOW + 3_540_000,
        },
    )  # fmt: skip
    table = await NewsStatus().table(typing.cast(Ledger, ledger), 7, NOW)
    assert ledger.person == 7
    assert [row.state for row in table.rows] == ["stale", "refused", "lost"]
    assert table.rows[0].cells == [
        "PR Newswire", "late", "the desk's", "4 s ago", "2 min ago", f"2 min / {MISSING}", "30 s", "1,200", "undated 2",
        MISSING,
    ]  # fmt: skip
    assert table.rows[1].cells[:5] == ["Alpaca (simulated)", "refused", "yours", MISSING, MISSING]
    assert table.rows[1].cells[-1] == "its key is not taken"
    assert table.rows[2].cells[-1] == "it redirects inside; asked again in 59 min"
    assert all(len(row.cells) == len(table.heads) for row in table.rows)


@pytest.mark.parametrize("ledger", [None, Statuses()])
async def test_without_a_database_it_says_so(ledger):
    table = await NewsStatus().table(ledger, 7, NOW)
    assert table.rows == []
    assert "while the database is away" in table.empty
