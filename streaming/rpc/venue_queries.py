"""What is asked of a person's own venues about the market: of one after the other until one knows, and in no storm."""

import asyncio
import collections
import typing
from collections.abc import Awaitable, Callable, Mapping

from brokers.contract.broker import Broker, Capabilities
from brokers.contract.errors import BrokerError, LinkLost, NotSupported
from streaming.board.board import Board
from streaming.rpc.client import RpcError

WINDOW_S = 60.0


class SlidingWindow:
    """So many questions in any minute; `what` names them in the error."""

    def __init__(self, what: str, questions: int) -> None:
        self._what = what
        self._questions = questions
        self._asked: collections.deque[float] = collections.deque()

    def acquire(self) -> None:
        """Count one question. Raises RpcError, with the time to wait, where there were too many."""
        now = asyncio.get_running_loop().time()
        while self._asked and self._asked[0] <= now - WINDOW_S:
            self._asked.popleft()
        if len(self._asked) >= self._questions:
            often = f"At most {self._questions} {self._what} a minute are asked for."
            raise RpcError("rate_limited", often, self._asked[0] + WINDOW_S - now)
        self._asked.append(now)


ASKS = 40
"""How many times a minute a person's venues are asked the same kind of thing. It may take several requests each."""
AT_ONCE = 2
"""How many of these at the same time."""

Found = typing.TypeVar("Found")


class LinkSource(typing.Protocol):
    """What is known of the links that may answer for a person, and of what their feeds told."""

    @property
    def board(self) -> Board:
        """Their board."""

    def shows(self, link: str) -> bool:
        """Whether the person sees market data of this link."""

    async def sources(self, preferred: str | None = None) -> Mapping[str, Broker]:
        """Return the brokers of the links whose data the person sees, by link, the most preferred first."""


class VenueQueries(typing.Generic[Found]):
    """Questions of one kind: `about` names what is asked for, `several` such questions, in words for people.

    `able` says whether a broker can tell, `knows` whether an answer says anything.
    """

    def __init__(
        self,
        links: LinkSource,
        about: str,
        several: str,
        able: Callable[[Capabilities], bool],
        knows: Callable[[Found], bool],
    ) -> None:
        self._links = links
        self._about = about
        self._able = able
        self._knows = knows
        self.allowance = SlidingWindow(several, ASKS)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def query(
        self, question: Callable[[Broker], Awaitable[Found]], preferred: str | None = None
    ) -> tuple[str, Found]:
        """Return the first answer that says anything, after the link it is of. Raises RpcError.

        Where none does, it is that of the best link; but that one which stands in for a lost one knows nothing is no
        answer. The link `preferred` is asked first.
        """
        async with self._room:
            self.allowance.acquire()
            try:
                return await self._first(question, preferred)
            except LinkLost as error:
                detail = f"The venue does not answer: {error.reason}"
                raise RpcError("unavailable", detail, error.retry_after or 5) from error
            except NotSupported as error:
                raise RpcError("no_feed", f"No linked broker tells {self._about}.") from error
            except BrokerError as error:
                raise RpcError("no_feed", f"No linked venue tells {self._about}: {error}") from error

    async def _first(self, question: Callable[[Broker], Awaitable[Found]], preferred: str | None) -> tuple[str, Found]:
        failed: BrokerError = NotSupported(self._about)
        empty: tuple[str, Found] | None = None
        for link, broker in (await self._links.sources(preferred)).items():
            if not self._able(broker.capabilities):
                continue
            try:
                found = await question(broker)
            except BrokerError as error:
                failed = failed if isinstance(failed, LinkLost) else error
                continue
            if self._knows(found):
                return link, found
            if empty is None and not isinstance(failed, LinkLost):
                empty = link, found
        if empty is None:
            raise failed
        return empty
