"""What happened, as against how things stand: a fact is stored before it is announced, and never dropped. Pure.

A fact is recorded as an `Entry`; the ledger gives it its number. Kinds: `order`, `fill`, `activity`, `alert`, `notice`;
of signals `model`, `signal`, `outcome`, `results`.
"""

import decimal
import typing

import msgspec

from brokers.contract.reports import Report
from lib.redaction import redact

KINDS = ("order", "fill", "activity", "alert", "notice", "model", "signal", "outcome", "results")
RESERVED = frozenset({"type", "fact", "at", "link", "recovered", "late_s"})
"""What the ledger says of every fact; a payload has no field of these names."""
LINK_LENGTH = 36
VENUE_ID_LENGTH = 200
LATEST = 2**53
"""Times are whole milliseconds that a browser carries exactly."""

Payload = dict[str, typing.Any]
"""The fields of one fact: text, whole numbers, Decimals, true, false, None, and lists and objects of these."""

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(Payload, float_hook=decimal.Decimal)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened and is to be recorded.

    `at`: when, in ms since the epoch, by its source's clock. `link`: the id of the link it came by. `venue_id`: the
    source's own name for it; of entries with the same person, link, kind and venue_id only the first is recorded.
    `late_ms`: for one that was found late, after a gap, by how much. Raises ValueError for what cannot be stored,
    where it is made: a ledger that finds out later could neither store it nor drop it.
    """

    kind: str
    at: int
    payload: Payload
    link: str | None = None
    venue_id: str | None = None
    recovered: bool = False
    late_ms: int | None = None
    cursors: dict[str, str] = {}
    """What the source of `link` wants to be told again when it begins anew, by name: stored with it, or with the one
    that it repeats. An empty text takes one away."""
    beside: bytes = b""
    """What sinks store beside the fact, in its transaction. It is no part of it, and nobody else is given it."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no kind of fact: {self.kind}")
        if not 0 <= self.at <= LATEST:
            raise ValueError(f"no time in ms: {self.at}")
        if self.late_ms is not None and not 0 <= self.late_ms <= LATEST:
            raise ValueError(f"not late by ms: {self.late_ms}")
        for text, most in ((self.link, LINK_LENGTH), (self.venue_id, VENUE_ID_LENGTH)):
            if text is not None and not (0 < len(text) <= most and text.isprintable()):
                raise ValueError(f"not 1 to {most} printable characters: {text!r}")
        for name, value in self.cursors.items():
            if self.link is None or not (0 < len(name) <= VENUE_ID_LENGTH and (name + value).isprintable()):
                raise ValueError(f"no cursor of a link: {name!r}")
        if taken := RESERVED & self.payload.keys():
            raise ValueError(f"the ledger says this itself: {', '.join(sorted(taken))}")
        write(self.payload)


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened and is stored. Numbers of a person are gapless, in the order of their commits.

    `recorded`: when it was stored, in ms by this server's clock.
    """

    person: int
    number: int
    kind: str
    link: str | None
    venue_id: str | None
    at: int
    recorded: int
    recovered: bool
    late_ms: int | None
    payload: Payload
    beside: bytes = b""
    """What came with its entry, for sinks: a fact that was read has none."""

    @property
    def item(self) -> Payload:
        """What clients are sent of it."""
        item: Payload = {"type": self.kind, "fact": self.number, "at": self.at}
        if self.link is not None:
            item["link"] = self.link
        if self.recovered:
            item["recovered"] = True
        if self.late_ms is not None:
            item["late_s"] = decimal.Decimal(self.late_ms) / 1000
        return item | self.payload


def write(payload: Payload) -> str:
    """Write a payload as JSON, its numbers exactly. Raises ValueError for what JSON cannot say."""
    try:
        text = _encoder.encode(payload).decode()
        _decoder.decode(text)
    except (TypeError, OverflowError, UnicodeError, RecursionError, msgspec.MsgspecError) as error:
        raise ValueError(f"not a payload: {error}") from error
    return text


def read(text: str) -> Payload:
    """Read what `write` wrote; numbers with a point are Decimals."""
    return _decoder.decode(text)


_SAID_BY_THE_LEDGER = ("link", "id", "at", "found", "cursors")
_PROSE = ("reason", "text")
"""What a venue writes for people, and may write anything into."""
_TIMES = ("version", "submitted_at")


def to_entry(event: Report, now: int) -> Entry:
    """Return the entry of what happened, as it is known at `now` (ms). What the venue does not tell is left out.

    Raises ValueError for what cannot be stored.
    """
    payload: dict[str, typing.Any] = {
        name: _plain(getattr(event, name)) for name in event.__struct_fields__ if name not in _SAID_BY_THE_LEDGER
    }
    payload |= {name: redact(payload[name]) for name in _PROSE if isinstance(payload.get(name), str)}
    for name in _TIMES:
        if not 0 <= (payload.get(name) or 0) <= LATEST:
            raise ValueError(f"no time in ms: {name} {payload[name]}")
    recovered = event.found == "read"
    return Entry(
        kind=event.slot[0],
        at=event.at,
        link=event.link,
        venue_id=event.id,
        payload={name: value for name, value in payload.items() if value is not None},
        recovered=recovered,
        late_ms=max(0, now - event.at) if recovered else None,
        cursors=event.cursors,
    )


def _plain(value: object) -> object:
    """Return structs and tuples as objects and lists, without what is not known; Decimals stay."""
    if isinstance(value, msgspec.Struct):
        told = {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        return {name: part for name, part in told.items() if part is not None}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
