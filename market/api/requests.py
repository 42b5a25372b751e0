"""Requests of the market side that are answered once, as JSON: who may ask, what was wrong with it, and the answer.

They are no Django views for the same reason as the streams: a client that leaves ends all that is done for it, and a
thousand that wait hold no thread.
"""

import asyncio
import contextlib
import datetime
import math
import typing
import zoneinfo
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qsl

import msgspec

from accounts.auth.access import Access
from brokers.instruments.symbols import is_symbol, normalise
from lib.tasks import Tasks
from streaming.hub.hub import Hub
from streaming.rpc.client import RpcError
from streaming.runtime import runtime
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.shared_socket import SharedSubscription, Slots
from streaming.sockets.socket import CloseReason
from streaming.transports import admission
from streaming.transports.admission import NotAdmittedError
from streaming.transports.responses import Receive, Scope, Send, answer, leaves
from streaming.wire import frames
from streaming.wire.frames import Close
from streaming.wire.subscription import SubscriptionError

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
FORMS = {
    "expiration": "a day as YYYY-MM-DD",
    "rows": "a number from 1 to 500",
    "limit": "a number from 1 to 500",
    "before": "a time in milliseconds",
    "after": "the number of a fact",
    "status": "working or all",
    "days": "a number from 1 to 3660",
    "mine": "1 or 0",
    "kept": "1 or 0",
}
"""How the fields of a question are written that can be wrong."""
PARKED_S = 10.0
"""How long what was read once stays wanted, so that the next reading finds its values."""
STATUS = {"rate_limited": 429, "unavailable": 503, "no_feed": 409, "no_options": 404, "not_available": 501}
"""HTTP's word for what has no answer."""

Find = Callable[[Hub, Access, Scope], Awaitable[str]]
"""Finds what is asked, as JSON. Raises BadFieldError, RpcError or SubscriptionError."""
Found = typing.TypeVar("Found")
Asked = typing.TypeVar("Asked", bound=msgspec.Struct)


class BadFieldError(Exception):
    """What is wrong with one field of a request."""

    def __init__(self, field: str, detail: str, code: str = "bad_message") -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail
        self.code = code


def today() -> datetime.date:
    """Return the exchange's day."""
    return datetime.datetime.now(NEW_YORK).date()


def symbol(scope: Scope) -> str:
    """Return the symbol in the path of a request. Raises BadFieldError."""
    text: str = scope["url_route"]["kwargs"]["symbol"]
    found = normalise(text)
    if not is_symbol(found):
        raise BadFieldError("symbol", f"No such symbol: {text[:40]}", "unknown_symbol")
    return found


def question(scope: Scope, asked: type[Asked]) -> Asked:
    """Read what stands after the question mark; names that are not ours are left alone. Raises BadFieldError."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(scope["query_string"].decode("latin1"), keep_blank_values=True):
        if name in fields and name in asked.__struct_fields__:
            raise BadFieldError(name, f"{name} is there twice.")
        fields[name] = value
    try:
        return msgspec.convert(fields, asked, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        wrong = next(name for name in asked.__struct_fields__ if f"`{name}`" in text or f"$.{name}" in text)
        raise BadFieldError(wrong, f"{wrong} is {FORMS[wrong]}, not {fields.get(wrong, 'missing')[:40]!r}.") from error


async def serve(scope: Scope, receive: Receive, send: Send, find: Find) -> None:
    """Answer one request; a client that leaves ends the search."""
    async with refusing(send):
        text = await _search(scope, receive, find)
        if text is not None:
            await answer(send, 200, text)


@contextlib.asynccontextmanager
async def refusing(send: Send) -> AsyncIterator[None]:
    """Answer what is raised by way of refusal, before an answer has begun. A client that is gone is no error."""
    with contextlib.suppress(OSError):
        try:
            yield
        except NotAdmittedError as error:
            await admission.refuse(send, error.refusal)
        except BadFieldError as error:
            await _refuse(send, 400, {"code": error.code, "detail": error.detail, "field": error.field})
        except RpcError as error:
            found = {"code": error.code, "detail": error.detail}
            await _refuse(send, STATUS[error.code], found, error.retry_s)
        except SubscriptionError as error:
            await admission.refuse(send, admission.of_watch(runtime().hub, error).refusal)


def admitted(scope: Scope, hub: Hub) -> Access:
    """Return by what the person of a request came in. Raises NotAdmittedError."""
    return admission.known(scope, hub)


async def while_here(receive: Receive, finding: Awaitable[Found]) -> Found | None:
    """Return what is found, or None where the client leaves before; then nobody looks for it any more."""
    tasks = Tasks("enquiry")
    leaving = tasks.start(leaves(receive), "leaving")
    looking = asyncio.ensure_future(finding)
    try:
        await asyncio.wait({leaving, looking}, return_when=asyncio.FIRST_COMPLETED)
        return looking.result() if looking.done() else None
    finally:
        looking.cancel()
        await asyncio.wait([looking])
        await tasks.cancel()


async def values(
    share: SharedSubscription[typing.Any], listener: SharedClient, whole: Callable[[Slots], bool], within_s: float
) -> None:
    """Wait until all is known, but not for ever. Raises RpcError where whoever asks must leave."""
    share.parked_s = PARKED_S
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not (share.known.is_set() and whole(share.slots)):
                await listener.woken_or_gone()
                if listener.gone.done():
                    raise RpcError("unavailable", "It ended before there was an answer.", 1)


async def _refuse(send: Send, status: int, error: typing.Mapping[str, str], retry_s: float | None = None) -> None:
    headers = {} if retry_s is None else {"Retry-After": str(max(1, math.ceil(retry_s)))}
    await answer(send, status, frames.dumps({"type": "error", **error}), headers)


async def _search(scope: Scope, receive: Receive, find: Find) -> str | None:
    """Return what was found; None where the client left. Raises what `find` raises, and NotAdmittedError."""
    hub = runtime().hub
    access = admitted(scope, hub)
    begun = asyncio.get_running_loop().time()
    text = await while_here(receive, find(hub, access, scope))
    if asyncio.get_running_loop().time() - begun > hub.limits.access_check_s:
        await _look_again(hub, access)
    return text


async def _look_again(hub: Hub, access: Access) -> None:
    """Check that who asked may still see the answer: it took long. Raises NotAdmittedError."""
    if access not in await hub.check([access]):
        raise NotAdmittedError(admission.ended(CloseReason(Close.SIGNED_OUT, "signed out")))
