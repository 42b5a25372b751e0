"""The messages between processes: a struct for each kind, and how they are encoded and decoded.

Processes of two releases run side by side during a rolling restart. So a kind keeps its tag and a field its key on the
wire, whatever they are called here; a new field is optional, and a key that is unknown is ignored.
"""

import re
import typing

import msgspec

from streaming.telemetry.counters import Stamp
from streaming.wire.subscription import Subscription

VERSION = 1
"""The version of these messages, which travels with each. It grows when a later release has to tell them apart."""

PersonText = typing.Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
"""A person's id. It travels as text."""
EpochText = typing.Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}-")]
"""The epoch of a board: its number, and by which process."""
Text = str | list[tuple[str, str]]
"""What one view is sent: a frame, or for the plain dialect names of slots and facts with one ready text each."""
Entry = tuple[int, int, int, int, int, Text]
"""What one view is sent live: (prev, seq, known, fact, updates, text). It covers the flushes (prev, seq] and the facts
(known, fact], which are that many updates. Without text, ask."""


class BoardPosition(typing.NamedTuple):
    """The position of one person's board, and the seq and fact that each view was sent last."""

    epoch: EpochText
    seq: int
    fact: int
    sent: dict[str, tuple[int, int]]


class BusMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="kind"):
    """What every message has. `encode` sets the version; 0 is a release that sends none."""

    version: int = 0


class PersonMessage(BusMessage, frozen=True, kw_only=True):
    """What every message about one person has."""

    person_text: PersonText = msgspec.field(name="person")

    @property
    def person(self) -> int:
        """The person's id."""
        return int(self.person_text)


class HubRequest(PersonMessage, frozen=True, kw_only=True):
    """What every message from a hub to a person's owner has.

    `hub` is the name of the hub. `reply` is the channel for the answers, which a message within one process does not
    need and one from another process always has.
    """

    hub: str
    reply: str = ""


class InterestUpdate(HubRequest, frozen=True, kw_only=True, tag="want"):
    """The views of a person that a hub shows now, all of them by key; none ends its interest.

    `lists` are the topics of lists that they read, which views of one key may differ in.
    """

    views: dict[str, Subscription]
    lists: list[str] = []


class CatchUpRequest(HubRequest, frozen=True, kw_only=True, tag="catch_up"):
    """Requests all that `view` shows since a cursor; `had` is the view that the socket showed before, if it changed.

    `fact` None is the newest fact.
    """

    ask: int
    view: Subscription
    had: Subscription | None
    epoch: str
    seq: int
    fact: int | None


class RpcRequest(HubRequest, frozen=True, kw_only=True, tag="enquire"):
    """A question by name. The same `ask` again is the same question."""

    ask: int
    what: str
    about: list[str]


class RpcCancel(HubRequest, frozen=True, kw_only=True, tag="enquire_no_more"):
    """Cancels a question."""

    ask: int


class FrameBatch(PersonMessage, frozen=True, kw_only=True, tag="frames"):
    """The live frames of some of a person's views, by key. `stamp` is of one update that is followed on its way."""

    epoch: EpochText
    views: dict[str, Entry]
    stamp: Stamp | None = None


class CatchUpReply(PersonMessage, frozen=True, kw_only=True, tag="caught"):
    """Answers a `CatchUpRequest` with everything in (prev, seq].

    `recovered`: it goes on from the cursor. `empty`: there is nothing new. `more`: there are facts after `fact`, which
    another request brings. `updates` are the slots and facts in `text`.
    """

    ask: int
    epoch: EpochText
    recovered: bool
    empty: bool
    more: bool
    prev: int
    seq: int
    fact: int
    updates: int
    text: Text


class Beacon(BusMessage, frozen=True, kw_only=True, tag="beacon"):
    """The positions of all boards of a host that a hub shows."""

    hub: str
    people: dict[PersonText, BoardPosition]


class RpcReply(PersonMessage, frozen=True, kw_only=True, tag="told"):
    """Answers an `RpcRequest` with a text; with a `code`, `text` is why there is no answer.

    `retry_s`: when to ask again, if that may help.
    """

    ask: int
    code: str
    text: str
    retry_s: int | float | None


class OwnershipNotice(PersonMessage, frozen=True, kw_only=True, tag="owned"):
    """The host `host` owns a person by the claim number `epoch`, and listens on `channel`."""

    epoch: int
    host: str
    channel: str


class OwnershipDenied(PersonMessage, frozen=True, kw_only=True, tag="not_mine"):
    """The sender does not own a person."""


class OwnershipReleased(PersonMessage, frozen=True, kw_only=True, tag="released"):
    """The owner of a person by the claim number `epoch` handed them back."""

    epoch: int


class LinksChanged(PersonMessage, frozen=True, kw_only=True, tag="links_changed"):
    """A link of a person was added, re-linked or removed."""


class AccessEnded(PersonMessage, frozen=True, kw_only=True, tag="access_ended"):
    """A person's access ended: of one session, of one API token, or (both None) all."""

    session: str | None
    token: str | None

    def __repr__(self) -> str:
        return f"<AccessEnded {self.person_text}>"  # the key of a session is a secret


class ReportRequest(BusMessage, frozen=True, kw_only=True, tag="report"):
    """Requests the report `what` of every process. `asked` are its options, `sender` the process that asks."""

    what: str
    asked: dict[str, bool | int | str | None]
    ask: int
    sender: str = msgspec.field(name="from")
    reply: str


class ReportPiece(BusMessage, frozen=True, kw_only=True, tag="reported"):
    """Part number `piece` of the `pieces` of a process's report, which together are JSON."""

    ask: int
    process: str
    piece: int
    pieces: int
    text: str

    def __post_init__(self) -> None:
        """Check that the piece is one of the pieces. Raises ValueError."""
        if not 0 <= self.piece < self.pieces:
            raise ValueError(f"piece {self.piece} of {self.pieces}")


EVERYBODY = 0
"""Whose list it is that everybody sees."""


class ListAdvance(BusMessage, frozen=True, kw_only=True, tag="list"):
    """A list grew from change `prev` to change `number`: of the part that everybody sees (person 0), or of a person's.

    `items` are all that changed, the oldest first, as JSON; without any it is a reminder of where the list stands.
    `note` is a whole message of its topic that is no item, empty where there is none; of one `note_kind` the newest
    counts.
    """

    topic: str
    person: int
    prev: int
    number: int
    items: list[str]
    note: str
    note_kind: str


class Echo(BusMessage, frozen=True, kw_only=True, tag="echo"):
    """A process's message to itself, sent `at` (s, monotonic)."""

    at: float


HubMessage = InterestUpdate | CatchUpRequest | RpcRequest | RpcCancel
"""From a hub to a person's owner."""
HostMessage = (
    FrameBatch | CatchUpReply | Beacon | RpcReply | OwnershipNotice | OwnershipDenied | OwnershipReleased
)  # fmt: skip
"""From a host to hubs."""
ProcessMessage = HubMessage | HostMessage | LinksChanged | AccessEnded | ReportRequest | ReportPiece | ListAdvance
"""From one process to others."""
Message = ProcessMessage | Echo
"""All that travels."""

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


class UnreadableMessageError(Exception):
    """A message of an unknown kind, or one that is not as its kind should be: `reason` says in what, without content.

    `kind` and `version` are as its sender wrote them, as far as they can be read.
    """

    def __init__(self, kind: str, version: int, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.version = version
        self.reason = reason


def encode(message: Message) -> bytes:
    """Return `message` as it travels. Raises TypeError, ValueError or OverflowError where something in it cannot."""
    return _encoder.encode(msgspec.structs.replace(message, version=VERSION))


def decode(packed: bytes) -> Message:
    """Return the message that `packed` is. Raises UnreadableMessageError."""
    try:
        message = _decoder.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError) as error:
        raise UnreadableMessageError(*_read_head(packed), _reason(error)) from None  # the error may quote a value
    if isinstance(message, HubRequest) and not message.reply:
        raise UnreadableMessageError(kind(message), message.version, "no channel to reply to")
    return message


def kind(message: Message) -> str:
    """Return the kind of a message as it is called on the wire."""
    return str(message.__struct_config__.tag)


class _Head(msgspec.Struct):
    """What can be told of any message."""

    kind: str = ""
    version: int = 0


_head_decoder = msgspec.msgpack.Decoder(_Head)
_KIND = re.compile("[a-z_]{1,32}")
NO_KIND = "(none)"
"""The kind of a message that has none, or one that cannot be a name."""


def _read_head(packed: bytes) -> tuple[str, int]:
    """Return the kind and the version of a message that cannot be decoded."""
    try:
        head = _head_decoder.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        return NO_KIND, 0
    return head.kind if _KIND.fullmatch(head.kind) else NO_KIND, head.version


def _reason(error: Exception) -> str:
    """Return in what a message is not as it should be, without the value."""
    if not isinstance(error, msgspec.ValidationError):
        return "not MessagePack"
    text = str(error)
    if not text.startswith("Invalid"):
        return text
    path = text.rpartition(" - at ")[2]
    return "unknown kind" if path == "`$.kind`" else f"invalid value at {path}"
