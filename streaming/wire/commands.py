"""Reads what clients send: closed schemas, checked in one place. Nothing a client writes raises past here."""

import typing

import msgspec

from streaming.limits import Limits
from streaming.wire.subscription import SubscriptionRequest

Ref = str | int | None
Pace = typing.Annotated[int, msgspec.Meta(ge=0, le=60_000)]
"""The least time between two frames in ms; 0 is live."""


class ClientMessage(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """Base of all messages. `ref` is the client's own id, echoed in the error that answers it."""

    ref: Ref = None


class Hello(ClientMessage, frozen=True, tag="hello"):
    """Frames: the first message. `cursor` continues where a page or an earlier socket stood.

    `person` is whose page it is: with a cookie somebody else may have come back.
    """

    watch: SubscriptionRequest = SubscriptionRequest()
    cursor: str | None = None
    person: int | None = None


class WatchCommand(ClientMessage, frozen=True, tag="watch"):
    """Frames: change what is watched."""

    add: SubscriptionRequest = SubscriptionRequest()
    remove: SubscriptionRequest = SubscriptionRequest()


class Rate(ClientMessage, frozen=True, tag="rate"):
    """Frames: the least time between two frames in ms; 0 is live, null is paused."""

    interval_ms: Pace | None


class Ack(ClientMessage, frozen=True, tag="ack"):
    """Frames: everything up to `seq` was received."""

    seq: typing.Annotated[int, msgspec.Meta(ge=0)]


class Ping(ClientMessage, frozen=True, tag="ping"):
    """Both dialects: answered with pong."""


class SubscribeQuotes(ClientMessage, frozen=True, tag="subscribe_quotes"):
    """Plain."""

    symbols: list[str]


class UnsubscribeQuotes(ClientMessage, frozen=True, tag="unsubscribe_quotes"):
    """Plain."""

    symbols: list[str]


class Subscribe(ClientMessage, frozen=True, tag="subscribe"):
    """Plain: any watch."""

    watch: SubscriptionRequest


class Unsubscribe(ClientMessage, frozen=True, tag="unsubscribe"):
    """Plain: any watch."""

    watch: SubscriptionRequest


FramesMessage = Hello | WatchCommand | Rate | Ack | Ping
PlainMessage = SubscribeQuotes | UnsubscribeQuotes | Subscribe | Unsubscribe | Ping

_frames: msgspec.json.Decoder[FramesMessage] = msgspec.json.Decoder(FramesMessage)
_watch: msgspec.json.Decoder[SubscriptionRequest] = msgspec.json.Decoder(SubscriptionRequest)
_plain: msgspec.json.Decoder[PlainMessage] = msgspec.json.Decoder(PlainMessage)


class _Envelope(msgspec.Struct, frozen=True):
    type: typing.Any = None
    ref: typing.Any = None


_envelope = msgspec.json.Decoder(_Envelope)

FRAMES_TYPES = frozenset({"hello", "watch", "rate", "ack", "ping"})
PLAIN_TYPES = frozenset({"subscribe_quotes", "unsubscribe_quotes", "subscribe", "unsubscribe", "ping"})


class BadMessageError(Exception):
    """A message that cannot be taken: `code` as in docs/protocol.md."""

    def __init__(self, code: str, detail: str, ref: Ref = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.ref = ref


def read_frames(text: str) -> FramesMessage:
    """Read a message of the frames dialect. Raises BadMessageError."""
    return _read(_frames, text, FRAMES_TYPES)


def read_plain(text: str) -> PlainMessage:
    """Read a message of the plain dialect. Raises BadMessageError."""
    return _read(_plain, text, PLAIN_TYPES)


def read_watch(text: str | bytes) -> SubscriptionRequest:
    """Read a watch by itself, as a URL or a stored view holds it. Raises BadMessageError."""
    try:
        return _watch.decode(text)
    except msgspec.ValidationError as error:
        raise BadMessageError("bad_message", f"The watch: {str(error)[:200]}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError, UnicodeError) as error:
        raise BadMessageError("bad_message", "The watch is not JSON.") from error


Parsed = typing.TypeVar("Parsed")


def _read(decoder: msgspec.json.Decoder[Parsed], text: str, types: frozenset[str]) -> Parsed:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError, UnicodeError) as error:
        raise _explain(text, types, error) from error


def _explain(text: str, types: frozenset[str], error: Exception) -> BadMessageError:
    """Say what is wrong with `text`, echoing its `ref` where that can be read."""
    try:
        envelope = _envelope.decode(text)
    except (msgspec.ValidationError, RecursionError):
        return BadMessageError("bad_message", "A message is a JSON object with a type.")
    except (msgspec.MsgspecError, ValueError, UnicodeError):
        return BadMessageError("bad_message", "The message is not JSON.")
    ref = envelope.ref if isinstance(envelope.ref, str | int) and len(str(envelope.ref)[:65]) <= 64 else None
    if not isinstance(envelope.type, str):
        return BadMessageError("bad_message", "A message is a JSON object with a type.", ref)
    if envelope.type not in types:
        return BadMessageError("unknown_type", f"No such message here: {envelope.type[:40]}", ref)
    detail = str(error) if isinstance(error, msgspec.ValidationError) else "The message is not JSON."
    return BadMessageError("bad_message", detail[:200], ref)


class TokenBucket:
    """What one socket may say: `message_rate` messages a second, bursts of `message_burst`; refusals are strikes.

    One strike a second is forgiven: a page that is open for weeks may be wrong now and then. Time comes in as an
    argument, in seconds.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self.strikes = 0.0
        self._struck_at = now
        self._tokens = float(limits.message_burst)
        self._at = now

    def try_acquire(self, now: float) -> bool:
        """Take one message's worth, if there is any; a message that is refused is the caller's to strike."""
        limits = self.limits
        self._tokens = min(limits.message_burst, self._tokens + (now - self._at) * limits.message_rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def strike(self, now: float) -> None:
        """Count one refused message."""
        self.strikes = max(0.0, self.strikes - (now - self._struck_at)) + 1
        self._struck_at = now

    @property
    def spent(self) -> bool:
        """Whether so many messages were refused that the socket is to be closed."""
        return self.strikes >= self.limits.strikes
