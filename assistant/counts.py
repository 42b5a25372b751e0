"""What this process counts of programs that use the desk: never whose, and no argument."""

import collections


class AssistantCounts:
    """All grow as long as the process runs, but `under_way`, `news_streams` and `chat_turns_open`: these are open now.

    `calls` are counted by tool and outcome (`ok`, or the code of an error), `refused` by the HTTP status of requests
    that reached no tool, `sessions` by what became of them. `chat_turns` are counted by outcome (`stop`, `length`,
    `content_filter`, `stopped`, or the code of an error), `chat_refused` by code, `chat_numbers` by what the check made
    of them, `chat_tokens` by `prompt` and `completion`.
    """

    def __init__(self) -> None:
        self.calls: collections.Counter[tuple[str, str]] = collections.Counter()
        self.refused: collections.Counter[str] = collections.Counter()
        self.sessions: collections.Counter[str] = collections.Counter()
        self.under_way = 0
        self.news_streams = 0
        self.news_starts = 0
        self.chat_turns: collections.Counter[str] = collections.Counter()
        self.chat_refused: collections.Counter[str] = collections.Counter()
        self.chat_numbers: collections.Counter[str] = collections.Counter()
        self.chat_tokens: collections.Counter[str] = collections.Counter()
        self.chat_turns_open = 0


counts = AssistantCounts()
"""This process's."""
