"""How one source is, in the words of docs/news.md. Pure; times in ms since the epoch."""

import collections
import math
import typing
from collections.abc import Sequence

import msgspec

State = typing.Literal["waiting", "live", "asked", "quiet", "late", "failing", "refused", "unusable"]
"""waiting: not asked yet; live: its socket is open; asked: it answers when it is asked; quiet: it answers, but has been
silent for longer than usual; late: its items come late; failing: it does not answer and is tried again; refused: it
refuses its key; unusable: it can never work as it is set."""

LAGS = 200
"""The newest items whose lag is remembered."""
GAPS = 200
FEW = 20
"""Fewer gaps than that say nothing of what is usual."""
LATE_MS = 120_000
"""A source whose median item comes later than that is late."""


class SourceStatus(msgspec.Struct, kw_only=True):
    """One source as people see it. `lag_*` are from publication to arrival, s; `usual_gap_s` the 99th percentile."""

    source: str
    name: str
    owner: typing.Literal["desk", "me"]
    kind: str = "feed"
    simulated: bool = False
    state: State = "waiting"
    since: int
    alive_at: int | None = None
    item_at: int | None = None
    lag_p50_s: float | None = None
    lag_p95_s: float | None = None
    pace_s: float | None = None
    usual_gap_s: float | None = None
    retry_at: int | None = None
    reason: str | None = None
    items: int = 0
    anomalies: dict[str, int] = {}


class SourceRecord:
    """What is noted of one source while it runs. `is_socket`: it delivers by itself."""

    def __init__(self, status: SourceStatus, *, is_socket: bool) -> None:
        self.status = status
        self._is_socket = is_socket
        self._lags: collections.deque[float] = collections.deque(maxlen=LAGS)
        self._gaps: collections.deque[float] = collections.deque(maxlen=GAPS)

    def mark_alive(self, now: int) -> None:
        """The source answered."""
        self.status.alive_at = now
        self.status.retry_at = None
        self.status.reason = None
        self._judge(now)

    def mark_items(self, lags_s: Sequence[float | None], count: int, now: int) -> None:
        """Items came, so many of them new or revised; the lag of each in s, None where it says nothing."""
        if self.status.item_at is not None:
            self._gaps.append((now - self.status.item_at) / 1000)
        self.status.item_at = now
        self.status.items += count
        self._lags.extend(lag for lag in lags_s if lag is not None)
        self.status.lag_p50_s, self.status.lag_p95_s = _percentile(self._lags, 0.5), _percentile(self._lags, 0.95)
        if len(self._gaps) >= FEW:
            self.status.usual_gap_s = _percentile(self._gaps, 0.99)
        self._judge(now)

    def mark_failed(self, state: State, reason: str, now: int, retry_at: int | None = None) -> None:
        """The source failed; `retry_at`: when it is tried again."""
        self.status.reason = reason
        self.status.retry_at = retry_at
        self._set(state, now)

    def count(self, anomaly: str, number: int = 1) -> None:
        """Count what was odd."""
        self.status.anomalies[anomaly] = self.status.anomalies.get(anomaly, 0) + number

    def review(self, now: int) -> bool:
        """Look whether time alone changed the state. Returns whether it did."""
        before = self.status.state
        if before in ("live", "asked", "quiet", "late"):
            self._judge(now)
        return self.status.state != before

    def _judge(self, now: int) -> None:
        status = self.status
        usual, since = status.usual_gap_s, status.item_at
        if usual is not None and since is not None and now - since > usual * 1000:
            self._set("quiet", now)
        elif status.lag_p50_s is not None and status.lag_p50_s * 1000 > LATE_MS:
            self._set("late", now)
        else:
            self._set("live" if self._is_socket else "asked", now)

    def _set(self, state: State, now: int) -> None:
        if self.status.state != state:
            self.status.state = state
            self.status.since = now


def _percentile(values: Sequence[float] | collections.deque[float], part: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)], 3)
