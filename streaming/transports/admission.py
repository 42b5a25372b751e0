"""Who may stream, and what they ask to see: one answer for every carrier.

A WebSocket says a refusal by its close code, the HTTP carriers by their status and an error as JSON.
"""

import random
import typing
from urllib.parse import parse_qsl

import msgspec
from asgiref.sync import sync_to_async

from accounts.auth import authentication
from accounts.auth.access import Access
from streaming.bus.bus import UNREACHABLE
from streaming.hub.hub import Hub
from streaming.sockets.socket import CloseReason, Socket
from streaming.transports import saved_subscriptions
from streaming.transports.responses import App, Receive, Scope, Send, answer
from streaming.wire import commands, frames
from streaming.wire.commands import BadMessageError, Pace
from streaming.wire.frames import Close, Cursor
from streaming.wire.subscription import Subscription, SubscriptionError

POLL_S = 25
"""The longest a poll waits for news."""
SOMEBODY_ELSE = "somebody else is signed in"
RETRY_S = 10
"""When to try again where one has as many streams or views as one may."""
STATUS = {"unknown_view": 409, "too_many_views": 429, "too_many_sockets": 429}
"""HTTP's word for what is wrong with a watch where it is not simply a bad request."""


class Refusal(typing.NamedTuple):
    """Why somebody may not stream: `gone` on a WebSocket; over HTTP a status, a code of docs/protocol.md and words.

    `retry_s`: when to try again, at the earliest; None where that alone changes nothing.
    """

    gone: CloseReason
    status: int
    code: str
    detail: str
    retry_s: int | None = None
    challenge: str = ""


class NotAdmittedError(Exception):
    """A request that is not let in."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def refusal(scope: Scope, hub: Hub) -> Refusal | None:
    """Return why this client may not stream, or None. Counts those it turns away."""
    refused = _unknown(scope) or _no_room(hub, scope["access"].person)
    if refused is not None:
        hub.counts.turned_away[refused.code] += 1
    return refused


def _unknown(scope: Scope) -> Refusal | None:
    if (refused := scope.get("refused")) is not None:
        return _away(refused) if refused.status == 503 else _of_token(refused)
    return _signed_out(CloseReason(Close.SIGNED_OUT, "sign in first")) if scope["access"] is None else None


def _somebody_else(question: "AdmissionQuery", access: Access) -> Refusal | None:
    """Refuse to go on with the page of somebody who signed out: it would show another person's things as theirs."""
    strange = question.person not in (None, access.person)
    return _signed_out(CloseReason(Close.SIGNED_OUT, SOMEBODY_ELSE)) if strange else None


def _no_room(hub: Hub, person: int) -> Refusal | None:
    if hub.closing:
        return _restarting(CloseReason(Close.RESTARTING, "restarting"))
    if hub.full(person):
        detail = f"At most {hub.limits.sockets_per_person} open streams a person."
        return Refusal(
            CloseReason(Close.TOO_MANY_SOCKETS, "too many sockets"), 429, "too_many_sockets", detail, RETRY_S
        )
    return None


def ended(gone: CloseReason) -> Refusal:
    """Return what a client is answered over HTTP whose socket ended before there was anything to say."""
    return _signed_out(gone) if gone.code is Close.SIGNED_OUT else _restarting(gone)


def _signed_out(gone: CloseReason) -> Refusal:
    return Refusal(gone, 401, "signed_out", authentication.SIGN_IN, challenge="Bearer")


def _restarting(gone: CloseReason) -> Refusal:
    """Refuse at a desk that stops; who comes again does so at a moment of their own."""
    return Refusal(gone, 503, "restarting", "This desk is restarting.", random.randint(2, 8))


def _away(error: authentication.RefusedError) -> Refusal:
    gone = CloseReason(Close.UNAVAILABLE, "the database is away")
    return Refusal(gone, error.status, error.code, error.detail, authentication.AWAY_S)


def _views_away() -> Refusal:
    detail = "Stored views are out of reach. Say watch= instead, or come again."
    return Refusal(
        CloseReason(Close.UNAVAILABLE, "stored views are away"), 503, "unavailable", detail, authentication.AWAY_S
    )


def _of_token(error: authentication.RefusedError) -> Refusal:
    gone = (
        CloseReason(Close.SIGNED_OUT, error.detail)
        if error.status == 401
        else CloseReason(Close.PROTOCOL_ERROR, "a token never goes into a URL")  # a reason has 123 bytes at most
    )
    return Refusal(gone, error.status, error.code, error.detail, challenge=error.challenge)


# What is asked for


class AdmissionQuery(msgspec.Struct, frozen=True):
    """What stands in the URL of a stream or a poll."""

    watch: str | None = None
    view: str | None = None
    cursor: str | None = None
    interval_ms: Pace = 0
    person: int | None = None
    wait_s: typing.Annotated[int, msgspec.Meta(ge=0, le=POLL_S)] = POLL_S
    beats: bool = False


def read_question(query: str) -> AdmissionQuery:
    """Read what stands after a URL's question mark; names that are not ours are left alone. Raises BadMessageError."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in fields and name in AdmissionQuery.__struct_fields__:
            raise BadMessageError("bad_message", f"{name} is there twice.")
        fields[name] = value
    try:
        question = msgspec.convert(fields, AdmissionQuery, strict=False)
    except msgspec.ValidationError as error:
        raise BadMessageError("bad_message", str(error)[:200]) from error
    if (question.watch is None) == (question.view is None):
        raise BadMessageError("bad_message", "Say what to watch: either watch=<JSON> or view=<id>.")
    return question


def read_cursor(text: str | None) -> Cursor | None:
    """Read a cursor that a client names; no text is no cursor. Raises SubscriptionError."""
    try:
        return frames.parse_cursor(text) if text else None
    except ValueError as error:
        raise SubscriptionError("bad_message", "The cursor is none of ours.") from error


class Admitted(typing.NamedTuple):
    """A request that may stream: by what its person came in, what they see, from where on, and how long they wait.

    With `beats` a poll that waits tells meanwhile that the owner lives.
    """

    access: Access
    view: Subscription
    cursor: Cursor | None
    wait_s: int
    beats: bool


async def admit(scope: Scope, hub: Hub, last_event_id: str | None = None) -> Admitted:
    """Let a request in that asks in its URL; what an EventSource saw last counts more than the cursor there.

    Its socket enters the hub before anything else is awaited. Raises NotAdmittedError.
    """
    if unknown := _unknown(scope):
        raise _counted(hub, unknown)
    access: Access = scope["access"]
    try:
        question = read_question(scope["query_string"].decode("latin1"))
        cursor = read_cursor(last_event_id or question.cursor)
        view = await _view(question, access.person)
    except (BadMessageError, SubscriptionError) as error:
        raise of_watch(hub, error) from error
    except UNREACHABLE as error:
        raise _counted(hub, _views_away()) from error
    if refused := _somebody_else(question, access) or _no_room(hub, access.person):
        raise _counted(hub, refused)
    return Admitted(access, view, cursor, question.wait_s, question.beats)


def known(scope: Scope, hub: Hub) -> Access:
    """Return by what the person of a request came in. Raises NotAdmittedError."""
    refused = _unknown(scope)
    if refused is None and hub.closing:
        refused = _restarting(CloseReason(Close.RESTARTING, "restarting"))
    if refused is not None:
        raise _counted(hub, refused)
    access: Access = scope["access"]
    return access


def join(hub: Hub, socket: Socket, asked: Admitted) -> None:
    """Let the socket of a request show what was asked for. Raises NotAdmittedError."""
    try:
        hub.join(socket, asked.view, asked.cursor)
    except SubscriptionError as error:
        raise of_watch(hub, error) from error


async def refuse(send: Send, refused: Refusal) -> None:
    """Answer a request that is not let in."""
    headers = {"Retry-After": str(refused.retry_s)} if refused.retry_s is not None else {}
    headers |= {"WWW-Authenticate": refused.challenge} if refused.challenge else {}
    await answer(send, refused.status, frames.error(refused.code, refused.detail), headers)


def by_get(app: App) -> App:
    """Return `app`, open to GET alone; whoever asks otherwise is told so."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await app(scope, receive, send)
        else:
            await answer(send, 405, frames.error("bad_message", "Ask with GET."), {"Allow": "GET"})

    return served


async def _view(question: AdmissionQuery, person: int) -> Subscription:
    """Return the view that is asked for. Raises BadMessageError or SubscriptionError."""
    if question.view is None:
        watch = commands.read_watch(question.watch or "")
    else:
        watch = await sync_to_async(saved_subscriptions.find, thread_sensitive=False)(person, question.view)
    return msgspec.structs.replace(Subscription().plus(watch), pace_ms=question.interval_ms)


def of_watch(hub: Hub, error: BadMessageError | SubscriptionError) -> NotAdmittedError:
    """Count a watch or a cursor that cannot be had, and return what is answered over HTTP."""
    hub.counts.refused[error.code] += 1
    status = STATUS.get(error.code, 400)
    gone = CloseReason(Close.PROTOCOL_ERROR, error.code)
    return NotAdmittedError(Refusal(gone, status, error.code, error.detail, RETRY_S if status == 429 else None))


def _counted(hub: Hub, refused: Refusal) -> NotAdmittedError:
    hub.counts.turned_away[refused.code] += 1
    return NotAdmittedError(refused)
