"""Reads the facts that rules wait for, as soon as they are stored, each once."""

import asyncio
import contextlib
import logging
import typing
from collections.abc import Callable, Iterable

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from lib.clock import now_ms
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import ExtensionHost

logger = logging.getLogger(__name__)

FACTS_S = 1.0
"""How often facts are looked for that no event comes before, while a rule waits for any."""
RETRY_S = 2.0


class Evaluation(typing.Protocol):
    """Whose engine takes facts."""

    @property
    def engine(self) -> Engine | None:
        """The engine as it is now; None while no rule is armed."""


class FactReader:
    """The facts of one person. Facts are recorded while their person is owned, so none is stored while this is away."""

    def __init__(
        self, desk: ExtensionHost, evaluation: Evaluation, publish: Callable[[Iterable[Firing]], None]
    ) -> None:
        self._desk = desk
        self._evaluation = evaluation
        self._publish = publish
        self._due = asyncio.Event()
        self._armed_at: int | None = None
        """When the first of the rules was armed that wait for facts; None: none does."""
        self._is_begun = False

    def __repr__(self) -> str:
        return f"<FactReader person={self._desk.person}>"

    def follow(self, armed_at: int | None) -> None:
        """Read for rules that wait for facts, the first of them armed then (ms); None: for none."""
        self._armed_at, self._is_begun = armed_at, False
        self._due.set()

    def note_report(self) -> None:
        """Note that something came which is a fact in a moment."""
        self._due.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if self._armed_at is None else FACTS_S):
                    await self._due.wait()
            self._due.clear()
            try:
                await self._read()
            except LedgerError as error:
                logger.info("the facts of person %d cannot be read now: %s", self._desk.person, error)
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def _read(self) -> None:
        """Take what was stored since the newest fact that was seen."""
        armed_at, engine = self._armed_at, self._evaluation.engine
        if engine is None or armed_at is None:
            return
        if not self._is_begun:
            self._is_begun = True
            engine.fact = await self._beginning(engine.fact, armed_at)
        await self._desk.stored()
        while (engine := self._evaluation.engine) is not None:
            facts = await self._desk.ledger.page(self._desk.person, engine.fact)
            for fact in facts:
                self._publish(engine.take_fact(fact, now_ms()))
            if not facts:
                return

    async def _beginning(self, seen: int, armed_at: int) -> int:
        """Return after which fact to begin: what was stored before any rule was armed is skipped."""
        newest = await self._desk.ledger.newest(self._desk.person)
        before = [fact.number for fact in newest if fact.recorded < armed_at]
        if before or not newest:
            return max(seen, *before, 0)
        return seen or newest[-1].number - 1
