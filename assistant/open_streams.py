"""How many streams are open, of tools and of news together, and for whom."""

import contextlib
from collections.abc import AsyncIterator

from assistant.open_limits import TooManyOpenError, count_held, open_places
from streaming.rpc.client import RpcError
from streaming.wire.subscription import SubscriptionError

OF_PERSON, OF_PROCESS = 4, 200
"""How many a person has open at all processes, and everybody at one."""
BUSY_S = 10.0


@contextlib.asynccontextmanager
async def enter_stream(person: int) -> AsyncIterator[None]:
    """Count a stream while it is open.

    Raises SubscriptionError where its person has as many as one may have, RpcError where the process has.
    """
    if count_held() >= OF_PROCESS:
        raise RpcError("unavailable", "As many streams are open as may be. Come again.", BUSY_S)
    try:
        async with open_places().hold(f"stream:{person}", OF_PERSON):
            yield
    except TooManyOpenError as error:
        detail = f"At most {OF_PERSON} streams of tools and of news are open for a person at once."
        raise SubscriptionError("too_many_sockets", detail) from error
