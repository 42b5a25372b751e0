"""What packages to the right of `streaming` add to what a process tells of itself: the `STATUS_PARTS` setting."""

import functools
import typing
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from streaming.ledger.ledger import Ledger
from streaming.status.tables import Table

Found = dict[str, typing.Any]
Rows = Sequence[tuple[typing.Any, ...]]
Read = dict[str, Rows]


class Described(typing.NamedTuple):
    """What a metric is: counters only grow, gauges are what is, histograms count how long things took."""

    kind: typing.Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


class StatusPart(typing.Protocol):
    """One package's part, made once in each process. What it counts, it counts in this process."""

    name: str
    metrics: Mapping[str, Described]

    def report(self) -> Found:
        """Return counts that add up with those of other processes (streaming/status/aggregate.py): no names."""

    def read(self) -> Read:
        """Return the rows of its metrics."""

    async def table(self, ledger: Ledger | None, person: int | None, now: int) -> Table:
        """Return its table on the status page as `person` sees it at `now` (ms).

        `ledger` is None while the database is away; the table then has no rows, and says so.
        """


@functools.cache
def status_parts() -> tuple[StatusPart, ...]:
    """Return the parts of this desk. Raises ImportError naming one that is not there."""
    return tuple(import_string(path)() for path in getattr(settings, "STATUS_PARTS", []))
