"""What this process counts of the alerts it evaluates and delivers: never whose."""

import collections
import typing


class ArmedRules(typing.Protocol):
    """Rules of a person that are evaluated here."""

    @property
    def armed(self) -> int:
        """How many there are."""


class AlertCounts:
    """`firings` and `deliveries` grow as long as the process runs; `watchers` are those that evaluate now.

    `deliveries` counts tries by the kind of their channel and what became of them: `taken`, `failed`, `refused`.
    """

    def __init__(self) -> None:
        self.firings = 0
        self.watchers: set[ArmedRules] = set()
        self.deliveries: collections.Counter[tuple[str, str]] = collections.Counter()

    @property
    def armed(self) -> int:
        """How many rules are evaluated here."""
        return sum(watcher.armed for watcher in self.watchers)


counts = AlertCounts()
"""This process's."""
