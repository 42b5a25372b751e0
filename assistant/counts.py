"""What this process counts of programs that use the desk: never whose, and no argument."""

import collections


class AssistantCounts:
    """All but `under_way` and `news_streams`, which are what is open now, grow as long as the process runs.

    `calls` are counted by tool and outcome (`ok`, or the code of an error), `refused` by the HTTP status of requests
    that reached no tool, `sessions` by what became of them.
    """

    def __init__(self) -> None:
        self.calls: collections.Counter[tuple[str, str]] = collections.Counter()
        self.refused: collections.Counter[str] = collections.Counter()
        self.sessions: collections.Counter[str] = collections.Counter()
        self.under_way = 0
        self.news_streams = 0
        self.news_starts = 0


counts = AssistantCounts()
"""This process's."""
