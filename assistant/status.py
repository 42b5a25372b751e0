"""What the assistant adds to the status page, `/ws/status` and `/metrics`."""

import typing

from django.conf import settings

from assistant.counts import AssistantCounts, counts
from streaming.formatting import number
from streaming.ledger.ledger import Ledger
from streaming.status.parts import Described, Found, Read
from streaming.status.tables import Row, Table

HEADS = ["Tool", "Calls", "Failed"]


class AssistantStatus:
    """The part of the assistant."""

    name = "assistant"
    metrics = {
        "tapedeck_mcp_calls": Described("counter", "Calls of tools, by outcome.", ("tool", "outcome")),
        "tapedeck_mcp_calls_under_way": Described("gauge", "Calls of tools that are under way."),
        "tapedeck_mcp_refused": Described(
            "counter", "Requests of programs that reached no tool, by status.", ("status",)
        ),
        "tapedeck_mcp_sessions": Described("counter", "Sessions of programs that began or were ended.", ("event",)),
        "tapedeck_news_streams": Described("gauge", "Streams of news that are open."),
        "tapedeck_news_stream_starts": Described("counter", "Streams of news that were opened."),
    }

    def __init__(self, counted: AssistantCounts = counts) -> None:
        self._counted = counted

    def report(self) -> Found:
        """Return what is counted here."""
        counted = self._counted
        return {
            "calls": {" ".join(key): count for key, count in sorted(counted.calls.items())},
            "under_way": counted.under_way,
            "refused_requests": dict(sorted(counted.refused.items())),
            "sessions": dict(sorted(counted.sessions.items())),
            "news_streams": counted.news_streams,
            "news_starts": counted.news_starts,
        }

    def read(self) -> Read:
        """Return the rows of its metrics."""
        counted = self._counted
        return {
            "tapedeck_mcp_calls": sorted(counted.calls.items()),
            "tapedeck_mcp_calls_under_way": [((), counted.under_way)],
            "tapedeck_mcp_refused": [((status,), count) for status, count in sorted(counted.refused.items())],
            "tapedeck_mcp_sessions": [((event,), count) for event, count in sorted(counted.sessions.items())],
            "tapedeck_news_streams": [((), counted.news_streams)],
            "tapedeck_news_stream_starts": [((), counted.news_starts)],
        }

    async def table(self, ledger: Ledger | None, person: int | None, now: int) -> Table:
        """Return the tools that programs called in this process: of all people, so without a name."""
        calls: dict[str, list[int]] = {}
        for (tool, outcome), count in self._counted.calls.items():
            row = calls.setdefault(tool, [0, 0])
            row[0] += count
            row[1] += 0 if outcome == "ok" else count
        empty = "No program has called a tool here." if settings.MCP else "Programs are not let in: MCP=0."
        rows = [_row(tool, *numbers) for tool, numbers in sorted(calls.items())]
        return Table("programs", "Programs", HEADS, rows, empty)


def _row(tool: str, calls: int, failed: int) -> Row:
    cells: list[typing.Any] = [tool, number(calls), number(failed)]
    return Row(cells, "")
