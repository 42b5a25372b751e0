"""Brings what one person wants of the market by their links: by the one there is, or by the best of several.

With one link it hands the wants on and is not in the way of an event. With several it does what `sources` decides,
once a second and whenever a link changes.
"""

import asyncio
import decimal
from collections.abc import Callable, Iterable, Iterator

from msgspec import UNSET

from brokers.contract.broker import Demand
from brokers.contract.events import Event, Link, Profile, Slot
from lib.clock import now_ms
from streaming.board.board import Board, Item, read
from streaming.facts import Entry
from streaming.feeds import keys
from streaming.feeds.arbiter import FeedArbiter
from streaming.feeds.divergence import Divergences, book
from streaming.feeds.source import Health, StreamKey
from streaming.links import notices
from streaming.links.runner import LinkRunner
from streaming.links.state import LinkState

LOOK_S = 1.0
GRACE_S = 5.0
"""How long a slot that nobody wants any more stays on the board. An adapter that is busy sees of a wish that ended and
came back nothing at all, and would not tell again what it told before."""

_HEALTH = {LinkState.LIVE: Health.UP, LinkState.STALE: Health.DOWN, LinkState.REFUSED: Health.REFUSED}


class FeedRouter:
    """The market data of one person. `changed` is called when the board may have changed, `tell` with what is news."""

    def __init__(
        self, board: Board, changed: Callable[[], None], tell: Callable[[Entry], None], fraction: float
    ) -> None:
        self.several = False
        """Whether more than one link has market data, so that each event must be asked after."""
        self.demand = Demand()
        self._board = board
        self._changed = changed
        self._tell = tell
        self._runners: dict[str, LinkRunner] = {}
        """The links that may feed what is shown, in the person's order."""
        self._sources = FeedArbiter()
        self._divergences = Divergences(fraction)
        self._fed: dict[str, bool] = {}
        """Of each link, whether its credentials have market data, as far as it told."""
        self._delayed: dict[str, bool] = {}
        self._aside: dict[str, dict[Slot, Item]] = {}
        """What links told of slots that come by another one."""
        self._leaving: dict[Slot, float] = {}
        """The slots that nobody wants any more, and until when they stay, on the loop's clock."""
        self._called = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Feeding {self._sources!r}>" if self.several else f"<Feeding by {[*self._runners]}>"

    @property
    def leader(self) -> LinkRunner | None:
        """The link that feeds as a rule: whom to ask what is not streamed. None where there is none."""
        if self.several:
            return self._runners.get(self._sources.leader or "")
        return next(iter(self._runners.values()), None)

    @property
    def ranked(self) -> list[LinkRunner]:
        """The links that may feed what is shown: the one that feeds as a rule, then the others in their order."""
        return sorted(self._runners.values(), key=lambda runner: runner is not self.leader)

    # What is wanted, and by whom

    def set_demand(self, wanted: Demand) -> float | None:
        """Say what must be brought. Returns in how many s what is wanted no more is to be let go; None: nothing is."""
        for slot in keys.left(wanted, self.demand):
            self._leaving.pop(slot, None)
        left = dict.fromkeys(keys.left(self.demand, wanted), asyncio.get_running_loop().time() + GRACE_S)
        self._leaving |= left
        self.demand = wanted
        if self.several:
            self._sources.set_demand(keys.wishes(wanted))
        self.route()
        return GRACE_S if left else None

    def release_expired(self, now: float) -> list[Slot]:
        """Return the slots that nobody wanted back in time: their feed has ended."""
        due = [slot for slot, at in self._leaving.items() if at <= now]
        for slot in due:
            del self._leaving[slot]
        return due

    def arrange(self, runners: Iterable[LinkRunner]) -> None:
        """These are the person's links now, in their order."""
        runners = list(runners)
        able = of_one_world(runners)
        for runner in runners:
            if runner not in able:
                runner.watch.set_demand(Demand())
        self._runners = {runner.id: runner for runner in able}
        for known in (self._aside, self._fed, self._delayed):
            for gone in known.keys() - {runner.id for runner in runners}:
                del known[gone]
        many = sum(runner.info.feeds for runner in runners) > 1
        if self.several or many:
            self._arrange_several(many)
        self.route()

    def _arrange_several(self, many: bool) -> None:
        """Take the links up as sources; where there are not `many` any more, be in nobody's way from now on."""
        began, now = not self.several, asyncio.get_running_loop().time()
        self._sources.arrange(list(self._runners), now)
        self._sources.set_demand(keys.wishes(self.demand))
        for runner in self._runners.values():
            self._sources.rate(runner.id, self._delayed.get(runner.id, False))
            self._sources.note(runner.id, self._health(runner), now)
        self.several = True
        self._check()
        if began:
            self._recall(now)
        if not many:
            self.several, self._sources, self._aside = False, FeedArbiter(), {}
        self._called.set()

    def _recall(self, now: float) -> None:
        """Know what the links told while there was one only: it is on the board."""
        for wish in keys.wishes(self.demand):
            for slot in keys.slots(wish):
                shown = self._board.whole(slot)
                if shown is not None and (link := shown.get("link")) in self._runners:
                    self._sources.on_event(link, wish, now)

    def route(self) -> None:
        """Ask the links for what is wanted of each."""
        if self.several:
            self._check()
            return
        for runner in self._runners.values():
            runner.watch.set_demand(Demand() if runner.state is LinkState.REFUSED else self.demand)

    def note(self, runner: LinkRunner, event: Link) -> None:
        """A link said how it is."""
        if event.feed_at is not UNSET:
            self._fed[runner.id] = event.feed_at is not None
        if isinstance(event.delayed, bool):
            self._delayed[runner.id] = event.delayed
        if runner.id not in self._runners:
            return
        if not self.several:
            if event.state == LinkState.REFUSED.value:
                self.route()
            return
        self._sources.rate(runner.id, self._delayed.get(runner.id, False))
        if self._sources.note(runner.id, self._health(runner), asyncio.get_running_loop().time()):
            self._check()

    def _health(self, runner: LinkRunner) -> Health:
        health = _HEALTH.get(runner.state, Health.AWAY)
        return Health.DOWN if health is Health.UP and self._fed.get(runner.id) is False else health

    # What comes

    def admit(self, event: Event, origin: str) -> bool:
        """Return whether the board is to show an event that came by the link `origin`, one of several."""
        slot = event.slot
        wish = keys.wish_of(slot)
        if wish is None:
            return True
        if origin not in self._runners:
            return False
        if isinstance(event, Profile) and event.status == "unlisted":
            self._sources.deny(origin, wish)
            return self._sources.source_of(wish) == origin
        news = wish not in self._sources.sample or self._is_news(event, slot, origin)
        shown = self._sources.on_event(origin, wish, asyncio.get_running_loop().time(), news=news)
        if self._sources.moved:
            self._place(self._sources.take_moved())
        if shown is False:
            self._put_aside(event, slot, origin)
        return bool(shown)

    def _is_news(self, event: Event, slot: Slot, origin: str) -> bool:
        """Whether an event says anything, its time apart, that its link did not say before."""
        known = self._aside.get(origin, {}).get(slot) or self._board.whole(slot) or {}
        return any(known.get(name, known) != value for name, value in read(event).items() if not name.endswith("at"))

    def _put_aside(self, event: Event, slot: Slot, origin: str) -> None:
        """Keep what another link says, for when it is to be shown."""
        aside = self._aside.setdefault(origin, {})
        if getattr(event, "gone", UNSET) is True:
            aside.pop(slot, None)
        else:
            aside.setdefault(slot, {}).update(read(event))

    async def run(self) -> None:
        """Look at the sources once a second, while there are several."""
        while True:
            if not self.several:
                self._called.clear()
                await self._called.wait()
            await asyncio.sleep(LOOK_S)
            if self.several:
                self._check()
                self._compare()

    def _check(self) -> None:
        """Do what follows of how the links are."""
        before = self._sources.leader
        plan = self._sources.decide(asyncio.get_running_loop().time())
        self._place(plan.moved)
        for link, wish in plan.forgotten:
            for slot in keys.slots(wish):
                self._aside.get(link, {}).pop(slot, None)
        for link in plan.asked:
            self._runners[link].watch.set_demand(keys.demand(self._sources.demand_of(link)))
        after = self.leader
        if before in self._runners and after is not None and after.id != before and self._sources.was_up(str(before)):
            self._tell_moved(self._runners[str(before)], after)

    def _place(self, moved: Iterable[tuple[StreamKey, str]]) -> None:
        """Show what was told aside until now, of all that has moved."""
        for wish, link in moved:
            aside = self._aside.get(link, {})
            for slot in keys.slots(wish):
                shown = self._board.whole(slot)
                former = str(shown.get("link")) if shown is not None else link
                if shown is not None and former != link and self._sources.tells(former, wish):
                    self._aside.setdefault(former, {})[slot] = shown
                if (item := aside.pop(slot, None)) is not None:
                    self._board.replace(slot, item, link)
                elif shown is not None and shown.get("status") == "unlisted":
                    self._board.drop(slot)
        self._changed()

    # What is worth telling

    def _tell_moved(self, before: LinkRunner, after: LinkRunner) -> None:
        self._tell(notices.feed_moved(after.id, after.info.label, before.info.label, now_ms()))

    def _compare(self) -> None:
        """Compare what the links say of the symbols that come by two of them."""
        now, at = asyncio.get_running_loop().time(), now_ms()
        for symbol, link, other in self._pairs():
            slot = ("quote", symbol)
            ours, theirs = self._board.whole(slot), self._aside.get(other, {}).get(slot)
            if ours is None or ours.get("link") != link:
                continue
            one, two = book(ours, at), book(theirs, at)
            gap = self._divergences.check(symbol, one, two, now)
            if gap is not None and one is not None and two is not None:
                labels = self._runners[link].info.label, self._runners[other].info.label
                prices = _exact(one.middle), _exact(two.middle)
                self._tell(notices.diverged(symbol, (link, other), labels, prices, gap, at))

    def _pairs(self) -> Iterator[tuple[str, str, str]]:
        """Yield the symbols that come by two links that are both real-time: whose is shown, and the other."""
        for wish in (wish for wish in self._sources.sample if wish[0] == "quotes"):
            link = self._sources.source_of(wish)
            other = self._sources.partner(link) if link is not None else None
            if link is not None and other is not None and not self._is_late(link, other):
                yield wish[1], link, other

    def _is_late(self, *links: str) -> bool:
        """Whether the data of one of `links` is delayed."""
        return any(self._delayed.get(link) for link in links)


def of_one_world(runners: Iterable[LinkRunner]) -> list[LinkRunner]:
    """Return the links that may feed, of those in the world of the first one.

    A simulated venue's prices are no stand-in for real ones, nor the other way round.
    """
    able = [runner for runner in runners if runner.info.feeds]
    return [one for one in able if _is_simulated(one) == _is_simulated(able[0])]


def _is_simulated(runner: LinkRunner) -> bool:
    return runner.info.environment == "simulated"


def _exact(price: float) -> decimal.Decimal:
    return decimal.Decimal(f"{price:.6f}").normalize()
