"""What this process knows of itself: for /status/, /ready and the stream command. Reads, never waits."""

import asyncio
import os
import typing

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from streaming import bus
from streaming.managed import Managed
from streaming.runtime import Runtime

LAYER_TIMEOUT_S = 2.0


def streams(found: Runtime, person: int | None) -> dict[str, typing.Any]:
    """Return the hub and the managers of this process; with `person`, theirs alone."""
    hub = found.hub
    return {
        "process": {
            "pid": os.getpid(),
            "uptime_s": int(asyncio.get_running_loop().time() - found.started),
            "loop_lag_ms": round(hub.lag_ms, 1),
        },
        "hub": {
            "sockets": sum(map(len, hub.sockets.values())) if person is None else len(hub.sockets.get(person, ())),
            "people": len(hub.sockets),
            "views": len({socket.view for people in hub.sockets.values() for socket in people if socket.view}),
            "frames": hub.frames,
            "deaths": hub.tasks.deaths,
        },
        "host": {
            "managers": [
                manager_status(managed) for id_, managed in found.host.people.items() if person is None or id_ == person
            ]
        },
    }


def manager_status(managed: Managed) -> dict[str, typing.Any]:
    """Return one person's manager: where its board stands, and each of its links."""
    board = managed.board
    links = (board.whole(slot) for slot in board.slots("link"))
    return {
        "person": managed.manager.person,
        "epoch": board.epoch,
        "seq": board.seq,
        "slots": len(board),
        "views": len(managed.showings),
        "events": managed.manager.events,
        "links": [link for link in links if link is not None],
    }


async def database() -> dict[str, typing.Any]:
    """Ask the database: is it there, and is its schema the code's?"""
    try:
        pending = await sync_to_async(_pending_migrations, thread_sensitive=False)()
    except DatabaseError as error:
        return {"ok": False, "engine": connection.vendor, "reason": type(error).__name__}
    return {
        "ok": not pending,
        "engine": connection.vendor,
        "reason": f"{pending} migrations to apply" if pending else "",
    }


def _pending_migrations() -> int:
    try:
        executor = MigrationExecutor(connection)
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    finally:
        connection.close()


async def layer() -> dict[str, typing.Any]:
    """Ask the channel layer whether it carries."""
    channels = bus.layer()
    if channels is None:
        return {"state": "none", "kind": "direct bus in one process", "ok": True}
    kind = "Redis or Valkey at REDIS_URL" if settings.REDIS_URL else "embedded Valkey"
    try:
        async with asyncio.timeout(LAYER_TIMEOUT_S):
            await channels.group_send("tapedeck.ping", {"type": "ping"})
    except (*bus.UNREACHABLE, TimeoutError) as error:
        return {"state": "down", "kind": kind, "ok": False, "reason": type(error).__name__}
    return {"state": "up", "kind": kind, "ok": True}
