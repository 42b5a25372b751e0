"""The session of the US equity market, in a venue's own word, and when to ask for it again. Pure."""

import datetime
from typing import Literal

import msgspec

Phase = Literal["pre", "open", "post", "closed"]

ASK_S = 300.0
"""How often a venue is asked for the market's session, at least."""
ASK_AGAIN_S = 60.0
"""How soon it is asked again when it did not tell."""
OVERDUE_S = 5.0
"""How soon it is asked again when a session that should have ended is still on."""


class MarketSession(msgspec.Struct, frozen=True):
    """One session of the market. Times are aware UTC."""

    phase: Phase
    until: datetime.datetime | None
    """When the next one begins; None where the venue does not tell."""
    now: datetime.datetime
    """The time by the venue's clock when it said so."""
    overdue_s: float | None = None
    """How long ago this session should have ended; None where it need not have."""

    def look_again_s(self, settle_s: float) -> float:
        """Return how long until the venue is asked again: `settle_s` after the session should have changed.

        One that is overdue is asked about soon, and the more rarely the longer it lasts: some market never closes.
        """
        if self.overdue_s is not None:
            return min(ASK_S, max(OVERDUE_S, self.overdue_s))
        if self.until is None:
            return ASK_S
        return min(ASK_S, (self.until - self.now).total_seconds() + settle_s)
