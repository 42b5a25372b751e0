"""The simulated news sources: what happens on the market, what each source tells of it and when, and who listens."""

import heapq
import itertools
import random
import time
import typing

import msgspec

from simulator.asgi import SimLines, SimSocket
from simulator.faults.faults import Faults
from simulator.ids import Numbers
from simulator.market.market import SimMarket
from simulator.market.universe import Listing
from simulator.news import edition, markup, newsroom
from simulator.news.customers import SimNewsReaders
from simulator.news.edition import Errand
from simulator.news.listener import SimNewsListener
from simulator.news.newsroom import INDEX, Newsroom
from simulator.news.release_calendar import ReleaseCalendar
from simulator.news.shelf import KEPT, Shelf
from simulator.news.story import PATHS, Kind, NewsItem, Reaction, Source, Story, Wording
from simulator.stats import Stats

_FIRST_ID = 90_000_000
_IDS_SINCE_MS = 1_793_491_200_000
_MS_AN_ID = 100
"""Numbers of items begin at 90 million and a tenth of the seconds since November of 2026, as real ones are around
100 million by now, and rise: no start of the sources gives a number of an earlier one again."""
_LATE_S = 600.0
RELEASES_MS, RELEASES_STEP_MS = 60_000, 10_000
"""How far ahead releases are looked for, and how often."""
CLOSE_S = 5.0
"""A client that does not take its close in so many seconds is cut off."""


class PlannedErrand(msgspec.Struct, frozen=True):
    """An errand at `at`, in ms since the epoch: what `due_s` of the market's time was going to be when planned."""

    due_s: float
    at: int
    errand: Errand


class SimNews:
    """The state of all sources. `advance` lets happen what is due; HTTP, the socket and the faults use it."""

    def __init__(
        self,
        market: SimMarket,
        wall_ms: typing.Callable[[], int],
        keys: typing.Callable[[], typing.Iterable[tuple[str, str]]] = tuple,
        *,
        is_steady: bool = False,
    ) -> None:
        self.market = market
        self.wall_ms = wall_ms
        """The wall clock, in ms since the epoch."""
        self.address = "127.0.0.1:0"
        self.lines = SimLines()
        """The connections of clients; whoever serves them sets it."""
        self.readers = SimNewsReaders(market.seed, keys)
        self.is_steady = is_steady
        """Whether the market makes news by itself."""
        self.shelf = Shelf()
        self.faults = Faults()
        self.agenda: list[tuple[float, str, typing.Callable[[], object]]] = []
        """What is to be done, and when on the clock of sessions: faults that are planned."""
        self.stats = Stats()
        self.listeners: dict[SimNewsListener, SimSocket] = {}
        market.halt_hearers.append(self._tell_halt)
        market.action_hearers.append(lambda action: self.newsroom.relist(self._listings()))
        self.asked = {"prnewswire": 0, "finnhub": 0}
        """How often the sources were asked that do not always answer alike."""
        self.edgar_asked: dict[str, list[float]] = {}
        self.edgar_blocked: dict[str, float] = {}
        """When each address asked EDGAR within the last second, and until when one that asked too often waits."""
        first = _FIRST_ID + max(0, market.begun_at - _IDS_SINCE_MS) // _MS_AN_ID
        self.item_ids, self.story_ids = Numbers(first), Numbers(market.begun_at)
        self._draw = random.Random(f"{market.seed}:news")
        self.newsroom = self._room()
        companies = [*market.listings.values()]
        index = next((each for each in companies if each.symbol == INDEX), None)
        self._calendar = ReleaseCalendar(market.seed, companies, index)
        self._released_until = market.path_at
        """Until which moment of the paths releases were taken, in ms since the epoch."""
        self._errands: list[tuple[float, int, PlannedErrand]] = []
        self._order = itertools.count()
        self.planned_changes = 0
        """How often the errands that wait have changed."""

    def _room(self) -> Newsroom:
        return Newsroom(self._listings(), self._draw, self.story_ids)

    def _listings(self) -> list[Listing]:
        return [tape.listing for tape in self.market.tapes.values()]

    def stir(self, salt: int) -> None:
        """Let other things happen from now on than the seed alone decides."""
        self._draw = random.Random(f"{self.market.seed}:news:{salt}")
        self.newsroom = self._room()

    @property
    def is_busy(self) -> bool:
        """Whether time should pass in fine steps: somebody listens."""
        return bool(self.listeners)

    @property
    def errands(self) -> list[PlannedErrand]:
        """What is still to be done, the next first."""
        return [planned for _, _, planned in sorted(self._errands)]

    def advance(self, moment: float) -> None:
        """Do what is due at the market's new moment; `moment` is that of the clock of sessions, in seconds."""
        due = [planned for planned in self.agenda if planned[0] <= moment]
        self.agenda = [planned for planned in self.agenda if planned[0] > moment] if due else self.agenda
        for _, _, act in due:
            act()
        if self.is_steady:
            for story in self.newsroom.draw_until(self.market.seconds):
                self.take(story)
            self._take_releases()
        while self._errands and self._errands[0][0] <= self.market.seconds:
            self.carry_out(heapq.heappop(self._errands)[2].errand, self.market.at)
            self.planned_changes += 1
        self._check(moment)

    def _check(self, moment: float) -> None:
        for listener, socket in self.listeners.items():
            if listener.check(moment):
                socket.close(listener.close_code)
            if socket.closing_at is not None and moment - socket.closing_at > CLOSE_S:
                self.lines.cut(socket.client)

    def take(self, story: Story) -> None:
        """Let a story move its price, and plan what sources do about it."""
        self._push(story)
        tape = self.market.tapes.get(story.symbol)
        for errand in edition.errands(story, None if tape is None else tape.listing, self._draw):
            self.plan(errand, story.due_s + errand.after_s)

    def _take_releases(self) -> None:
        """Plan what sources say of moves that the market's paths bring about soon. Of what is past nothing is said."""
        at = self.market.path_at
        if at + RELEASES_MS - self._released_until < RELEASES_STEP_MS:
            return
        for release in self._calendar.find(max(at, self._released_until), at + RELEASES_MS):
            due_s = self.market.seconds + (release.at - at) / 1000
            listing = self.market.tapes[release.symbol].listing
            story = self.newsroom.report(release, listing, self.market.seconds, due_s)
            draw = random.Random(f"{self.market.seed}:{release.symbol}:{release.moves_at}:sources")
            for errand in edition.errands(story, listing, draw):
                self.plan(errand, due_s + errand.after_s)
        self._released_until = at + RELEASES_MS

    def _push(self, story: Story) -> None:
        """Let a story move its price, or the market's."""
        found = newsroom.impulse(story)
        if found is not None:
            self.market.push(found)

    def plan(self, errand: Errand, due_s: float, at: int | None = None) -> None:
        """Do something at a moment of the market's time, which is `at` on the wall."""
        wall = self.market.at + round(1000 * (due_s - self.market.seconds)) if at is None else at
        heapq.heappush(self._errands, (due_s, next(self._order), PlannedErrand(due_s, wall, errand)))
        self.planned_changes += 1

    def dictate(
        self,
        kind: Kind,
        symbol: str,
        direction: int,
        texts: Wording,
        reaction: Reaction = "none",
        size: float = 0.0,
        sources: tuple[Source, ...] = (),
    ) -> list[NewsItem]:
        """Let a story come out now that somebody tells. Returns what was published at once, at the named sources."""
        seconds = self.market.seconds
        story = self.newsroom.compose(kind, symbol, direction, texts, seconds, reaction, size, seconds)
        if not sources:
            self.take(story)
            return []
        self._push(story)
        listing = self.market.tapes[symbol].listing
        drafts = [edition.item(source, story, listing, self._draw) for source in sources]
        return [self.publish(draft, self.wall_ms()) for draft in drafts]

    def happen(self, stories: int, revisions: int) -> list[int]:
        """Let so many stories happen at once, on the socket's source, and revise as many older items of it.

        Returns their numbers, those of the stories first.
        """
        older, at = self.newest("alpaca", revisions), self.wall_ms()
        drawn = [self.newsroom.draw_now(self.market.seconds) for _ in range(stories)]
        told = [self.publish(edition.item("alpaca", each, None, self._draw), at) for each in drawn]
        for item in older:
            self.revise(item, at, headline=f"UPDATE 1-{item.headline}")
        return [*(item.id for item in told), *(item.id for item in older)]

    def carry_out(self, errand: Errand, at: int) -> None:
        """Do what an errand says, as of `at`."""
        item = errand.item
        if errand.action == "publish":
            self.publish(item, at)
        elif errand.action == "revise":
            known = self.shelf.find(item.source, item.story)
            if known is not None:
                self.revise(known, at, headline=item.headline)
        else:
            self._halt(item, at, is_halted=errand.action == "halt")

    def _halt(self, item: NewsItem, at: int, *, is_halted: bool) -> None:
        symbol = item.symbols[0]
        if symbol not in self.market.tapes:
            return
        if is_halted:
            self.market.halt(symbol, at, item.details["code"])
        else:
            self.market.resume(symbol)

    def _tell_halt(self, symbol: str, code: str | None) -> None:
        """Publish a halt of the market, whatever brought it about, or say in its item that trading has resumed."""
        tape, at = self.market.tapes[symbol], self.market.at
        if code is not None:
            draft = edition.halt_item(next(self.story_ids), tape.listing, code)
            self.publish(draft, at if tape.halted_at is None else tape.halted_at)
            return
        told = (item for item in self.newest("halts", KEPT) if item.symbols == (symbol,))
        known = next((item for item in told if "resumed" not in item.details), None)
        if known is not None:
            self.revise(known, at, details=known.details | {"resumed": str(at)})

    def publish(self, item: NewsItem, at: int) -> NewsItem:
        """Put an item on the shelf of its source under a new number, and tell it to whoever listens. Returns it."""
        path = PATHS[item.source]

        def find(name: str) -> typing.Any:
            return self.faults.find(name, (), now(), path=path)

        issued = at
        if fault := find("late_item"):
            issued = at - round(1000 * (fault.delay or _LATE_S))
        item = msgspec.structs.replace(item, id=next(self.item_ids), created_at=issued, updated_at=issued)
        if find("undated"):
            item = msgspec.structs.replace(item, is_dated=False)
        if fault := find("markup"):
            item = markup.spoil(item, fault.mode, fault.text)
        self._tell(item)
        if find("duplicate"):
            self._tell(msgspec.structs.replace(item, id=next(self.item_ids)))
        return item

    def _tell(self, item: NewsItem) -> None:
        self.shelf.put(item)
        if item.source == "alpaca":
            for listener in self.listeners:
                listener.send_item(item)

    def revise(self, item: NewsItem, at: int, **changes: typing.Any) -> NewsItem:
        """Put a later revision of an item in its place, and tell it. Returns it."""
        revised = self.shelf.revise(item, at, **changes)
        if item.source == "alpaca":
            for listener in self.listeners:
                listener.send_item(revised)
        return revised

    def newest(self, source: Source, count: int) -> list[NewsItem]:
        """Return the newest items of a source, newest first."""
        return self.shelf.newest(source, count)


def now() -> float:
    """Return the clock of sessions and periods, in seconds."""
    return time.monotonic()
