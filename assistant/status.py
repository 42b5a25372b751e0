"""What the assistant adds to the status page, `/ws/status` and `/metrics`."""

import typing
from collections.abc import Mapping

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
        "tapedeck_chat_turns": Described("counter", "Turns of chat, by outcome.", ("outcome",)),
        "tapedeck_chat_turns_open": Described("gauge", "Turns of chat that are under way."),
        "tapedeck_chat_refused": Described("counter", "Requests of chat that were refused, by code.", ("code",)),
        "tapedeck_chat_numbers": Described("counter", "Numbers of answers, by result of their check.", ("result",)),
        "tapedeck_chat_tokens": Described("counter", "Tokens of prompts and completions.", ("kind",)),
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
            "chat_turns": dict(sorted(counted.chat_turns.items())),
            "chat_turns_open": counted.chat_turns_open,
            "chat_refused": dict(sorted(counted.chat_refused.items())),
            "chat_numbers": dict(sorted(counted.chat_numbers.items())),
            "chat_tokens": dict(sorted(counted.chat_tokens.items())),
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
            "tapedeck_chat_turns": _labelled(counted.chat_turns),
            "tapedeck_chat_turns_open": [((), counted.chat_turns_open)],
            "tapedeck_chat_refused": _labelled(counted.chat_refused),
            "tapedeck_chat_numbers": _labelled(counted.chat_numbers),
            "tapedeck_chat_tokens": _labelled(counted.chat_tokens),
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


def _labelled(counted: Mapping[str, int]) -> list[tuple[tuple[str], int]]:
    return [((name,), count) for name, count in sorted(counted.items())]


def _row(tool: str, calls: int, failed: int) -> Row:
    cells: list[typing.Any] = [tool, number(calls), number(failed)]
    return Row(cells, "")
