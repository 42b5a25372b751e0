"""One of a person's links as a source of market data. Pure: no I/O, no clock; time comes in, in seconds."""

import enum
import itertools
import math
from collections.abc import Set

import msgspec

PROBES = 4
"""So often the time between two probes of the same doubles: 16 min at most."""
StreamKey = tuple[str, ...]
"""One thing that is watched: ("quotes", "QQQ"), ("greeks", "QQQ261218C00500000"), ("candles", "QQQ", "5m")."""


class Health(enum.Enum):
    """How a link is as a source."""

    UP = "up"
    AWAY = "away"
    """It is connecting, or broke off: it may be back in a moment."""
    DOWN = "down"
    """It is open and silent, or its credentials have no market data."""
    REFUSED = "refused"


class FeedTimes(msgspec.Struct, frozen=True):
    """Seconds. Whatever fails is replaced within 15 s of it, the subscription at the other link included."""

    away_s: float = 3.0
    """How long a link that broke off may take to be back."""
    unheard_s: float = 5.0
    """How long a link may say nothing of what it was asked for; then it counts as not entitled to it."""
    mute_s: float = 8.0
    """How long a link may say nothing at all while another one is heard of the same symbols."""
    probe_s: float = 10.0
    """How long another one is asked for something that is silent, before the next silent thing is."""
    unprobed_s: float = 60.0
    """How long it is not asked for the same again if that was silent there, too; each time twice as long."""
    late_s: float = 1_200.0
    """How long one that is in real time must be silent before what changes in delayed data, 15 min late, counts."""
    calm_s: float = 10.0
    """How long a better link must be well before it is gone back to."""
    grace_s: float = 5.0
    """How long what a link is not asked for any more is still known of it: a busy adapter may not notice at all."""


class FeedSource:
    """One link as a source: what it was asked for and since when, what it told and since when."""

    __slots__ = (
        "again", "asked", "changed", "chosen", "delayed", "health", "heard", "heard_at", "id", "missed", "muted",
        "place", "probed", "released", "since", "told", "up_at", "was_up",
    )  # fmt: skip

    def __init__(self, id_: str, now: float) -> None:
        self.id = id_
        self.place = 0
        self.delayed = False
        self.health = Health.AWAY
        self.since = self.up_at = now
        self.heard_at = now
        self.heard: dict[StreamKey, float] = {}
        """When it was last heard of each."""
        self.changed: dict[StreamKey, float] = {}
        """When something other than before was last heard of each: venues repeat themselves while the market rests."""
        self.missed: dict[StreamKey, int] = {}
        """At how many looks another one was heard of what this one was not heard of since."""
        self.probed: dict[StreamKey, tuple[int, float]] = {}
        """How often another one was asked for what is silent here, and since when the last time; the newest last."""
        self.again: set[StreamKey] = set()
        """What is not to be asked for until the next look, and then anew."""
        self.muted = False
        self.was_up = False
        self.asked: dict[StreamKey, float] = {}
        self.told: dict[StreamKey, float] = {}
        """Since when it tells something of each."""
        self.released: dict[StreamKey, float] = {}
        """What it is not asked for any more, and since when; told still, for a while."""
        self.chosen: set[StreamKey] = set()

    def __repr__(self) -> str:
        return f"<Source {self.id} {self.health.value} tells {len(self.told)} of {len(self.asked)}>"

    def fails(self, now: float, times: FeedTimes) -> bool:
        """Whether nothing can be expected of it now."""
        if self.health is Health.UP:
            return self.muted
        return self.health is not Health.AWAY or now >= max(self.since, self.heard_at) + times.away_s

    def lacks(self, wish: StreamKey, now: float, times: FeedTimes) -> bool:
        """Whether it was asked for `wish` long enough ago, and tells nothing of it."""
        return wish not in self.told and now >= self.asked.get(wish, now) + times.unheard_s

    def rests(self, wish: StreamKey, now: float, times: FeedTimes) -> bool:
        """Whether it told something of `wish`, and nothing more for a while."""
        return wish in self.told and now >= self.heard[wish] + times.mute_s

    def goes_on(self, wish: StreamKey, since: float) -> bool:
        """Whether it told something new of a symbol since then, and not for the first time: so the market goes on."""
        return self.changed.get(wish, -math.inf) >= since > self.told.get(wish, math.inf)

    def probe(self, silent: Set[StreamKey], now: float, times: FeedTimes) -> StreamKey | None:
        """Choose what of the `silent` is to be asked of another one for a while: each in turn, ever more rarely."""
        self.probed = {wish: probed for wish, probed in self.probed.items() if wish in silent}
        for wish, (_, at) in itertools.islice(reversed(self.probed.items()), 1):
            if now < at + times.probe_s:
                return wish
        due = [wish for wish in silent if now >= self._probe_at(wish, times)]
        found = min(due, key=lambda wish: (self.probed.get(wish, (0, 0.0)), wish), default=None)
        if found is not None:
            times_before, _ = self.probed.pop(found, (0, 0.0))
            self.probed[found] = times_before + 1, now
        return found

    def _probe_at(self, wish: StreamKey, times: FeedTimes) -> float:
        """Return when something silent may be asked of another one again."""
        often, at = self.probed.get(wish, (0, -math.inf))
        return at + times.unprobed_s * (1 << min(max(often - 1, 0), PROBES))

    def is_well(self, now: float, times: FeedTimes) -> bool:
        """Whether it has been up for so long that one may go back to it."""
        return self.health is Health.UP and not self.muted and now >= self.up_at + times.calm_s

    def set_demand(self, wishes: Set[StreamKey], now: float) -> bool:
        """Ask for `wishes` and nothing else; return whether that is news. What it told a moment ago it tells still."""
        if self.asked.keys() == wishes:
            return False
        for wish in self.asked.keys() - wishes:
            del self.asked[wish]
            self.missed.pop(wish, None)
            if wish in self.told:
                self.released[wish] = now
        for wish in wishes - self.asked.keys():
            self.asked[wish] = now
            self.released.pop(wish, None)
        return True
