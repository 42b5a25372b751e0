"""What this process counts of the sources it runs, the desk's and people's: never whose, and no names."""

import collections
import typing
from collections.abc import Mapping

States = Mapping[tuple[str, str], int]
"""How many sources there are of each kind and state."""


class RunningSources(typing.Protocol):
    """Sources that run here."""

    @property
    def states(self) -> States:
        """How many there are of each kind and state."""


class RunningImpacts(typing.Protocol):
    """What measures the impact of news for a person here."""

    @property
    def measured(self) -> int:
        """How many items it measures now."""


class NewsCounts:
    """Counters grow as long as the process runs; `running` are the sources that run now, `meters` what measures."""

    def __init__(self) -> None:
        self.items: collections.Counter[str] = collections.Counter()
        """Items that were stored, revisions too, by the kind of their source."""
        self.failures: collections.Counter[str] = collections.Counter()
        self.anomalies: collections.Counter[str] = collections.Counter()
        """What was odd about what came, by its name."""
        self.running: set[RunningSources] = set()
        self.impacts: collections.Counter[str] = collections.Counter()
        """Windows of impact that ended: `measured`, or why they have no move."""
        self.meters: set[RunningImpacts] = set()

    @property
    def states(self) -> States:
        """How many sources run of each kind and state."""
        found: collections.Counter[tuple[str, str]] = collections.Counter()
        for sources in self.running:
            found.update(sources.states)
        return found

    @property
    def measuring(self) -> int:
        """How many items are measured here now."""
        return sum(meter.measured for meter in self.meters)


counts = NewsCounts()
"""This process's."""
