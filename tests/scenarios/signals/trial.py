"""Signals through the real parts in virtual time: host, manager, watchers, ledger, sink and lease of a process."""

import asyncio
import datetime
import functools
import typing
from collections.abc import Callable, Coroutine

from lib.clock import now_ms
from market.models import Watchlist
from signals import owner_store, store
from signals.models import SignalFact
from signals.record.batch import SignalBatch
from signals.record.chain import LinkedFact
from signals.record.outcome import SignalOutcome
from signals.watch.insight_watcher import InsightWatcher
from signals.watch.shown_signals import ShownSignals
from signals.watch.signal_watcher import SignalWatcher
from signals.watch.sink import settle
from signals.watch.waker import SignalWaker
from streaming.ledger.ledger import Database
from streaming.limits import Limits
from tests.alerts.law.owner import Owner
from tests.alerts.law.virtual_database import VirtualDatabase
from tests.scenarios.signals.venue import HALTED, QUIET, Market, MarketLinks
from tests.support import databases, virtual_time
from tests.support.corridor import Info
from tests.support.moments import new_york

DAY = "2026-11-18"
PERSON = 1
SYMBOLS = ("QQQ", "NVDA", QUIET, HALTED)
LIMITS = Limits(lease_s=30)

Kept = list[tuple[LinkedFact, SignalBatch | SignalOutcome | None]]
Story = Callable[["Trial"], Coroutine[typing.Any, typing.Any, None]]


def ms(time: str, day: str = DAY) -> int:
    """Return a time of day in New York, in ms."""
    return int(new_york(f"{day} {time}").timestamp() * 1000)


async def until(time: str, day: str = DAY) -> None:
    """Let time pass."""
    await asyncio.sleep(max(0.0, (ms(time, day) - now_ms()) / 1000))


class Trial:
    """What a test makes happen, and what the tables hold in the end."""

    def __init__(self, database: Database, last: str = DAY) -> None:
        self.database = VirtualDatabase(database)
        self.market = Market(datetime.date.fromisoformat(last))
        self.info = Info()
        self.links = MarketLinks(self.market, {PERSON: [self.info]})
        self.owners: list[Owner] = []
        self.clock: virtual_time.Clock

    def run(self, begin: str, story: Story, day: str = DAY) -> None:
        """Live through a story from a time of day in New York on."""
        with self.database.installed():
            virtual_time.run(new_york(f"{day} {begin}"), functools.partial(self._live, story))

    async def _live(self, story: Story, clock: virtual_time.Clock) -> None:
        self.clock = clock
        telling = asyncio.ensure_future(self.market.run())
        try:
            await story(self)
            for owner in self.owners:
                await owner.drain()
        finally:
            telling.cancel()

    def begin(self) -> Owner:
        """Start a process."""
        owner = Owner(
            self.links, self.database.settings, LIMITS, sinks=[settle],
            companions=[InsightWatcher, SignalWatcher, ShownSignals], services=[SignalWaker],
        )  # fmt: skip
        self.owners.append(owner)
        return owner

    async def kill(self) -> None:
        """Kill the process that owns the person, or any."""
        victim = next((owner for owner in self.owners if owner.owns(PERSON)), self.owners[0])
        self.owners.remove(victim)
        await victim.die()

    async def hand_over(self) -> None:
        """End the process that owns the person, or any, in good order."""
        leaving = next((owner for owner in self.owners if owner.owns(PERSON)), self.owners[0])
        self.owners.remove(leaving)
        await leaving.drain()

    def follow(self, symbols: tuple[str, ...] = SYMBOLS) -> None:
        """Have the person watch symbols, and follow signals."""

        def work() -> None:
            Watchlist.objects.create(person_id=PERSON, name="mine", symbols=list(symbols), place=0)
            owner_store.follow(PERSON, is_on=True)

        self.inside(work)

    def inside(self, work: Callable[[], typing.Any]) -> typing.Any:
        """Do something with the database."""
        return databases.inside(self.database.settings, work)

    def chain(self) -> Kept:
        """Return the person's chain."""
        return typing.cast(Kept, self.inside(lambda: list(store.read_chain(PERSON))))

    def count(self, about: str) -> int:
        """Return how many facts of the chain are about something."""
        return int(self.inside(lambda: SignalFact.objects.filter(person=PERSON, about=about).count()))


def batches(kept: Kept, model: str) -> list[SignalBatch]:
    """Return what a model said."""
    return [one for _, one in kept if isinstance(one, SignalBatch) and one.model == model]


def outcomes(kept: Kept, model: str) -> list[SignalOutcome]:
    """Return what came of it."""
    return [one for _, one in kept if isinstance(one, SignalOutcome) and one.model == model]
