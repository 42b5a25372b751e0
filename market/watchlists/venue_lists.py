"""The watchlists that a person keeps at their venues: asked for by their owner, and what of one can be copied."""

import asyncio
from collections.abc import Mapping

import msgspec

from brokers.contract.errors import BrokerError
from brokers.contract.events import Event
from lib.single_flight import SingleFlight
from lib.tasks import Tasks
from market.watchlist_rules import MOST_SYMBOLS
from streaming.links.runner import LinkRunner
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.rpc.client import RpcError

WITHIN_S = 8.0
"""How long a venue may take."""
KEPT_S = 30.0
"""How long an answer is taken for true: one list after the other is copied from it."""


class VenueList(msgspec.Struct, frozen=True):
    """One list at a venue: by which link, and whether it is the venue's own."""

    link: str
    label: str
    name: str
    symbols: tuple[str, ...]
    public: bool


class VenueLists(msgspec.Struct, frozen=True):
    """All lists of a person's links, and why some link told none."""

    watchlists: tuple[VenueList, ...]
    refusals: tuple[str, ...]

    def find(self, link: str, name: str) -> VenueList | None:
        """Return a list by its link and its name there."""
        return next((one for one in self.watchlists if (one.link, one.name) == (link, name)), None)


def cut(found: VenueList) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what of a list one of ours can hold, and what it cannot."""
    return found.symbols[:MOST_SYMBOLS], found.symbols[MOST_SYMBOLS:]


class VenueListing(Extension):
    """Answers which lists a person has at their venues. Their owner asks: nobody else may act for them."""

    sees: frozenset[type[Event]] = frozenset()

    def __init__(self, desk: ExtensionHost) -> None:
        self.desk = desk
        self.finders: Mapping[str, RpcHandler] = {"watchlists": self._watchlists}
        self._tasks = Tasks(f"lists of {desk.person}")
        self._flights: SingleFlight[str] = SingleFlight(self._tasks)
        self._kept: tuple[float, str] = 0.0, ""

    def on_event(self, event: Event, origin: str) -> None:
        """It sees nothing."""

    async def run(self) -> None:
        """Wait for the end: there is nothing to do but to answer."""
        try:
            await asyncio.Event().wait()
        finally:
            await self._tasks.cancel()

    async def _watchlists(self) -> str:
        until, text = self._kept
        if asyncio.get_running_loop().time() < until:
            return text
        return await self._flights.join("watchlists", self._request)

    async def _request(self) -> str:
        told = await asyncio.gather(*(_of(runner) for runner in self.desk.runners.values()))
        asked = [one for one in told if one is not None]
        if not asked:
            raise RpcError("no_feed", "No linked broker keeps lists.")
        lists = tuple(found for one in asked if not isinstance(one, str) for found in one)
        refusals = tuple(one for one in asked if isinstance(one, str))
        text = msgspec.json.encode(VenueLists(lists, refusals)).decode()
        if not refusals:
            self._kept = asyncio.get_running_loop().time() + KEPT_S, text
        return text


async def _of(runner: LinkRunner) -> list[VenueList] | str | None:
    """Return the lists of one link; a sentence where it cannot tell, None where its venue keeps none."""
    label = runner.info.label or runner.info.venue
    try:
        async with asyncio.timeout(WITHIN_S):
            broker = await runner.opened()
            if broker is None:
                return f"{label} must be linked again."
            if not broker.capabilities.watchlists:
                return None
            found = await broker.watchlists()
    except TimeoutError:
        return f"{label} does not answer."
    except BrokerError as error:
        return f"{label} does not tell its lists: {error}."
    link = str(runner.info.id)
    return [VenueList(link, label, one.name, one.symbols, one.is_public) for one in found]


def read(text: str) -> VenueLists:
    """Read an answer."""
    return msgspec.json.decode(text, type=VenueLists)
