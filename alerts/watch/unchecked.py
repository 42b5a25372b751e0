"""Stretches of time in which rules were not checked: since when, why, and the notice that says so. Times in ms."""

import datetime
import typing
from collections.abc import Callable, Mapping

import msgspec

from alerts.evaluation.status import QUIET
from alerts.rules.state import NO_VALUE, EngineState, RuleState, Status
from brokers.instruments.calendar import NEW_YORK
from streaming.facts import Entry

CODE = "alerts_unchecked"
CODES = {CODE: "Alerts were not checked for a while, and why."}
ABSENT = "this desk did not run for you"
TORN = "it was armed, or fired, in the same minute just before"
TOO_OLD = "one-minute candles reach back eight days"
TOO_DEEP = "the venue's candles do not reach back so far"
NO_CANDLES = "the venue has no candles of that time"
UNNOTICED_MS = 2_000
"""A stretch that is shorter is none: the first value afterwards is compared with the last one before."""


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


class Unchecked:
    """Which rules of one person cannot be checked now, and what was told of it since this began."""

    def __init__(self, publish: Callable[[Entry], None]) -> None:
        self._publish = publish
        self._blind: dict[str, Blind] = {}
        self._told: dict[str, tuple[int, int]] = {}

    def __repr__(self) -> str:
        return f"<Unchecked {len(self._blind)} rules>"

    def newest(self, rule: str) -> tuple[int, int] | None:
        """Return the newest stretch that was told of a rule; None where none was."""
        return self._told.get(rule)

    def tell(self, blind: Mapping[str, Blind], until: int) -> None:
        """Have it stored and told which rules were not checked until a time: one notice for each reason."""
        for reason in sorted({one.reason for one in blind.values()}):
            mine = {id_: one.since for id_, one in blind.items() if one.reason == reason}
            self._told |= {id_: (since, until) for id_, since in mine.items()}
            self._publish(unchecked_entry(mine, min(mine.values()), until, reason))

    def judge(self, statuses: Mapping[str, Status], now: int, *, is_live: bool) -> None:
        """Note which rules cannot be checked, and tell of those that can be again, or whose session is over.

        A rule that no value has come for yet is one of them while no feed `is_live`: then none would come.
        """
        for id_, status in statuses.items():
            is_early = status.reason.endswith((QUIET, NO_VALUE))
            if status.state == "cannot_check" and not (is_early and is_live):
                self._blind.setdefault(id_, Blind(status.since or now, status.reason))
        over = [id_ for id_ in self._blind if id_ not in statuses or statuses[id_].state != "cannot_check"]
        ended = {id_: self._blind.pop(id_) for id_ in over}
        self.tell({id_: one for id_, one in ended.items() if now - one.since >= UNNOTICED_MS}, now)

    def forget(self, rules: typing.Container[str]) -> None:
        """Forget rules that are not among these any more."""
        for kept in (self._blind, self._told):
            for id_ in [id_ for id_ in kept if id_ not in rules]:
                del kept[id_]

    def noted(self, state: EngineState, held: Mapping[str, tuple[RuleState, int]]) -> EngineState:
        """Return a checkpoint that also says since when rules were not checked: those, and the `held` ones."""
        rules = {
            id_: msgspec.structs.replace(rule, cannot_since=self._blind[id_].since) if id_ in self._blind else rule
            for id_, rule in state.rules.items()
        }
        rules |= {id_: msgspec.structs.replace(rule, cannot_since=since) for id_, (rule, since) in held.items()}
        return msgspec.structs.replace(state, rules=rules)
