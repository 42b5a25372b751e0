"""How often the venues of one person are asked about the market: so many questions of a kind in any minute, by feed."""

import asyncio
import collections

WINDOW_S = 60.0
ASKS = 40
"""How many times a minute a feed is asked the same kind of thing. It may take several requests each."""
BACKGROUND_LEAVES = 5
"""What is asked beside the streams leaves so many of a minute's questions to pages, for which somebody waits."""


class AllowanceError(Exception):
    """There were too many questions of a kind: `retry_s` is the time until another one is allowed."""

    def __init__(self, several: str, most: int, retry_s: float) -> None:
        super().__init__(f"At most {most} {several} a minute are asked for.")
        self.retry_s = retry_s


class SlidingWindow:
    """So many questions in any minute; `what` names them in the error."""

    def __init__(self, what: str, questions: int) -> None:
        self._what = what
        self._questions = questions
        self._asked: collections.deque[float] = collections.deque()

    def acquire(self, leaves: int = 0) -> None:
        """Count one question. Raises AllowanceError where there were too many, or `leaves` would not be left."""
        now = asyncio.get_running_loop().time()
        while self._asked and self._asked[0] <= now - WINDOW_S:
            self._asked.popleft()
        most = self._questions - leaves
        if len(self._asked) >= most:
            raise AllowanceError(self._what, most, self._asked[len(self._asked) - most] + WINDOW_S - now)
        self._asked.append(now)


class FeedAllowances:
    """The windows of one person, by link and kind of question, shared by everything that asks for that person."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], SlidingWindow] = {}

    def acquire(self, link: str, several: str, leaves: int = 0) -> None:
        """Count a question to a link; `several` names its kind in words for people. Raises AllowanceError."""
        key = link, several
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = SlidingWindow(several, ASKS)
        window.acquire(leaves)
