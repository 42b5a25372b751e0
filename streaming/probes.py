"""Asks what this process stands on whether it is there, and never waits for long."""

import asyncio
import typing
import weakref

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from streaming import bus

TIMEOUT_S = 2.0

Found = dict[str, typing.Any]

_asking: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Found]]" = weakref.WeakKeyDictionary()


async def database() -> Found:
    """Ask the database: does it answer (`answers`), and is its schema the code's, too (`ok`)?

    One that does not answer is asked by one thread only, however often somebody wants to know.
    """
    loop = asyncio.get_running_loop()
    if (asking := _asking.get(loop)) is None or asking.done():
        asking = _asking[loop] = asyncio.create_task(_ask_database(), name="ask the database")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await asyncio.shield(asking)
    except TimeoutError:
        return _away(f"no answer within {TIMEOUT_S:.0f} s")


async def _ask_database() -> Found:
    try:
        pending = await sync_to_async(_pending_migrations, thread_sensitive=False)()
    except DatabaseError as error:
        return _away(type(error).__name__)
    reason = f"{pending} migrations to apply" if pending else ""
    return {"ok": not pending, "answers": True, "engine": connection.vendor, "reason": reason}


def _away(reason: str) -> Found:
    return {"ok": False, "answers": False, "engine": connection.vendor, "reason": reason}


def _pending_migrations() -> int:
    try:
        executor = MigrationExecutor(connection)
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    finally:
        connection.close()


async def layer() -> Found:
    """Ask the channel layer whether it carries."""
    channels = bus.layer()
    if channels is None:
        return {"state": "none", "kind": "direct bus in one process", "ok": True}
    kind = "Redis or Valkey at REDIS_URL" if settings.REDIS_URL else "embedded Valkey"
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await channels.group_send("tapedeck.ping", {"type": "ping"})
    except (*bus.UNREACHABLE, TimeoutError) as error:
        return {"state": "down", "kind": kind, "ok": False, "reason": type(error).__name__}
    return {"state": "up", "kind": kind, "ok": True}
