"""What travels between processes is what b078569 sends and takes; what cannot be read is named without its content.

The dicts here are those of b078569, word for word: processes of both releases run side by side during a rolling
restart.
"""

import typing

import msgspec
import pytest

from brokers.contract.broker import Series
from streaming.bus import messages
from streaming.bus.messages import (
    AccessEnded,
    Beacon,
    BoardPosition,
    CatchUpReply,
    CatchUpRequest,
    Echo,
    FrameBatch,
    InterestUpdate,
    LinksChanged,
    ListAdvance,
    Message,
    OwnershipDenied,
    OwnershipNotice,
    OwnershipReleased,
    ReportPiece,
    ReportRequest,
    RpcCancel,
    RpcReply,
    RpcRequest,
    UnreadableMessageError,
)
from streaming.telemetry.counters import Stamp
from streaming.wire.subscription import Subscription

QQQ = Subscription(
    quotes=frozenset({"QQQ"}), candles=frozenset({Series("QQQ", "5m")}), topics=frozenset({"links"}), pace_ms=None
)
PLAIN = Subscription(greeks=frozenset({"A"}), underlyings=frozenset({"B"}), dialect="plain", pace_ms=250)
QQQ_THEN = {
    "quotes": ["QQQ"], "candles": [{"symbol": "QQQ", "interval": "5m"}], "topics": ["links"], "pace_ms": None,
}  # fmt: skip
PLAIN_THEN = {"greeks": ["A"], "underlyings": ["B"], "dialect": "plain", "pace_ms": 250}

WIRE: list[tuple[Message, dict[str, typing.Any]]] = [
    (
        InterestUpdate(person_text="7", hub="h", views={"k": QQQ, "p": PLAIN}, reply="r"),
        {"kind": "want", "hub": "h", "person": "7", "views": {"k": QQQ_THEN, "p": PLAIN_THEN}, "reply": "r"},
    ),
    (
        InterestUpdate(person_text="7", hub="h", views={}, reply="r"),
        {"kind": "want", "hub": "h", "person": "7", "views": {}, "reply": "r"},
    ),
    (
        CatchUpRequest(
            person_text="7", hub="h", ask=3, view=QQQ, had=PLAIN, epoch="4-aa", seq=9, fact=12, reply="r"
        ),
        {
            "kind": "catch_up", "hub": "h", "person": "7", "ask": 3, "view": QQQ_THEN, "had": PLAIN_THEN,
            "epoch": "4-aa", "seq": 9, "fact": 12, "reply": "r",
        },
    ),
    (
        CatchUpRequest(
            person_text="7", hub="h", ask=3, view=Subscription(), had=None, epoch="", seq=0, fact=None, reply="r"
        ),
        {
            "kind": "catch_up", "hub": "h", "person": "7", "ask": 3, "view": {}, "had": None,
            "epoch": "", "seq": 0, "fact": None, "reply": "r",
        },
    ),
    (
        RpcRequest(person_text="7", hub="h", ask=3, what="strikes", about=["QQQ", ""], reply="r"),
        {
            "kind": "enquire", "person": "7", "hub": "h", "ask": 3, "what": "strikes", "about": ["QQQ", ""],
            "reply": "r",
        },
    ),
    (
        RpcCancel(person_text="7", hub="h", ask=3, reply="r"),
        {"kind": "enquire_no_more", "person": "7", "hub": "h", "ask": 3, "reply": "r"},
    ),
    (
        FrameBatch(
            person_text="7",
            epoch="4-aa",
            views={"k": (1, 2, 3, 4, 5, "{}"), "p": (1, 2, 3, 3, 1, [("quote|QQQ", "{}")])},
            stamp=Stamp("quotes", None, 1_700_000_000_000),
        ),
        {
            "kind": "frames", "person": "7", "epoch": "4-aa",
            "views": {"k": [1, 2, 3, 4, 5, "{}"], "p": [1, 2, 3, 3, 1, [["quote|QQQ", "{}"]]]},
            "stamp": ["quotes", None, 1_700_000_000_000],
        },
    ),
    (
        FrameBatch(person_text="7", epoch="4-aa", views={}),
        {"kind": "frames", "person": "7", "epoch": "4-aa", "views": {}},
    ),
    (
        CatchUpReply(
            person_text="7", ask=3, epoch="4-aa", recovered=True, empty=False, more=False, prev=1, seq=2, fact=0,
            updates=1, text="{}",
        ),
        {
            "kind": "caught", "person": "7", "ask": 3, "epoch": "4-aa", "recovered": True, "empty": False,
            "more": False, "prev": 1, "seq": 2, "fact": 0, "updates": 1, "text": "{}",
        },
    ),
    (
        CatchUpReply(
            person_text="7", ask=3, epoch="4-aa", recovered=False, empty=True, more=True, prev=0, seq=2, fact=0,
            updates=0, text=[("quote|QQQ", "{}"), ("fact|1", "{}")],
        ),
        {
            "kind": "caught", "person": "7", "ask": 3, "epoch": "4-aa", "recovered": False, "empty": True,
            "more": True, "prev": 0, "seq": 2, "fact": 0, "updates": 0,
            "text": [["quote|QQQ", "{}"], ["fact|1", "{}"]],
        },
    ),
    (
        Beacon(hub="h", people={"7": BoardPosition("4-aa", 9, 12, {"k": (9, 12), "p": (8, 0)})}),
        {"kind": "beacon", "hub": "h", "people": {"7": ["4-aa", 9, 12, {"k": [9, 12], "p": [8, 0]}]}},
    ),
    (
        RpcReply(person_text="7", ask=3, code="", text="[]", retry_s=None),
        {"kind": "told", "person": "7", "ask": 3, "code": "", "text": "[]", "retry_s": None},
    ),
    (
        RpcReply(person_text="7", ask=3, code="unavailable", text="No.", retry_s=5),
        {"kind": "told", "person": "7", "ask": 3, "code": "unavailable", "text": "No.", "retry_s": 5},
    ),
    (
        OwnershipNotice(person_text="7", epoch=4, host="12", channel=""),
        {"kind": "owned", "person": "7", "epoch": 4, "host": "12", "channel": ""},
    ),
    (OwnershipDenied(person_text="7"), {"kind": "not_mine", "person": "7"}),
    (OwnershipReleased(person_text="7", epoch=0), {"kind": "released", "person": "7", "epoch": 0}),
    (LinksChanged(person_text="7"), {"kind": "links_changed", "person": "7"}),
    (
        AccessEnded(person_text="7", session="s", token=None),
        {"kind": "access_ended", "person": "7", "session": "s", "token": None},
    ),
    (
        ReportRequest(
            what="status", asked={"person": None, "most": 1000, "nameless": False}, ask=3, sender="12", reply="r"
        ),
        {
            "kind": "report", "what": "status", "asked": {"person": None, "most": 1000, "nameless": False}, "ask": 3,
            "from": "12", "reply": "r",
        },
    ),
    (
        ReportPiece(ask=3, process="12", piece=0, pieces=2, text="{"),
        {"kind": "reported", "ask": 3, "process": "12", "piece": 0, "pieces": 2, "text": "{"},
    ),
    (Echo(at=12.5), {"kind": "echo", "at": 12.5}),
    (
        ListAdvance(topic="news", person=0, prev=811, number=812, items=['{"id":"d812"}'], note="", note_kind=""),
        {
            "kind": "list", "topic": "news", "person": 0, "prev": 811, "number": 812, "items": ['{"id":"d812"}'],
            "note": "", "note_kind": "",
        },
    ),
    (
        ListAdvance(topic="news", person=7, prev=45, number=45, items=[], note="{}", note_kind="sources"),
        {
            "kind": "list", "topic": "news", "person": 7, "prev": 45, "number": 45, "items": [], "note": "{}",
            "note_kind": "sources",
        },
    ),
]  # fmt: skip
KINDS = (
    "want", "catch_up", "enquire", "enquire_no_more", "frames", "caught", "beacon", "told", "owned", "not_mine",
    "released", "links_changed", "access_ended", "report", "reported", "echo", "list",
)  # fmt: skip
OPTIONAL = {"reply", "stamp"}
"""Keys that not every message of their kind has."""


def each(*kinds: str) -> list[typing.Any]:
    """Every message above, or those of some kinds."""
    return [pytest.param(*pair, id=pair[1]["kind"]) for pair in WIRE if not kinds or pair[1]["kind"] in kinds]


def encoded(wire: typing.Any) -> bytes:
    return msgspec.msgpack.encode(wire)


def complaint(packed: bytes) -> UnreadableMessageError:
    with pytest.raises(UnreadableMessageError) as raised:
        messages.decode(packed)
    return raised.value


def test_every_kind_of_b078569_and_of_later_releases_is_here_and_no_other():
    assert {messages.kind(message) for message, _ in WIRE} == set(KINDS) == {wire["kind"] for _, wire in WIRE}
    assert {str(kind.__struct_config__.tag) for kind in typing.get_args(Message)} == set(KINDS)


@pytest.mark.parametrize(("message", "wire"), each())
def test_a_message_travels_as_b078569_sends_it_with_a_version(message, wire):
    assert msgspec.msgpack.decode(messages.encode(message)) == {**wire, "version": 1}


@pytest.mark.parametrize(("message", "wire"), each())
def test_a_message_of_b078569_is_taken_and_has_no_version(message, wire):
    assert messages.decode(encoded(wire)) == message
    assert message.version == 0


@pytest.mark.parametrize(("message", "wire"), each())
def test_a_message_comes_back_as_it_was_sent(message, wire):
    found = messages.decode(messages.encode(message))
    assert found == msgspec.structs.replace(message, version=1)
    assert type(found) is type(message)


@pytest.mark.parametrize(("message", "wire"), each())
def test_what_a_later_release_adds_is_ignored(message, wire):
    assert messages.decode(encoded({**wire, "added": {"by": ["another"]}})) == message


@pytest.mark.parametrize(("message", "wire"), each())
def test_a_message_without_one_of_its_keys_is_named_with_the_key(message, wire):
    for key in wire.keys() - {"kind", "stamp"}:
        error = complaint(encoded({name: value for name, value in wire.items() if name != key}))
        assert error.kind == wire["kind"]
        if key == "reply" and "hub" in wire:
            assert error.reason == "no channel to reply to"
        else:
            assert error.reason == f"Object missing required field `{key}`"


@pytest.mark.parametrize(("message", "wire"), each())
def test_a_message_with_a_value_of_another_type_is_named_with_the_place(message, wire):
    for key in wire.keys() - {"kind"}:
        error = complaint(encoded({**wire, key: msgspec.Raw(encoded(b"canary"))}))
        assert error.kind == wire["kind"]
        assert error.reason.endswith(f"`$.{key}`")
        assert "canary" not in str(error)


@pytest.mark.parametrize(
    ("wire", "kind", "reason"),
    [
        ({"kind": "of_tomorrow", "version": 2}, "of_tomorrow", "unknown kind"),
        ({"kind": "Canary 4711"}, "(none)", "unknown kind"),
        ({"kind": 7}, "(none)", "Expected `str`, got `int` - at `$.kind`"),
        ({}, "(none)", "Object missing required field `kind`"),
        (["canary"], "(none)", "Expected `object`, got `array`"),
        (
            {**WIRE[0][1], "views": {"k": {"dialect": "canary - at canary"}}},
            "want",
            "invalid value at `$.views[...].dialect`",
        ),
        ({**WIRE[0][1], "person": "canary"}, "want", "Expected `str` matching regex '^[0-9]{1,18}$' - at `$.person`"),
        ({**WIRE[6][1], "epoch": "canary"}, "frames", "Expected `str` matching regex '^[0-9]{1,18}-' - at `$.epoch`"),
        ({**WIRE[6][1], "views": {"canary": [1]}}, "frames", "Expected `array` of length 6, got 1 - at `$.views[...]`"),
        (
            {"kind": "reported", "ask": 3, "process": "12", "piece": 2, "pieces": 2, "text": ""},
            "reported",
            "piece 2 of 2",
        ),
    ],
)
def test_what_is_wrong_is_named_without_the_content(wire, kind, reason):
    error = complaint(encoded(wire))
    assert (error.kind, error.reason) == (kind, reason)
    assert "canary" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_the_version_of_who_sent_what_cannot_be_read_is_known():
    assert complaint(encoded({"kind": "of_tomorrow", "version": 2})).version == 2
    assert complaint(encoded({"kind": "want"})).version == 0


@pytest.mark.parametrize(
    "packed",
    [b"", b"\xc1", b"canary", b"\x82\xa4kind\xa4want\xa6person\xa1\xff", encoded(WIRE[0][1])[:-1], "canary", None],
)
def test_what_is_no_message_at_all_is_unreadable_and_nothing_else(packed):
    assert complaint(packed).reason in ("not MessagePack", "Expected `object`, got `int`")


def test_the_key_of_a_session_is_in_no_repr():
    assert "canary" not in repr(AccessEnded(person_text="7", session="canary", token=None))
