"""A desk with one person linked to simulated venues, clients who keep what they are told, and all of their books."""

import asyncio
import contextlib
import dataclasses
import json
import pathlib
import random
import sqlite3
import typing

import psycopg

from tests.scenarios.three_books.book_readers import VENUES, Library
from tests.scenarios.three_books.comparing import Difference
from tests.scenarios.three_books.recording_clients import EventsKeeper, Keeper, SocketKeeper
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.loop_thread import LoopThread, end
from tests.support.people import ALICE

READY_S = 60.0


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a world is made of. `limits` as in the STREAM setting; `keepers` are the clients."""

    seed: int
    web: int = 1
    streams: int = 0
    venues: tuple[str, ...] = tuple(VENUES)
    keepers: tuple[type[Keeper], ...] = (SocketKeeper, SocketKeeper, EventsKeeper)
    limits: dict[str, float] = dataclasses.field(default_factory=dict)
    speed: float = 0.2
    """How fast the market moves: nobody here looks at prices."""


class World(LoopThread):
    """A running world. Use it in a `with`."""

    def __init__(self, folder: pathlib.Path, plan: Plan, template: pathlib.Path) -> None:
        super().__init__()
        self.folder = folder
        self.plan = plan
        self._template = template
        self._warrant = folder / "warrant"

    def __enter__(self) -> typing.Self:
        self._stack = contextlib.ExitStack()
        try:
            self._start()
            super().__enter__()
            self._stack.callback(super().__exit__, None, None, None)
            self.wait_until_live()
            self._wait_until_compared()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *error: typing.Any) -> None:
        self._stack.close()

    def _start(self) -> None:
        plan = self.plan
        variables = {
            "DJANGO_SETTINGS_MODULE": "tests.scenarios.three_books.settings",
            "BOOKS_WARRANT": str(self._warrant),
            "FAULTS_STREAM": json.dumps(plan.limits),
        }
        desk = Desk(
            self.folder / "desk",
            self._template,
            web=plan.web,
            streams=plan.streams,
            venue=["--speed", str(plan.speed)],
            variables=variables,
        )
        self.desk = self._stack.enter_context(desk)
        self.library = Library(desk, self._ask, plan.venues)

    async def _open(self) -> None:
        cookie = await asyncio.to_thread(self.desk.cookie, ALICE)
        luck = random.Random(self.plan.seed)
        keepers = [kind(self.desk, cookie, random.Random(luck.random())) for kind in self.plan.keepers]
        self._tasks = [asyncio.ensure_future(keeper.run()) for keeper in keepers]
        self.library.keepers = keepers

    async def _close(self) -> None:
        await end(self._tasks)

    def _ask(self, question: str) -> list[tuple[typing.Any, ...]]:
        url = self.desk.database_url
        if url.startswith("postgresql"):
            with psycopg.connect(url) as connection:
                return connection.execute(question.encode()).fetchall()
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as database:
            return database.execute(question).fetchall()

    def wait_until_live(self) -> None:
        """Wait until every link is live, as every client says."""
        eventually(
            lambda: self.library.is_live,
            within=READY_S,
            saying=lambda: (self.library.keepers, self.desk.log[-6000:]),
        )

    def _wait_until_compared(self) -> None:
        """Wait until the venues were asked about every account: what they tell of before is history, not missed."""
        eventually(lambda: self.library.is_compared, within=READY_S, saying=lambda: self.desk.log[-6000:])

    def settled(self, within: float) -> Difference:
        """Let it be quiet, have the venues asked, and return what still differs then."""
        self.library.clear()
        self.wait_until_live()
        self.library.reconcile()
        return self.library.agreed(within)

    def die(self) -> None:
        """Let the process that stores the next facts die before anybody is told, and another one take its place."""
        self._warrant.touch()
        eventually(lambda: not self._warrant.exists(), within=READY_S, saying=lambda: self.desk.log[-3000:])
        server = self.desk.server
        if self.plan.web + self.plan.streams == 1:  # a desk of several has somebody who replaces the dead
            assert server.process is not None
            server.process.wait(READY_S)
            self.desk.start_server()

    def wait_until_passed(self, seconds: float) -> None:
        """Wait until everything has happened that was ordered, and so much time has passed at the venues."""

        def has_passed() -> bool:
            return self.library.is_over and self.library.shelves[0].report("clock")["ahead_s"] >= seconds

        eventually(has_passed, within=READY_S, saying=lambda: self.desk.venue.log[-3000:])

    def begin_ahead(self, seconds: float) -> None:
        """Start the desk again on a machine whose clock shows what the venues' do."""
        self.desk.environment["FAULTS_AHEAD_S"] = str(seconds)
        self.desk.start_server()
        self.wait_until_live()
