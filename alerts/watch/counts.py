"""What this process counts of the alerts it evaluates: never whose."""

import typing


class ArmedRules(typing.Protocol):
    """Rules of a person that are evaluated here."""

    @property
    def armed(self) -> int:
        """How many there are."""


class AlertCounts:
    """`firings` grows as long as the process runs; `watchers` are those that evaluate now."""

    def __init__(self) -> None:
        self.firings = 0
        self.watchers: set[ArmedRules] = set()

    @property
    def armed(self) -> int:
        """How many rules are evaluated here."""
        return sum(watcher.armed for watcher in self.watchers)


counts = AlertCounts()
"""This process's."""
