"""What the whole desk knows of itself: the reports of all its processes, and those that should have reported."""

import typing
from collections.abc import Mapping

import msgspec

from streaming import metrics, probes, reports, status
from streaming.rollcall import Report, RollCall
from streaming.status import Parts, Question

Found = dict[str, typing.Any]
HURRY_S = 0.3
"""How long a process asks its database for another one that waits. What it does not know by then it does not tell."""


class Desk(Parts, typing.Protocol):
    """A process that can ask the others."""

    roll: RollCall


def answers(found: Parts) -> Mapping[str, Report]:
    """Return what a process can be asked for."""

    async def of_status(asked: Found, is_own: bool) -> Found:
        return await status.report(found, msgspec.convert(asked, Question))

    async def of_metrics(asked: Found, is_own: bool) -> Found:
        return await metrics.report(found, await _up(probes.TIMEOUT_S if is_own else HURRY_S))

    return {"status": of_status, "metrics": of_metrics}


async def _up(within_s: float) -> dict[str, bool]:
    """Return which of the parts that the desk stands on are there, without those that it is not known of."""
    database, layer = await probes.database(within_s), await probes.layer(within_s)
    return {name: part["ok"] for name, part in (("database", database), ("layer", layer)) if part["known"]}


async def whole(found: Desk, asked: Question, database: Found) -> Found:
    """Return what is asked, of every process. `database` is what was found when it was asked."""
    layer = await probes.layer()
    roll = await found.roll.call("status", msgspec.to_builtins(asked), ())
    told = reports.finished(reports.merged(roll.reports), asked.most)
    return told | {"database": database, "layer": layer}


async def readings(found: Desk) -> list[Found]:
    """Return what every process reads of its counters, for Prometheus."""
    return (await found.roll.call("metrics", {}, ())).reports
