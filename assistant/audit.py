"""Keeps which tools programs called for 90 days: whose, when and with what outcome, and of arguments a digest alone."""

import asyncio
import datetime
import json
import logging
import typing
from collections.abc import Mapping

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.utils import timezone
from django.utils.crypto import salted_hmac

from assistant.call import ToolResult
from assistant.catalogue import tool_named
from assistant.contract.caller import ToolCaller
from assistant.contract.tool import PagedOutput
from assistant.models import DIGEST_LENGTH, ToolCall
from streaming.runtime import Runtime

logger = logging.getLogger(__name__)

KEPT = datetime.timedelta(days=90)
LOOK_S = 3_600.0
"""How often calls that are too old are deleted."""
PRUNED = 1_000
"""So many are deleted at a time, at most."""
CANCELLED = "cancelled"
_SALT = "assistant.audit"


def describe_call(
    caller: ToolCaller, name: str, arguments: Mapping[str, typing.Any], result: ToolResult | None, took_s: float
) -> ToolCall:
    """Return what is kept of a call; without a result it was cancelled."""
    return ToolCall(
        person_id=caller.person_id,
        token_id=int(caller.token_id) if caller.token_id else None,
        at=timezone.now(),
        tool=name,
        digest=digest_of(arguments),
        outcome=CANCELLED if result is None else outcome_of(result),
        took_ms=round(took_s * 1000),
        rows=_count_rows(name, result),
        has_outside=_has_outside(name, result),
    )


def outcome_of(result: ToolResult) -> str:
    """Return `ok`, or the code of an error."""
    return str(result.value["code"]) if result.is_error else "ok"


def digest_of(arguments: Mapping[str, typing.Any]) -> str:
    """Return a text that is the same for the same arguments, and which cannot be guessed without the desk's key."""
    text = json.dumps(arguments, sort_keys=True)  # which writes whatever JSON had, lone surrogates too
    return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()[:DIGEST_LENGTH]


async def keep_call(call: ToolCall) -> None:
    """Store a call. While the database is away it is lost, which is logged."""
    try:
        await database_sync_to_async(call.save, thread_sensitive=False)()
    except DatabaseError as error:
        logger.warning("a call of %s is not kept: %s", call.tool, type(error).__name__)


class CallPruner:
    """Deletes calls that are too old, in each process that takes people."""

    def __init__(self, found: Runtime) -> None:
        self._prune = database_sync_to_async(prune_calls, thread_sensitive=False)

    async def run(self) -> None:
        """Delete until cancelled."""
        while True:
            try:
                while await self._prune(timezone.now()):
                    pass  # others write in between
            except DatabaseError as error:
                logger.warning("calls of tools cannot be deleted now: %s", type(error).__name__)
            await asyncio.sleep(LOOK_S)


def prune_calls(now: datetime.datetime) -> int:
    """Delete some of the calls that are too old; return how many. Asks the database."""
    old = ToolCall.objects.filter(at__lt=now - KEPT).order_by("at").values_list("pk", flat=True)[:PRUNED]
    deleted, _ = ToolCall.objects.filter(pk__in=list(old)).delete()
    return deleted


def _count_rows(name: str, result: ToolResult | None) -> int | None:
    tool = tool_named(name)
    if tool is None or result is None or result.is_error or not issubclass(tool.output, PagedOutput):
        return None
    return len(result.value[tool.output.ROWS])


def _has_outside(name: str, result: ToolResult | None) -> bool:
    tool = tool_named(name)
    return tool is not None and result is not None and not result.is_error and tool.hints.open_world
