"""Asks what this process stands on whether it is there, and never waits for long."""

import asyncio
import typing
import weakref

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from streaming.bus import bus

TIMEOUT_S = 2.0

Found = dict[str, typing.Any]

_asking: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Found]]" = weakref.WeakKeyDictionary()


async def database(within_s: float = TIMEOUT_S) -> Found:
    """Ask the database: does it answer (`answers`), and is its schema the code's, too (`ok`)?

    One that does not answer is asked by one thread only, however often somebody wants to know. `known` says that there
    was time enough to tell.
    """
    loop = asyncio.get_running_loop()
    if (asking := _asking.get(loop)) is None or asking.done():
        asking = _asking[loop] = asyncio.create_task(_ask_database(), name="ask the database")
    try:
        async with asyncio.timeout(within_s):
            return await asyncio.shield(asking)
    except TimeoutError:
        return _away(f"no answer within {within_s:g} s", known=within_s >= TIMEOUT_S)


async def _ask_database() -> Found:
    try:
        pending = await sync_to_async(pending_migrations, thread_sensitive=False)()
    except DatabaseError as error:
        return _away(type(error).__name__)
    reason = f"{pending} migrations to apply" if pending else ""
    return {"ok": not pending, "answers": True, "known": True, "engine": connection.vendor, "reason": reason}


def _away(reason: str, *, known: bool = True) -> Found:
    return {"ok": False, "answers": False, "known": known, "engine": connection.vendor, "reason": reason}


def pending_migrations() -> int:
    """Return how many migrations of this code the database has yet to see. Raises DatabaseError."""
    try:
        executor = MigrationExecutor(connection)
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    finally:
        connection.close()


async def layer(within_s: float = TIMEOUT_S) -> Found:
    """Ask the channel layer whether it carries. `known` says that there was time enough to tell."""
    channels = bus.layer()
    if channels is None:
        return {"state": "none", "kind": "direct bus in one process", "ok": True, "known": True}
    kind = "Redis or Valkey at REDIS_URL" if settings.REDIS_URL else "embedded Valkey"
    found = {"state": "up", "kind": kind, "ok": True, "known": True}
    try:
        async with asyncio.timeout(within_s):
            await channels.group_send("tapedeck.ping", {"type": "ping"})
    except TimeoutError:
        known = within_s >= TIMEOUT_S
        return found | {"state": "down", "ok": False, "known": known, "reason": f"no answer within {within_s:g} s"}
    except bus.UNREACHABLE as error:
        return found | {"state": "down", "ok": False, "reason": type(error).__name__}
    return found
