"""How often one person's venues may be asked the same kind of thing: storms end here, and say when to come again."""

import asyncio
import collections

from streaming.rpc.client import RpcError

WINDOW_S = 60.0


class SlidingWindow:
    """So many questions in any minute; `what` names them in the error."""

    def __init__(self, what: str, questions: int) -> None:
        self._what = what
        self._questions = questions
        self._asked: collections.deque[float] = collections.deque()

    def take(self) -> None:
        """Count one question. Raises EnquiryError, with the time to wait, where there were too many."""
        now = asyncio.get_running_loop().time()
        while self._asked and self._asked[0] <= now - WINDOW_S:
            self._asked.popleft()
        if len(self._asked) >= self._questions:
            often = f"At most {self._questions} {self._what} a minute are asked for."
            raise RpcError("rate_limited", often, self._asked[0] + WINDOW_S - now)
        self._asked.append(now)
