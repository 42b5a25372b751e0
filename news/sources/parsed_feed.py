"""What is said between `parser_process` and `parser_worker`: a length, then a message in MessagePack."""

import struct
import typing

import msgspec

from news.sources.entries import Entry, FeedKind

LENGTH = struct.Struct(">I")
"""Before each message: how many bytes follow."""
TIME_S = 5.0
"""How much of a core's time one feed may take."""
WAIT_S = 60.0
"""How long one is waited for at all: beside others that are busy its process has a small part of a core."""

Refusal = typing.Literal["", "page", "not_xml", "entities", "no_feed", "broken", "memory"]


class ParseRequest(msgspec.Struct, frozen=True):
    """A feed to parse. `zone` is the one of its source, empty where its settings name none."""

    kind: FeedKind
    body: bytes
    content_type: str = ""
    zone: str = ""


class ParsedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says, or why it is none.

    `excess` counts entries beyond those that are read, `unreadable` those without a text; `ttl_s` is how long the feed
    says that it stays the same. `is_last`: the process ends now, and answers nothing more.
    """

    entries: list[Entry] = []
    refusal: Refusal = ""
    ttl_s: float = 0.0
    excess: int = 0
    unreadable: int = 0
    is_last: bool = False
