"""What the whole desk knows of itself: the reports of all its processes, and those that should have reported."""

import asyncio
import logging
import typing
from collections.abc import Mapping

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from lib.clock import now_ms
from streaming.bus.bus import Port
from streaming.bus.messages import ReportRequest
from streaming.bus.survey import Asked, Report, Survey, SurveyResult
from streaming.ownership import processes
from streaming.ownership.processes import Process
from streaming.status import aggregate, health, process, prometheus
from streaming.status.process import Parts, PersonStatus, StatusQuery

logger = logging.getLogger(__name__)

Found = dict[str, typing.Any]
HURRY_S = 0.3
"""How long a process asks its database for another one that waits. What it does not know by then it does not tell."""


class Desk(Parts, typing.Protocol):
    """A process that can ask the others."""

    roll: Survey

    @property
    def everybody(self) -> Port[ReportRequest] | None:
        """The port to every process; None where this one is alone."""


def answers(found: Parts) -> Mapping[str, Report]:
    """Return what a process can be asked for."""

    async def of_status(asked: Asked, is_own: bool) -> Found:
        return await process.report(found, msgspec.convert(asked, StatusQuery))

    async def of_metrics(asked: Asked, is_own: bool) -> Found:
        return await prometheus.report(found, await _up(found, health.TIMEOUT_S if is_own else HURRY_S))

    return {"status": of_status, "metrics": of_metrics}


async def _up(found: Parts, within_s: float) -> dict[str, bool]:
    """Return which of the parts that this process stands on are there, without those that it is not known of."""
    database, layer = await asyncio.gather(health.database(within_s), health.layer(within_s))
    known = {name: part["ok"] for name, part in (("database", database), ("layer", layer)) if part["known"]}
    if "layer" in known and process.deaf(found.layer):
        known["layer"] = False
    return known | {"lease": found.lease.good()}


def readiness(found: PersonStatus, database: Found, layer: Found) -> Found:
    """Return whether this process can serve (`ready`), and what it stands on. What was found is `database`, `layer`."""
    if layer["ok"] and process.deaf(found.layer):
        layer = layer | {"ok": False, "state": "deaf", "reason": "nothing of what is sent comes back"}
    lease = {"ok": found.lease.good(), "heartbeat_ms": process.heartbeat_ms(found.lease)}
    draining = found.hub.closing
    ok = database["ok"] and layer["ok"] and lease["ok"] and not draining
    return {"ready": ok, "draining": draining, "database": database, "layer": layer, "lease": lease}


async def whole(found: Desk, asked: StatusQuery, database: Found) -> Found:
    """Return what is asked, of every process. `database` is what was found when it was asked."""
    layer, others = await asyncio.gather(health.layer(), _others(database["answers"]))
    roll = await _call(found, "status", msgspec.to_builtins(asked), others)
    told = aggregate.finished(aggregate.merged(roll.reports), asked.most)
    told["processes"] += [_unheard(one) for one in others or () if one.id in roll.silent or not _answers(one)]
    return told | {"database": database, "layer": layer | {"healed": found.layer.healed if found.layer else 0}}


async def readings(found: Desk) -> list[Found]:
    """Return what every process reads of its counters, for Prometheus, and who should have told and did not."""
    others = await _others((await health.database())["answers"])
    roll = await _call(found, "metrics", {}, others)
    return roll.reports + [prometheus.unread(one.name, one.kind) for one in others or () if one.id in roll.silent]


async def _others(can_ask: bool) -> list[Process] | None:
    """Return the other processes by their heartbeats, None while the database cannot tell."""
    if not can_ask:
        return None
    try:
        found: list[Process] = await sync_to_async(processes.others, thread_sensitive=False)()
    except DatabaseError as error:
        logger.warning("it cannot be read which processes run: %s", type(error).__name__)
        return None
    return found


async def _call(found: Desk, kind: str, asked: Asked, others: list[Process] | None) -> SurveyResult:
    """Ask all, and wait for those who are known to be able to answer."""
    expected = None if others is None else [one.id for one in others if _answers(one)]
    reply = found.layer.channel if found.layer is not None else ""
    return await found.roll.call(kind, asked, expected, found.everybody, reply)


def _answers(process: Process) -> bool:
    """Whether a process has to answer: one that is gone cannot, and a command on a terminal does not."""
    return process.live and process.kind != "command"


def _unheard(process: Process) -> Found:
    """Return what is known of a process that says nothing."""
    return {
        "name": process.name,
        "kind": process.kind,
        "called": process.kind,
        "answers": False,
        "asked": _answers(process),
        "gone": not process.live,
        "since": now_ms() - process.age_ms,
        "people": process.people,
        "heartbeat_ms": process.heartbeat_ms,
    }
