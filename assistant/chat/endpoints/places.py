"""How many turns may run, and what a person may use of the model server in a minute and a day."""

import contextlib
import datetime
from collections.abc import AsyncIterator

from django.conf import settings

from assistant import rate_limits
from assistant.chat.conversations import usage
from assistant.chat.endpoints.errors import ChatError
from assistant.counts import counts
from assistant.open_limits import TooManyOpenError, open_places
from streaming.runtime import runtime

OF_PERSON, OF_PROCESS = 1, 20
"""Turns that a person has under way at all processes, and everybody at one."""
MOST_STARTS, MINUTE_MS = 10, 60_000
BUSY_S = 5.0
DAY_S = 86_400


@contextlib.asynccontextmanager
async def enter_turn(person: int) -> AsyncIterator[None]:
    """Count a turn while it runs. Raises ChatError where it may not, and LedgerError."""
    if counts.chat_turns_open >= OF_PROCESS:
        raise ChatError("unavailable", "As many turns run as may. Come again.", retry_s=BUSY_S)
    counts.chat_turns_open += 1
    try:
        async with open_places().hold(f"chat:{person}", OF_PERSON):
            await _count_start(person)
            await _check_day(person)
            yield
    except TooManyOpenError as error:
        raise ChatError("rate_limit_exceeded", "One question at a time: the last one runs.", retry_s=BUSY_S) from error
    finally:
        counts.chat_turns_open -= 1


async def _count_start(person: int) -> None:
    wait_s = await rate_limits.count_start(f"chat:{person}", MOST_STARTS, MINUTE_MS)
    if wait_s is not None:
        detail = f"{MOST_STARTS} questions a minute at most."
        raise ChatError("rate_limit_exceeded", detail, retry_s=wait_s)


async def _check_day(person: int) -> None:
    now = datetime.datetime.now(datetime.UTC)
    used = await runtime().ledger.read(usage.read_usage, person, now.date())
    if used >= settings.CHAT_DAILY_TOKENS:
        left_s = DAY_S - (now.hour * 3600 + now.minute * 60 + now.second)
        detail = f"The {settings.CHAT_DAILY_TOKENS:,} tokens of today (UTC) are used."
        raise ChatError("rate_limit_exceeded", detail, retry_s=left_s)
