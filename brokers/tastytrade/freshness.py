"""Whether a feed that is connected is alive, and what session the market is in. Pure: the time is an argument.

Source of the rules: docs/protocol.md, Freshness. In the regular session SPY is never silent for long; in any session
the venue sends at least a KEEPALIVE a minute. A quiet option alone says nothing.
"""

import datetime
import zoneinfo
from typing import Any, Literal

import msgspec

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
Phase = Literal["pre", "open", "post", "closed"]


TICKING = 3
"""So many SPY events on one connection are more than a snapshot: it trades."""


class Limits(msgspec.Struct, frozen=True):
    """Seconds of silence after which a feed is mute. The page must say so within 15 s of the last SPY event."""

    pulse_s: float = 13.0
    inbound_s: float = 65.0
    tick_s: float = 1.0
    """How often silence is looked for."""


class Freshness:
    """The proofs of life of one feed. Times are seconds of one monotonic clock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._opened: float | None = None
        self._pulsed = 0.0
        self._beats = 0
        self.halted = False
        """Whether the venue says that SPY itself is halted: then its silence says nothing."""

    def begin(self, now: float) -> None:
        """A new connection is subscribed: its silence counts from here."""
        self._pulsed, self._beats = now, 0

    def beat(self, now: float) -> None:
        """An SPY event came."""
        self._pulsed = now
        self._beats += 1

    def mute(self, now: float, heard: float, is_open: bool, certain: bool = True) -> str | None:
        """Return why the feed counts as mute, or None. `heard` is when anything last came in.

        Where the market's hours are not `certain` (it may be a holiday), SPY must have been ticking to be missed.
        """
        if now - heard > self._limits.inbound_s:
            return f"nothing came in for {now - heard:.0f} s"
        if not is_open or self.halted or not (certain or self._beats >= TICKING):
            self._opened = None
            return None
        if self._opened is None:
            self._opened = now
        silent = now - max(self._pulsed, self._opened)
        return f"SPY has been silent for {silent:.0f} s" if silent > self._limits.pulse_s else None


class Session(msgspec.Struct, frozen=True):
    """The equity market's day, as the venue tells it. Times are aware UTC; None where there is none."""

    pre_at: datetime.datetime | None = None
    open_at: datetime.datetime | None = None
    close_at: datetime.datetime | None = None
    post_end_at: datetime.datetime | None = None

    def phase(self, now: datetime.datetime) -> tuple[Phase, datetime.datetime | None]:
        """Return the phase at `now`, and when the next one begins as far as is known."""
        steps: tuple[tuple[datetime.datetime | None, Phase], ...] = (
            (self.pre_at, "closed"), (self.open_at, "pre"), (self.close_at, "open"), (self.post_end_at, "post"),
        )  # fmt: skip
        for end, phase in steps:
            if end is not None and now < end:
                return phase, end
        return "closed", None


def to_session(raw: dict[str, Any]) -> Session:
    """Read an item of /market-time/sessions/current; when it has no times of today, its next session's."""
    if not raw.get("open-at") and isinstance(raw.get("next-session"), dict):
        raw = raw["next-session"]
    keys = ("start-at", "open-at", "close-at", "close-at-ext")
    return Session(*(_time(raw.get(key)) for key in keys))


def _time(value: Any) -> datetime.datetime | None:
    try:
        read = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)


def usual_session(now: datetime.datetime) -> Session:
    """The session of an ordinary New York weekday, for when the venue does not tell. Knows no holidays."""
    local = now.astimezone(NEW_YORK)
    if local.weekday() >= 5:
        return Session()
    hours = ((4, 0), (9, 30), (16, 0), (20, 0))
    return Session(
        *(
            local.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(datetime.UTC)
            for hour, minute in hours
        )
    )
