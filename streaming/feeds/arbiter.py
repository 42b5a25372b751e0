"""Which of a person's links each thing they watch comes by. Pure: no I/O, no clock; time comes in, in seconds.

The first link in the person's order is asked for everything. The next stands by: it is asked for what the first does
not tell, for all of it while the first is away, and else for a few symbols only, by which silence of the first shows,
and for what is silent at the first, one thing after another. Who fails is replaced as soon as another one tells; who
comes back must have been well for a while.
"""

import math
import typing
from collections.abc import Sequence, Set

from streaming.feeds.source import FeedSource, FeedTimes, Health, StreamKey

SAMPLED = 3
"""So many symbols that go on come by a link that stands by, too."""
MISSED = 3
"""At so many looks another one must have been heard of something before silence of it counts: markets rest."""
PROBED = frozenset({"quotes", "greeks", "underlyings"})
"""What is asked of another link, too, where it is silent: not the market's session, nor candles with their history."""


class FeedPlan(typing.NamedTuple):
    """What follows of a look: who is asked for something else, what moved to which link, what is not known any more."""

    asked: list[str]
    moved: list[tuple[StreamKey, str]]
    forgotten: list[tuple[str, StreamKey]]


class FeedArbiter:
    """The links of one person as sources. `leader` is the id of the one that feeds as a rule."""

    def __init__(self, times: FeedTimes | None = None) -> None:
        self.times = times or FeedTimes()
        self.leader: str | None = None
        self.sample: set[StreamKey] = set()
        self._all: dict[str, FeedSource] = {}
        self._order: list[FeedSource] = []
        """Those that are not refused, the best first."""
        self._wishes: frozenset[StreamKey] = frozenset()
        self._choice: dict[StreamKey, FeedSource] = {}
        self.moved: list[tuple[StreamKey, str]] = []
        """Wishes that have moved, and to which link, since somebody took note of it."""
        self._forgotten: list[tuple[str, StreamKey]] = []
        self._looked_at = 0.0

    def __repr__(self) -> str:
        return f"<Sources {self._order!r} for {len(self._wishes)} wishes>"

    # What happens

    def arrange(self, links: Sequence[str], now: float) -> None:
        """These are the links that may feed, in the person's order."""
        for gone in self._all.keys() - set(links):
            self._forget(self._all.pop(gone))
        for place, link in enumerate(links):
            self._all.setdefault(link, FeedSource(link, now)).place = place
        self._sort()

    def note(self, link: str, health: Health, now: float) -> bool:
        """A link is `health` from now on. Returns whether that is news."""
        source = self._all[link]
        if source.health is health:
            return False
        if health is Health.UP:
            source.up_at, source.muted, source.was_up = now, False, True
            source.missed.clear()
            source.asked = dict.fromkeys(source.asked, now)
        source.health, source.since = health, now
        self._sort()
        return True

    def rate(self, link: str, delayed: bool) -> None:
        """The data of a link is delayed, or not: whatever is real-time goes before."""
        if self._all[link].delayed is not delayed:
            self._all[link].delayed = delayed
            self._sort()

    def set_demand(self, wishes: frozenset[StreamKey]) -> None:
        """These things are watched, whoever brings them."""
        for wish in self._wishes - wishes:
            if (source := self._choice.pop(wish, None)) is not None:
                source.chosen.discard(wish)
        self._wishes = wishes
        self.sample &= wishes

    def on_event(self, link: str, wish: StreamKey, now: float, *, news: bool = True) -> bool | None:
        """A link told something of `wish`, other than before or not. Returns whether it is to be shown.

        None: nobody asked for it.
        """
        source = self._all[link]
        if wish not in source.asked and wish not in source.released:
            return None
        source.heard_at = now
        if source.muted:
            source.muted, source.up_at = False, now
        known = source.told.setdefault(wish, now) < now
        source.heard[wish] = now
        if news:
            source.changed[wish] = now
        if source.missed:
            source.missed.pop(wish, None)
        chosen = self._choice.get(wish)
        if known and chosen is source and self._is_fit(wish, source, now):
            self.sample.add(wish)
        if chosen is source:
            return True
        if wish not in self._wishes:
            return None
        if chosen is None or chosen.fails(now, self.times) or chosen.lacks(wish, now, self.times):
            self._choose(wish, source)
            return True
        return False

    def _is_fit(self, wish: StreamKey, source: FeedSource, now: float) -> bool:
        """Whether a wish that goes on is to join the sample."""
        if wish[0] != "quotes" or wish in self.sample:
            return False
        return sum(not source.rests(one, now, self.times) for one in self.sample & source.chosen) < SAMPLED

    def deny(self, link: str, wish: StreamKey) -> None:
        """A link says that it has no such thing."""
        source = self._all[link]
        if wish in source.asked:
            source.asked[wish] = -math.inf
            source.missed.pop(wish, None)
            if source.told.pop(wish, None) is not None:
                self._forgotten.append((link, wish))

    # What follows

    def source_of(self, wish: StreamKey) -> str | None:
        """Return the id of the link that `wish` comes by."""
        source = self._choice.get(wish)
        return None if source is None else source.id

    def take_moved(self) -> list[tuple[StreamKey, str]]:
        """Return the wishes that have moved to another link, and to which, since this or `decide` was last asked."""
        moved, self.moved = self.moved, []
        return moved

    def was_up(self, link: str) -> bool:
        """Whether `link` ever was up here, so that it can be missed."""
        return link in self._all and self._all[link].was_up

    def tells(self, link: str, wish: StreamKey) -> bool:
        """Whether a link told something of `wish` that is still so, as far as it goes."""
        return link in self._all and wish in self._all[link].told

    def partner(self, link: str) -> str | None:
        """Return the id of the best other link that is up."""
        return next((one.id for one in self._order if one.id != link and one.health is Health.UP), None)

    def is_delayed(self, link: str) -> bool:
        """Whether the data of `link` is delayed."""
        return self._all[link].delayed

    def demand_of(self, link: str) -> Set[StreamKey]:
        """Return what is asked of a link."""
        return self._all[link].asked.keys()

    def decide(self, now: float) -> FeedPlan:
        """Look at everything: who failed, who may come back, who is to be asked for what."""
        self._listen(now)
        self._sample(now)
        self._lead(now)
        self._go_back(now)
        self._fall_back(now)
        asked = self._assign(now)
        self._clear(now)
        plan = FeedPlan(asked, self.take_moved(), self._forgotten)
        self._forgotten = []
        return plan

    def _listen(self, now: float) -> None:
        """Find out who is mute, or mute about a symbol: of another one the same has changed, time and again."""
        looked_at, self._looked_at = self._looked_at, now
        up = [source for source in self._order if source.health is Health.UP]
        changed = {one.id: {wish for wish in self.sample if one.goes_on(wish, looked_at)} for one in up}
        for source in up:
            told = source.told.keys() & source.asked.keys()
            heard = {
                wish
                for one in up
                for wish in changed[one.id] & told
                if looked_at > source.heard[wish] + (self.times.late_s if one.delayed > source.delayed else 0)
            }
            for wish in heard:
                source.missed[wish] = source.missed.get(wish, 0) + 1
            for wish in [wish for wish, looks in source.missed.items() if looks >= MISSED]:
                if now >= source.heard_at + self.times.mute_s:
                    source.muted = True
                elif source.rests(wish, now, self.times):
                    self._doubt(wish, source)

    def _sample(self, now: float) -> None:
        """Compare with another link, of each, a few symbols that go on, and one thing that is silent, or rests."""
        sample: set[StreamKey] = set()
        for source in self._able(now):
            sampled = sorted(wish for wish in self.sample & source.chosen & source.told.keys() if wish[0] == "quotes")
            going = [wish for wish in sampled if not source.rests(wish, now, self.times)]
            sample.update((going or sampled)[:SAMPLED])
            told = source.chosen & source.told.keys()
            silent = {wish for wish in told if wish[0] in PROBED and source.rests(wish, now, self.times)}
            if (probe := source.probe(silent, now, self.times)) is not None:
                sample.add(probe)
        self.sample = sample

    def _doubt(self, wish: StreamKey, source: FeedSource) -> None:
        """Believe a source no more that it tells something of `wish`; what was shown of it is asked for once more."""
        self.deny(source.id, wish)
        if self._choice.get(wish) is source:
            source.again.add(wish)

    def _lead(self, now: float) -> None:
        """Choose who feeds as a rule."""
        leader = self._all.get(self.leader or "")
        better = [one for one in self._better(leader) if leader is None or one.is_well(now, self.times)]
        if better:
            self.leader = better[0].id
        elif leader is None or leader.fails(now, self.times):
            found = next(iter(self._able(now)), leader)
            self.leader = found.id if found is not None else None

    def _able(self, now: float) -> list[FeedSource]:
        """Return those of which something can be expected, the best first."""
        return [one for one in self._order if not one.fails(now, self.times)]

    def _better(self, source: FeedSource | None) -> list[FeedSource]:
        """Return those that go before `source`."""
        return self._order[: self._order.index(source)] if source in self._order else self._order

    def _go_back(self, now: float) -> None:
        """Return to the better link what it has told for a while."""
        for source in self._order[1:]:
            well = [one for one in self._better(source) if one.is_well(now, self.times)]
            for wish in list(source.chosen) if well else ():
                for one in well:
                    told_for_long = now >= one.told.get(wish, now) + self.times.calm_s
                    if told_for_long and not self._is_behind(one, source, wish):
                        self._choose(wish, one)
                        break

    def _is_behind(self, one: FeedSource, source: FeedSource, wish: StreamKey) -> bool:
        """Whether `source` was heard of `wish` while `one` was silent."""
        return one.heard[wish] + self.times.mute_s < source.heard.get(wish, -math.inf)

    def _fall_back(self, now: float) -> None:
        """Give what nobody brings, or who failed, to another one who tells it."""
        for wish in self._wishes - self._choice.keys():
            if self._order:
                self._choose(wish, next(iter(self._able(now)), self._order[0]))
        for source in self._all.values():
            failed = source.fails(now, self.times)
            for wish in list(source.chosen if failed else source.chosen - source.told.keys()):
                if failed or source.lacks(wish, now, self.times):
                    telling = [one for one in self._able(now) if wish in one.told]
                    if telling:
                        self._choose(wish, min(telling, key=lambda one: one.rests(wish, now, self.times)))

    def _assign(self, now: float) -> list[str]:
        """Ask each link for what none before it brings, and for what it is chosen for. Return whose asks changed."""
        rest: Set[StreamKey] = self._wishes
        compared: Set[StreamKey] = self.sample
        wanted: dict[str, Set[StreamKey]] = {}
        for source in self._order:
            wanted[source.id] = (rest | compared | source.chosen) - source.again
            source.again.clear()
            if not source.fails(now, self.times):
                lacked = {wish for wish in rest | compared if source.lacks(wish, now, self.times)}
                silent = {wish for wish in compared if source.rests(wish, now, self.times)}
                rest, compared = rest & lacked, compared & (lacked | silent | source.chosen)
        return [id_ for id_, source in self._all.items() if source.set_demand(wanted.get(id_, frozenset()), now)]

    def _clear(self, now: float) -> None:
        """Forget what failed links told, and what was told of things that they are not asked for any more."""
        for source in self._all.values():
            if source.told and source.fails(now, self.times):
                self._forget(source)
            elif source.released:
                over = [wish for wish, at in source.released.items() if now >= at + self.times.grace_s]
                for wish in over:
                    del source.released[wish]
                    source.told.pop(wish, None)
                    source.heard.pop(wish, None)
                    source.changed.pop(wish, None)
                    self._forgotten.append((source.id, wish))

    def _forget(self, source: FeedSource) -> None:
        """Know nothing any more of what a link told. What it is chosen for stays its own until another one tells it."""
        self._forgotten += ((source.id, wish) for wish in source.told)
        source.told.clear()
        source.released.clear()
        source.heard.clear()
        source.changed.clear()
        source.missed.clear()
        if source.id not in self._all:
            for wish in source.chosen:
                del self._choice[wish]
            source.chosen.clear()

    def _choose(self, wish: StreamKey, source: FeedSource) -> None:
        former = self._choice.get(wish)
        if former is not None:
            former.chosen.discard(wish)
        self._choice[wish] = source
        source.chosen.add(wish)
        if former is not source:
            self.moved.append((wish, source.id))

    def _sort(self) -> None:
        able = (source for source in self._all.values() if source.health is not Health.REFUSED)
        self._order = sorted(able, key=lambda source: (source.delayed, source.place))
