"""Stretches of time in which rules were not checked, as a notice that is stored. Times in ms."""

import datetime
import typing
from collections.abc import Mapping

from brokers.instruments.calendar import NEW_YORK
from streaming.facts import Entry

CODE = "alerts_unchecked"
CODES = {CODE: "Alerts were not checked for a while, and why."}
ABSENT = "this desk did not run for you"
TORN = "it fired in the same minute just before"


class Blind(typing.NamedTuple):
    """Since when a rule cannot be checked, and why."""

    since: int
    reason: str


def clock(at: int) -> str:
    """Return a time of day as this market says it."""
    return f"{datetime.datetime.fromtimestamp(at / 1000, NEW_YORK):%H:%M:%S} ET"


def unchecked_entry(since: Mapping[str, int], begun: int, until: int, reason: str) -> Entry:
    """Return the notice that says which rules (by id, with since when) were not checked until a time, and why."""
    count = len(since)
    what = "An alert was" if count == 1 else f"{count} alerts were"
    text = f"{what} not checked from {clock(begun)} to {clock(until)}: {reason}"
    rules = [{"rule": id_, "from": at} for id_, at in sorted(since.items())]
    payload = {"code": CODE, "text": text, "reason": reason, "rules": rules, "count": count, "from": begun, "to": until}
    return Entry(kind="notice", at=until, payload=payload, venue_id=f"{CODE}:{min(since)}:{begun}:{until}")
