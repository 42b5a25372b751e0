"""How many streams of news are open, and for whom."""

import contextlib
from collections.abc import AsyncIterator

from assistant.counts import counts
from assistant.open_limits import TooManyOpenError, open_places
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
    if counts.news_streams >= OF_PROCESS:
        raise RpcError("unavailable", "As many streams of news are open as may be. Come again.", BUSY_S)
    counts.news_streams += 1
    try:
        async with open_places().hold(f"news_stream:{person}", OF_PERSON):
            counts.news_starts += 1
            yield
    except TooManyOpenError as error:
        raise SubscriptionError("too_many_sockets", f"At most {OF_PERSON} streams of news a person.") from error
    finally:
        counts.news_streams -= 1
