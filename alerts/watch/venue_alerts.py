"""The alerts that a person keeps at their venues: asked for by their owner, and checked by nobody here."""

import asyncio
from collections.abc import Mapping

import msgspec

from brokers.contract.broker import VenueAlert
from brokers.contract.errors import BrokerError
from brokers.contract.events import Event
from lib.clock import now_ms
from lib.single_flight import SingleFlight
from lib.tasks import Tasks
from streaming.links.runner import LinkRunner
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler

QUESTION = "venue_alerts"
WITHIN_S = 6.0
"""How long a venue may take."""
KEPT_S = 5.0
"""How long an answer is taken for true: several pages ask."""
MOST = 500
"""Alerts of a link that are shown, at most."""


class LinkAlerts(msgspec.Struct, frozen=True):
    """What one link told of its alerts when it was asked, or why it told nothing."""

    link: str
    label: str
    alerts: tuple[VenueAlert, ...] = ()
    refusal: str = ""


class VenueAlerts(msgspec.Struct, frozen=True):
    """The alerts of those links of a person whose venues keep some, as of `at` (ms)."""

    at: int
    links: tuple[LinkAlerts, ...]


class VenueAlertListing(Extension):
    """Answers which alerts a person has at their venues. Their owner asks: nobody else may act for them."""

    sees: frozenset[type[Event]] = frozenset()

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self.finders: Mapping[str, RpcHandler] = {QUESTION: self._answer}
        self._tasks = Tasks(f"alerts at venues of {desk.person}")
        self._flights: SingleFlight[str] = SingleFlight(self._tasks)
        self._kept: tuple[float, str] = 0.0, ""

    def __repr__(self) -> str:
        return f"<VenueAlertListing person={self._desk.person}>"

    def on_event(self, event: Event, origin: str) -> None:
        """It sees nothing."""

    def on_settings_changed(self) -> None:
        """Links may be others now: ask anew."""
        self._kept = 0.0, ""

    async def run(self) -> None:
        """Wait for the end: there is nothing to do but to answer."""
        try:
            await asyncio.Event().wait()
        finally:
            await self._tasks.cancel()

    async def _answer(self) -> str:
        until, text = self._kept
        if asyncio.get_running_loop().time() < until:
            return text
        return await self._flights.join(QUESTION, self._request)

    async def _request(self) -> str:
        told = await asyncio.gather(*(_of(runner) for runner in self._desk.runners.values()))
        links = tuple(one for one in told if one is not None)
        text = msgspec.json.encode(VenueAlerts(now_ms(), links)).decode()
        if not any(one.refusal for one in links):
            self._kept = asyncio.get_running_loop().time() + KEPT_S, text
        return text


async def _of(runner: LinkRunner) -> LinkAlerts | None:
    """Return the alerts of one link, or why it cannot tell; None where its venue keeps none."""
    link, label = str(runner.info.id), runner.info.label or runner.info.venue
    try:
        async with asyncio.timeout(WITHIN_S):
            broker = await runner.opened()
            if broker is None or not broker.capabilities.quote_alerts:
                return None
            found = await broker.quote_alerts()
    except TimeoutError:
        return LinkAlerts(link, label, refusal=f"{label} does not answer.")
    except BrokerError as error:
        return LinkAlerts(link, label, refusal=f"{label} does not tell its alerts: {error}.")
    return LinkAlerts(link, label, tuple(found[:MOST]))


def read(text: str) -> VenueAlerts:
    """Read an answer."""
    return msgspec.json.decode(text, type=VenueAlerts)
