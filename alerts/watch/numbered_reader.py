"""Reads what rules wait for and a list numbers, as soon as it is stored, each once for each rule."""

import abc
import asyncio
import contextlib
import logging
import typing
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from lib.clock import now_ms
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import ExtensionHost

logger = logging.getLogger(__name__)

RETRY_S = 2.0
Publish = Callable[[Iterable[Firing]], None]
Place = typing.TypeVar("Place")
Row = typing.TypeVar("Row")
RulePlace = typing.TypeVar("RulePlace")


class Evaluation(typing.Protocol):
    """Whose engine takes what is read."""

    @property
    def engine(self) -> Engine | None:
        """The engine as it is now; None while no rule is armed."""


class NumberedReader(abc.ABC, typing.Generic[Place, Row, RulePlace]):
    """One numbered list of one person, read on from a `Place` in it, row by row.

    A `RulePlace` is when a rule was armed, and how far it has come. Who uses it runs `run`, calls `follow` when rules
    change, and `note_advance` when something may be there.
    """

    title: typing.ClassVar[str]
    """What it reads, for the log."""

    def __init__(self, desk: ExtensionHost, evaluation: Evaluation, publish: Publish) -> None:
        self.desk = desk
        self.place: Place | None = None
        """How far all rules have come; None while it has to be found where to begin."""
        self.is_wanted = False
        """Whether any rule waits for it."""
        self._evaluation = evaluation
        self._publish = publish
        self._due = asyncio.Event()
        self._changes = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} person={self.desk.person}>"

    def follow(self, *, is_wanted: bool) -> None:
        """Look again from where to read: the rules are others than before. `is_wanted`: any of them waits for it."""
        self.place, self.is_wanted = None, is_wanted
        self._changes += 1
        self._due.set()

    def note_advance(self) -> None:
        """Note that something is there, or will be in a moment."""
        self._due.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pace_s if self.is_wanted else None):
                    await self._due.wait()
            self._due.clear()
            try:
                await self.read()
            except LedgerError as error:
                logger.info("the %s of person %d cannot be read now: %s", self.title, self.desk.person, error)
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def read(self) -> None:
        """Take what was stored since the newest row that every rule has seen. Raises LedgerError."""
        while (engine := self._evaluation.engine) is not None and (rules := self.rule_places(engine)):
            changes, place = self._changes, self.place
            if place is None:
                place = await self.find_beginning(rules)
            rows = await self.read_page(place)
            if self._evaluation.engine is not engine or self._changes != changes:
                continue  # the rules changed meanwhile: another beginning may be theirs
            for row in rows:
                self._publish(self.take(engine, row, now_ms()))
                place = self.place_after(place, row)
            self.place = place
            if not rows:
                return

    @property
    @abc.abstractmethod
    def pace_s(self) -> float:
        """How often it is looked for what no event comes before, while any rule waits for it."""

    @abc.abstractmethod
    def rule_places(self, engine: Engine) -> list[RulePlace]:
        """Return the place of each rule that waits for it."""

    @abc.abstractmethod
    async def find_beginning(self, rules: list[RulePlace]) -> Place:
        """Return after which row to begin: what came before rules were armed, or what they saw, is skipped."""

    @abc.abstractmethod
    async def read_page(self, place: Place) -> Sequence[Row]:
        """Return the next rows after a place, in their order; none at the end. Raises LedgerError."""

    @abc.abstractmethod
    def take(self, engine: Engine, row: Row, now: int) -> list[Firing]:
        """Have rules take a row. Returns what fires."""

    @abc.abstractmethod
    def place_after(self, place: Place, row: Row) -> Place:
        """Return the place after a row."""


async def lowest_place(rules: Collection[tuple[int, int | None]], find_before: Callable[[int], Awaitable[int]]) -> int:
    """Return the number from which on any rule has to see rows; each is when it was armed, and the newest it saw.

    `find_before` returns the newest number before a time (ms), for those that saw none yet.
    """
    fresh = min((armed_at for armed_at, seen in rules if seen is None), default=None)
    found = [seen for _, seen in rules if seen is not None]
    return min(found) if fresh is None else min([*found, await find_before(fresh)])
