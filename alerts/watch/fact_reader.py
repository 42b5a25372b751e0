"""Reads the facts that rules wait for, as soon as they are stored, each once for each rule."""

import asyncio
import contextlib
import logging
import typing
from collections.abc import Callable, Iterable

from alerts import store
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
        self._position: int | None = None
        """How far all rules have come; None while it has to be found where to begin."""
        self._changes = 0
        self._is_wanted = False

    def __repr__(self) -> str:
        return f"<FactReader person={self._desk.person}>"

    def follow(self, *, is_wanted: bool) -> None:
        """Look again from where to read: the rules are others than before. `is_wanted`: any of them waits for facts."""
        self._position, self._is_wanted = None, is_wanted
        self._changes += 1
        self._due.set()

    def note_report(self) -> None:
        """Note that something came which is a fact in a moment."""
        self._due.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FACTS_S if self._is_wanted else None):
                    await self._due.wait()
            self._due.clear()
            try:
                await self._read()
            except LedgerError as error:
                logger.info("the facts of person %d cannot be read now: %s", self._desk.person, error)
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def _read(self) -> None:
        """Take what was stored since the newest fact that every rule has seen; no query where nothing was."""
        if not self._is_wanted:
            return
        await self._desk.stored()
        if self._position is not None and self._desk.board.head <= self._position:
            return
        while (engine := self._evaluation.engine) is not None and (rules := engine.fact_positions()):
            changes, at = self._changes, self._position
            if at is None:
                at = await self._beginning(rules)
            facts = await self._desk.ledger.page(self._desk.person, at)
            if self._evaluation.engine is not engine or self._changes != changes:
                continue  # the rules changed meanwhile: another beginning may be theirs
            for fact in facts:
                self._publish(engine.take_fact(fact, now_ms()))
                at = fact.number
            self._position = at
            if not facts:
                return

    async def _beginning(self, rules: list[tuple[int, int | None]]) -> int:
        """Return after which fact to begin: what was stored before rules were armed, or what they saw, is skipped."""
        fresh = min((armed_at for armed_at, seen in rules if seen is None), default=None)
        found = [seen for _, seen in rules if seen is not None]
        if fresh is not None:
            found.append(await self._desk.ledger.read(store.fact_before, self._desk.person, fresh))
        return min(found)
