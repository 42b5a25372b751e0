"""Compares what the ledger knows of each link with what its venue says when asked, and records what was missed.

A venue is asked when its link turns live, every minute, and when somebody asks for it. What it tells that the ledger
does not know was missed: it is recorded in the order in which it happened, as recovered. What was there before an
account was first asked about is history. Where book and venue still differ when they are compared again, that is told.
"""

import asyncio
import contextlib
import datetime
import functools
import logging
import random
from collections.abc import Mapping

import msgspec

from brokers.contract.errors import BrokerError
from brokers.contract.events import Event, Link
from brokers.contract.reports import ENDED, ActivityReport, FillReport, OrderReport, Report
from lib.tasks import Tasks
from streaming.ledger.errors import LedgerError
from streaming.links.runner import LinkRunner
from streaming.links.state import LinkState
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.rpc.client import RpcError
from trading.reconciliation import book
from trading.reconciliation.round import ReconciliationRun, RoundPace, RunReport

logger = logging.getLogger(__name__)

_encoder = msgspec.json.Encoder(decimal_format="number")


class OrderAnswer(msgspec.Struct, frozen=True):
    """What one link has to say to somebody who asks for its reconciliation: a report, or why there is none."""

    link: str
    venue: str
    environment: str
    label: str
    report: RunReport | None = None
    reason: str | None = None


class Reconciler(Extension):
    """Reconciles the links of one person while their streams run, and keeps those running while an order works."""

    sees: frozenset[type[Event]] = frozenset({Link, OrderReport, FillReport, ActivityReport})
    pace = RoundPace()

    def __init__(self, desk: ExtensionHost) -> None:
        self.desk = desk
        self.finders: Mapping[str, RpcHandler] = {"reconcile": self._answer}
        self._rounds: dict[str, ReconciliationRun] = {}
        self._states: dict[str, str] = {}
        self._working: set[tuple[str, str]] = set()
        """The orders that work, with their links."""
        self._changed = asyncio.Event()
        self._turned = asyncio.Event()
        """Set, and replaced, when a link's state changes."""
        self._works = asyncio.Event()
        self._tasks = Tasks(f"reconciling {desk.person}")

    def __repr__(self) -> str:
        return f"<Reconciler person={self.desk.person} {len(self._rounds)} links {len(self._working)} orders work>"

    def on_event(self, event: Event, origin: str) -> None:
        """See that a link turned live, and what happened."""
        if isinstance(event, Report):
            self._note(event)
        elif isinstance(event, Link) and isinstance(event.state, str) and event.state != self._states.get(origin):
            self._states[origin] = event.state
            self._changed.set()
            turned, self._turned = self._turned, asyncio.Event()
            turned.set()
            if event.state == "live" and origin in self._rounds:
                self._rounds[origin].turned_live()

    def _note(self, event: Report) -> None:
        if event.link in self._rounds:
            self._rounds[event.link].happened(event)
        if isinstance(event, OrderReport) and event.status not in ENDED:
            self._working.add((event.link, event.order))
            self._works.set()
        elif isinstance(event, OrderReport):
            self._working.discard((event.link, event.order))

    async def run(self) -> None:
        """Reconcile each link that tells of orders, until cancelled."""
        try:
            self._tasks.supervise(self._stay, "orders that work")
            while True:
                self._changed.clear()
                self._follow()
                await self._changed.wait()
        finally:
            await self._tasks.cancel()
            self._rounds.clear()

    def _follow(self) -> None:
        """Begin with the links that have a broker which tells of orders, and leave those that are gone."""
        for link in self._rounds.keys() - {runner.id for runner in self.desk.runners.values()}:
            self._rounds.pop(link).stop()
        for runner in self.desk.runners.values():
            broker = runner.broker
            if runner.id not in self._rounds and broker is not None and broker.capabilities.executions:
                found = self._rounds[runner.id] = ReconciliationRun(self.desk, runner, self.pace)
                found.task = self._tasks.supervise(functools.partial(self._run_rounds, found), f"link {runner.id}")
                self._works.set()

    async def _run_rounds(self, found: ReconciliationRun) -> None:
        """Reconcile one link when it turns live and every minute, until cancelled."""
        while True:
            await found.due(self.pace.every_s * random.uniform(17, 20) / 20)
            if not found.live:
                continue
            try:
                await self._once(found, deep=False)
            except (BrokerError, LedgerError) as error:
                logger.info("%r: not reconciled: %s; it is tried again", found, error)
                found.schedule(self.pace.again_s)

    async def _once(self, found: ReconciliationRun, *, deep: bool) -> RunReport:
        report = await found.reconcile(deep)
        others = {place for place in self._working if place[0] != found.link}
        self._working = others | {(found.link, order) for order in report.working}
        self._works.set()
        return report

    # Asked

    async def _answer(self, only: str = "") -> str:
        """Reconcile every link, or the one with the id `only`, now; return an Answer for each as JSON."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.pace.wait_s):
                while not self._ready(only):
                    await self._turned.wait()
        runners = self._named(only)
        if not runners:
            raise RpcError("no_feed", "There is no such link.")
        answers = await asyncio.gather(*(self._answer_of(runner) for runner in runners))
        return _encoder.encode(answers).decode()

    def _named(self, only: str) -> list[LinkRunner]:
        return [runner for runner in self.desk.runners.values() if only in ("", runner.id)]

    def _ready(self, only: str) -> bool:
        """Whether the links were read, and each that is meant is live or will not be soon."""
        settled = (LinkState.LIVE, LinkState.REFUSED, LinkState.WAITING)
        return bool(self.desk.runners) and all(runner.state in settled for runner in self._named(only))

    async def _answer_of(self, runner: LinkRunner) -> OrderAnswer:
        said = OrderAnswer(runner.id, runner.info.venue, runner.info.environment, runner.info.label)
        self._follow()
        found = self._rounds.get(runner.id)
        if found is None or not found.live:
            broker = runner.broker
            tells = broker is None or broker.capabilities.executions
            reason = f"the link is {runner.state.value}" if tells else "its venue tells of no orders"
            return msgspec.structs.replace(said, reason=reason)
        try:
            return msgspec.structs.replace(said, report=await self._once(found, deep=True))
        except (BrokerError, LedgerError) as error:
            return msgspec.structs.replace(said, reason=str(error))

    # Orders that work

    async def _stay(self) -> None:
        """Have the streams go on without a page for as long as an order works, and some time after this process."""
        self._working |= await self.desk.ledger.read(book.working, self.desk.person)
        while True:
            self._works.clear()
            if self._some_work():
                until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.pace.stay_s)
                await self.desk.ledger.watch_until(self.desk.person, until)
                await asyncio.sleep(self.pace.stay_s / 4)
            else:
                await self._works.wait()

    def _some_work(self) -> bool:
        """Whether an order works whose link may still tell of it."""
        links = {link for link, found in self._rounds.items() if found.runner.state is not LinkState.REFUSED}
        return any(link in links for link, _ in self._working)
