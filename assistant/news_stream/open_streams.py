"""How many streams of news are open in this process, and for whom."""

import collections
import contextlib
from collections.abc import Iterator

from assistant.counts import counts
from streaming.rpc.client import RpcError
from streaming.wire.subscription import SubscriptionError

OF_PERSON, OF_PROCESS = 4, 200
BUSY_S = 10.0

_open: collections.Counter[int] = collections.Counter()


@contextlib.contextmanager
def enter_stream(person: int) -> Iterator[None]:
    """Count a stream while it is open.

    Raises SubscriptionError where its person has as many as one may have, RpcError where the process has.
    """
    if _open[person] >= OF_PERSON:
        raise SubscriptionError("too_many_sockets", f"At most {OF_PERSON} streams of news a person.")
    if _open.total() >= OF_PROCESS:
        raise RpcError("unavailable", "As many streams of news are open as may be. Come again.", BUSY_S)
    _open[person] += 1
    counts.news_streams += 1
    counts.news_starts += 1
    try:
        yield
    finally:
        counts.news_streams -= 1
        _open[person] -= 1
        if not _open[person]:
            del _open[person]
