"""What this process counts of the signals it states: never whose."""

import collections
import typing


class SpeakingModels(typing.Protocol):
    """Models of a person that speak here."""

    @property
    def speaking(self) -> int:
        """How many there are."""


class SignalCounts:
    """`batches` and `outcomes` grow as long as the process runs; `watchers` are those that speak now.

    `late` counts bars that came too late to say anything, `failures` what models raised, by their name.
    """

    def __init__(self) -> None:
        self.batches = 0
        self.outcomes = 0
        self.late = 0
        self.failures: collections.Counter[str] = collections.Counter()
        self.watchers: set[SpeakingModels] = set()

    @property
    def speaking(self) -> int:
        """How many models speak here."""
        return sum(watcher.speaking for watcher in self.watchers)


counts = SignalCounts()
"""This process's."""
