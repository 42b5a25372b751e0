"""The border of an adapter: what breaks inside leaves it as one of the three of `brokers.contract.errors`."""

import asyncio
import contextlib
import json
import logging
import traceback
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx2
import websockets.exceptions

from brokers.contract.errors import BrokerError, CredentialsRejected, LinkLost

logger = logging.getLogger(__name__)

Secrets = Callable[[], list[str]]
"""Tells which texts must never be seen: the credentials and tokens of a link at this moment."""


class StreamDropped(Exception):
    """One of a link's two streams broke off. Its text is our own words."""


class VenueRefused(Exception):
    """The venue answered a request with an error. Carries its status and code, never its body."""

    def __init__(self, status: int, code: str, retry_after: float | None = None) -> None:
        super().__init__(f"HTTP {status} {code}".rstrip())
        self.status = status
        self.code = code
        self.retry_after = retry_after


def iter_leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield what is inside an exception group, however deep; a plain exception is its own leaf."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from iter_leaves(inner)
    else:
        yield error


def _one(error: BaseException) -> BrokerError:
    match error:
        case BrokerError():
            return error
        case StreamDropped():
            return LinkLost(str(error))
        case VenueRefused():
            return LinkLost(f"the venue answered {error}", retry_after=error.retry_after)
        case websockets.exceptions.ConnectionClosed():
            code = error.rcvd.code if error.rcvd else 1006
            return LinkLost(f"the venue closed the stream ({code})")
        case websockets.exceptions.InvalidStatus():
            return LinkLost(f"the venue refused the stream (HTTP {error.response.status_code})")
        case TimeoutError() | httpx2.TimeoutException():
            return LinkLost("the venue did not answer in time")
        case OSError() | httpx2.TransportError() | websockets.exceptions.WebSocketException():
            return LinkLost("the venue cannot be reached")
        case _:
            return LinkLost(f"the venue's answer made no sense ({type(error).__name__})")


_EXPECTED: tuple[type[Exception], ...] = (
    BrokerError,
    StreamDropped,
    VenueRefused,
    OSError,  # with TimeoutError
    httpx2.TransportError,
    websockets.exceptions.WebSocketException,
    json.JSONDecodeError,
)


def report(error: BaseException, expected: tuple[type[Exception], ...] = ()) -> None:
    """Log what nobody foresaw inside `error`: by type and place, for a text may hold what the venue sent.

    `expected` are types of an SDK that need no such word.
    """
    for leaf in iter_leaves(error):
        if not isinstance(leaf, (*_EXPECTED, *expected)):
            frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(leaf.__traceback__)[-3:]]
            logger.error("unexpected %s at %s", type(leaf).__name__, " < ".join(reversed(frames)))


def _weight(error: BrokerError) -> int:
    """Which of several errors decides: a rejection, then silence, then what broke first."""
    if isinstance(error, CredentialsRejected):
        return 0
    return 1 if isinstance(error, LinkLost) and error.mute else 2


def translate(error: BaseException) -> BrokerError:
    """Return the broker error that `error`, or the weightiest inside a group, amounts to. Pure."""
    return min((_one(leaf) for leaf in iter_leaves(error)), key=_weight)


async def run_isolated(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a task of its own. A cancellation that arrives here is then the caller's, and goes on as such.

    Python 3.11's task groups forget a cancellation when a child breaks meanwhile, and leave one of their own behind:
    in 3.11.2, Debian 12's, every later `asyncio.timeout` of that task then ends it instead of expiring.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        await cancel_and_wait(task)
        raise
    raise_outcome(task)


def raise_outcome(task: asyncio.Task[None]) -> None:
    """Raise what a finished task broke on; one that cancelled itself broke off as well."""
    if task.cancelled():
        raise StreamDropped("a stream ended by itself")
    task.result()


async def cancel_and_wait(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end; what it breaks on by then is of no more interest."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


def _tells(error: BaseException, secrets: list[str]) -> bool:
    text = "".join(traceback.format_exception(error))
    return any(secret in text for secret in secrets)


@contextlib.contextmanager
def map_errors(secrets: Secrets, expected: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Let nothing but the three errors through, and the caller's own cancellation untouched.

    What went wrong is chained only if its traceback shows none of `secrets`. `expected`: see `report`.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - this is the border
        report(error, expected)
        lost = translate(error)
        cause = lost.__cause__ if lost in iter_leaves(error) else error
        raise lost from (None if cause is None or _tells(cause, secrets()) else cause)
