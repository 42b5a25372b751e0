"""Reads the facts that rules wait for, as soon as they are stored, each once for each rule."""

from alerts import store
from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.watch.numbered_reader import NumberedReader, lowest_place
from streaming.facts import Fact

FACTS_S = 1.0
"""How often facts are looked for that no event comes before, while a rule waits for any."""


class FactReader(NumberedReader[int, Fact, tuple[int, int | None]]):
    """The facts of one person. Facts are recorded while their person is owned, so none is stored while this is away."""

    title = "facts"

    @property
    def pace_s(self) -> float:
        """How often facts are looked for."""
        return FACTS_S

    async def read(self) -> None:
        """Take what was stored since the newest fact that every rule has seen; no query where nothing was."""
        if not self.is_wanted:
            return
        await self.desk.stored()
        if self.place is None or self.desk.board.head > self.place:
            await super().read()

    def rule_places(self, engine: Engine) -> list[tuple[int, int | None]]:
        """Return of each rule when it was armed, and the number of the newest fact that it saw; None: none yet."""
        return engine.fact_positions()

    async def find_beginning(self, rules: list[tuple[int, int | None]]) -> int:
        """Return after which fact to begin: what was stored before rules were armed, or what they saw, is skipped."""
        return await lowest_place(rules, lambda at: self.desk.ledger.read(store.fact_before, self.desk.person, at))

    async def read_page(self, place: int) -> list[Fact]:
        """Return the next facts."""
        return await self.desk.ledger.page(self.desk.person, place)

    def take(self, engine: Engine, row: Fact, now: int) -> list[Firing]:
        """Have rules take a fact. Returns what fires."""
        return engine.take_fact(row, now)

    def place_after(self, place: int, row: Fact) -> int:
        """Return the number of a fact."""
        return row.number
