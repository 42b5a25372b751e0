"""When an option ends: at the close of its last day, or at the open where its root settles in the morning. Pure."""

import datetime

from brokers.instruments.calendar import NEW_YORK, OPEN, closes

MORNING = frozenset({"SPX", "NDX", "RUT", "DJX", "VIX", "VIXW"})
"""Roots that settle on opening prices, where a venue does not tell (Cboe's product specifications, 2026)."""


def ends(root: str, expiry: datetime.date, settlement: str | None = None) -> int:
    """Return when options of a root that expire on a day end, in ms. `settlement` is the venue's word: AM or PM."""
    is_early = settlement.upper() == "AM" if settlement else root in MORNING
    moment = datetime.datetime.combine(expiry, OPEN if is_early else closes(expiry), NEW_YORK)
    return int(moment.timestamp() * 1000)
