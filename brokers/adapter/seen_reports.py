"""Which happenings one run has told already: an adapter hears of many of them several times. Pure."""

import collections

from brokers.contract.reports import Report

KEPT = 4096
"""So many are remembered, the newest. One that was forgotten may be told again, and the ledger still keeps it once."""


class SeenReports:
    """What was told."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._ids: collections.OrderedDict[tuple[type[Report], str], None] = collections.OrderedDict()

    def is_news(self, happening: Report) -> bool:
        """Whether this was not told yet; it is from now on."""
        key = (type(happening), happening.id)
        is_news = key not in self._ids
        self._ids[key] = None
        self._ids.move_to_end(key)
        if len(self._ids) > self._kept:
            self._ids.popitem(last=False)
        return is_news
