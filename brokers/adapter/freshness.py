"""Whether a feed that is connected is alive. Pure: the time is an argument.

Source of the rules: docs/protocol.md, Freshness. In the regular session SPY is never silent for long, whatever the
venue. A quiet option alone says nothing.
"""

import datetime
import typing

from brokers.instruments import calendar

TICKING = 3
"""So many SPY quotes in one session are more than a snapshot: it trades."""


class Patience(typing.Protocol):
    """Seconds of silence after which a feed is mute: SPY's, and everything's."""

    @property
    def pulse_s(self) -> float:
        """Of SPY in the regular session."""

    @property
    def inbound_s(self) -> float:
        """Of everything, at any time."""


class Freshness:
    """The proofs of life of one feed. Times are seconds of one monotonic clock."""

    def __init__(self, limits: Patience) -> None:
        self._limits = limits
        self._excused = float("-inf")
        self._pulsed = 0.0
        self._beats = 0
        self.halted = False
        """Whether the venue says that SPY itself is halted: then its silence says nothing."""

    def start(self, now: float) -> None:
        """A new connection is subscribed: its silence counts from here."""
        self._pulsed, self._beats = now, 0

    def beat(self, now: float) -> None:
        """SPY was quoted."""
        self._pulsed = now
        self._beats += 1

    def mute(self, now: float, heard: float, is_open: bool, certain: bool = True) -> str | None:
        """Return why the feed counts as mute, or None. `last_received_at` is when anything last came in.

        Where the market's hours are not `certain` (it may be a holiday), SPY must have been ticking to be missed.
        """
        if now - heard > self._limits.inbound_s:
            return f"nothing came in for {now - heard:.0f} s"
        if not is_open:
            self._beats = 0  # those of yesterday's session do not say that there is one today
        if not is_open or self.halted or not (certain or self._beats >= TICKING):
            self._excused = now
            return None
        silent = now - max(self._pulsed, self._excused)
        return f"the feed is silent: no SPY for {silent:.0f} s" if silent > self._limits.pulse_s else None


def usually_open(now: datetime.datetime) -> bool:
    """Whether the market is in its regular session at `now`, by its rules: they know no one-off closings."""
    local = now.astimezone(calendar.NEW_YORK)
    day = local.date()
    return calendar.is_trading_day(day) and calendar.OPEN <= local.time() < calendar.closes(day)
