"""One of a person's links as a source of market data. Pure: no I/O, no clock; time comes in, in seconds."""

import enum
import math
from collections.abc import Set

import msgspec

Wish = tuple[str, ...]
"""One thing that is watched: ("quotes", "QQQ"), ("greeks", "QQQ261218C00500000"), ("candles", "QQQ", "5m")."""


class Health(enum.Enum):
    """How a link is as a source."""

    UP = "up"
    AWAY = "away"
    """It is connecting, or broke off: it may be back in a moment."""
    DOWN = "down"
    """It is open and silent, or its credentials have no market data."""
    REFUSED = "refused"


class Times(msgspec.Struct, frozen=True):
    """Seconds. Whatever fails is replaced within 15 s of it, the subscription at the other link included."""

    away_s: float = 3.0
    """How long a link that broke off may take to be back."""
    unheard_s: float = 5.0
    """How long a link may say nothing of what it was asked for; then it counts as not entitled to it."""
    mute_s: float = 8.0
    """How long a link may say nothing at all while another one is heard of the same symbols."""
    probe_s: float = 10.0
    """How long another one is asked for something that is silent, before the next silent thing is."""
    calm_s: float = 10.0
    """How long a better link must be well before it is gone back to."""
    grace_s: float = 5.0
    """How long what a link is not asked for any more is still known of it: a busy adapter may not notice at all."""


class Source:
    """One link as a source: what it was asked for and since when, what it told and since when."""

    __slots__ = (
        "asked", "chosen", "delayed", "health", "heard", "heard_at", "id", "missed", "muted", "place", "probed",
        "released", "since", "told", "up_at", "was_up",
    )  # fmt: skip

    def __init__(self, id_: str, now: float) -> None:
        self.id = id_
        self.place = 0
        self.delayed = False
        self.health = Health.AWAY
        self.since = self.up_at = now
        self.heard_at = now
        self.heard: dict[Wish, float] = {}
        """When it was last heard of each."""
        self.missed: dict[Wish, int] = {}
        """At how many looks another one was heard of what this one was not heard of since."""
        self.probed: dict[Wish, float] = {}
        """Since when, or when last, another one was asked for what is silent here; the newest last."""
        self.muted = False
        self.was_up = False
        self.asked: dict[Wish, float] = {}
        self.told: dict[Wish, float] = {}
        """Since when it tells something of each."""
        self.released: dict[Wish, float] = {}
        """What it is not asked for any more, and since when; told still, for a while."""
        self.chosen: set[Wish] = set()

    def __repr__(self) -> str:
        return f"<Source {self.id} {self.health.value} tells {len(self.told)} of {len(self.asked)}>"

    def fails(self, now: float, times: Times) -> bool:
        """Whether nothing can be expected of it now."""
        if self.health is Health.UP:
            return self.muted
        return self.health is not Health.AWAY or now >= max(self.since, self.heard_at) + times.away_s

    def lacks(self, wish: Wish, now: float, times: Times) -> bool:
        """Whether it was asked for `wish` long enough ago, and tells nothing of it."""
        return wish not in self.told and now >= self.asked.get(wish, now) + times.unheard_s

    def rests(self, wish: Wish, now: float, times: Times) -> bool:
        """Whether it told something of `wish`, and nothing more for a while."""
        return wish in self.told and now >= self.heard[wish] + times.mute_s

    def goes_on(self, wish: Wish, since: float) -> bool:
        """Whether it was heard of a symbol since then, and not for the first time: that says how it stands."""
        return self.heard.get(wish, -math.inf) >= since > self.told.get(wish, math.inf)

    def probe(self, silent: Set[Wish], now: float, times: Times) -> Wish | None:
        """Choose what of the `silent` is to be asked of another one, each for a while, the longest unasked first."""
        self.probed = {wish: at for wish, at in self.probed.items() if wish in silent}
        newest = next(reversed(self.probed), None)
        if newest is not None and now < self.probed[newest] + times.probe_s:
            return newest
        found = min(silent, key=lambda wish: (self.probed.get(wish, -math.inf), wish), default=None)
        if found is not None:
            self.probed.pop(found, None)
            self.probed[found] = now
        return found

    def is_well(self, now: float, times: Times) -> bool:
        """Whether it has been up for so long that one may go back to it."""
        return self.health is Health.UP and not self.muted and now >= self.up_at + times.calm_s

    def ask(self, wishes: Set[Wish], now: float) -> bool:
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
