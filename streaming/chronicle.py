"""What adapters say happened, as the ledger takes it. Pure."""

import typing

import msgspec

from brokers.contract.reports import Report
from lib.redaction import redact
from streaming.facts import LATEST, Entry

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
