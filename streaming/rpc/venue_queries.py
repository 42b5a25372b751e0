"""What is asked of a person's own venues about the market: of one after the other until one knows, and in no storm."""

import asyncio
import typing
from collections.abc import Awaitable, Callable, Mapping

from brokers.contract.broker import Broker, Capabilities
from brokers.contract.errors import BrokerError, LinkLost, NotSupported
from streaming.board.board import Board
from streaming.feeds.allowance import AllowanceError, FeedAllowances
from streaming.rpc.client import RpcError

AT_ONCE = 2
"""How many questions of one kind at the same time."""

Found = typing.TypeVar("Found")


class LinkSource(typing.Protocol):
    """What is known of the links that may answer for a person, and of what their feeds told."""

    @property
    def board(self) -> Board:
        """Their board."""

    @property
    def allowances(self) -> FeedAllowances:
        """How often their feeds may still be asked."""

    def shows(self, link: str) -> bool:
        """Whether the person sees market data of this link."""

    async def sources(self, preferred: str | None = None) -> Mapping[str, Broker]:
        """Return the brokers of the links whose data the person sees, by link, the most preferred first."""


class VenueQueries(typing.Generic[Found]):
    """Questions of one kind: `about` names what is asked for, `several` such questions, in words for people.

    `able` says whether a broker can tell, `knows` whether an answer says anything. All questions of a kind share one
    allowance for each feed.
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
        self._several = several
        self._room = asyncio.Semaphore(AT_ONCE)

    async def query(
        self, question: Callable[[Broker], Awaitable[Found]], preferred: str | None = None, leaves: int = 0
    ) -> tuple[str, Found]:
        """Return the first answer that says anything, after the link it is of. Raises RpcError.

        Where none does, it is that of the best link; but that one which stands in for a lost one knows nothing is no
        answer. The link `preferred` is asked first. So many of a feed's questions as `leaves` says are left to others.
        """
        async with self._room:
            try:
                return await self._first(question, preferred, leaves)
            except AllowanceError as error:
                raise RpcError("rate_limited", str(error), error.retry_s) from error
            except LinkLost as error:
                detail = f"The venue does not answer: {error.reason}"
                raise RpcError("unavailable", detail, error.retry_after or 5) from error
            except NotSupported as error:
                raise RpcError("no_feed", f"No linked broker tells {self._about}.") from error
            except BrokerError as error:
                raise RpcError("no_feed", f"No linked venue tells {self._about}: {error}") from error

    async def _first(
        self, question: Callable[[Broker], Awaitable[Found]], preferred: str | None, leaves: int
    ) -> tuple[str, Found]:
        failed: BrokerError = NotSupported(self._about)
        empty: tuple[str, Found] | None = None
        for link, broker in (await self._links.sources(preferred)).items():
            if not self._able(broker.capabilities):
                continue
            self._links.allowances.acquire(link, self._several, leaves)
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
