"""One desk with everything it depends on, under load, watched by clients of every kind, so that faults can hit it."""

import asyncio
import contextlib
import dataclasses
import json
import pathlib
import random
import re
import signal
import sqlite3
import time
import typing

from config.databases import POOL_S
from simulator.market.universe import LISTINGS
from tests.scenarios.faults.books import Comparison, Row, Sample, VenueBook, compare
from tests.scenarios.faults.clients import Caller, Client, Events, Frames, Plain, Polls
from tests.scenarios.faults.journal import CODE, Journal
from tests.scenarios.faults.page import Page
from tests.scenarios.faults.processes import Process
from tests.scenarios.faults.proxy import Proxy
from tests.scenarios.faults.servers import LayerServer, PostgreSQL
from tests.support.backends import layer_program
from tests.support.desk import Desk, Program, make_template
from tests.support.eventually import aeventually, eventually
from tests.support.loop_thread import LoopThread, end
from tests.support.people import ALICE

if typing.TYPE_CHECKING:
    from tests.scenarios.faults.strikes import Strike

READY_S = 60.0
LOOK_S = 0.1


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a world is made of. `facts` a second, `speed` of the market, `limits` as in the STREAM setting.

    `pool_s`: how long its pages wait for a connection to PostgreSQL.
    `symbols` are watched by everybody; `chromium` is the browser of the page that watches with them.
    """

    web: int = 2
    streams: int = 2
    database: str = "sqlite"
    layer: str = "valkey-tcp"
    seed: int = 0
    facts: float = 20.0
    symbols: int = 12
    speed: float = 1.0
    stall_s: float = 3.0
    limits: dict[str, float] = dataclasses.field(default_factory=dict)
    pool_s: float = POOL_S
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    chromium: str = ""


class World(LoopThread):
    """A running world. Use it in a `with`; methods may be called from any thread but its own."""

    def __init__(self, folder: pathlib.Path, plan: Plan, template: pathlib.Path | None = None) -> None:
        super().__init__()
        self.folder = folder
        self.plan = plan
        self._template = template
        self.luck = random.Random(plan.seed)
        self.symbols = [*LISTINGS][: plan.symbols]
        self.clients: list[Client] = []
        self.page: Page | None = None
        self.guests: dict[str, Program] = {}
        self.lag_s = 0.0
        self.wrong: list[str] = []
        """What strikes expected and did not find."""

    def __enter__(self) -> typing.Self:
        self._stack = contextlib.ExitStack()
        try:
            self._start()
            super().__enter__()
            self._stack.callback(super().__exit__, None, None, None)
            self.journal.start()
            self._stack.callback(self.journal.stop)
            self.wait_until_live(within=READY_S)
            if self.plan.chromium:
                profile = self.folder / "profile"
                self.page = self._stack.enter_context(Page(self.plan.chromium, profile, self.desk, self.cookie))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *error: typing.Any) -> None:
        self._stack.close()

    # How it comes to be

    def _start(self) -> None:
        plan = self.plan
        folder = self.folder / "layer"
        folder.mkdir()
        program, kind = plan.layer.split("-")
        self.layer = self._stack.enter_context(
            LayerServer(folder, typing.cast(typing.Any, kind), layer_program(program))
        )
        target = ("127.0.0.1", self.layer.port) if kind == "tcp" else self.layer.socket
        self.proxy = self._stack.enter_context(Proxy(target, folder / "proxy" if kind == "unix" else None))
        variables = {
            "DJANGO_SETTINGS_MODULE": "tests.scenarios.faults.settings",
            "FAULTS_JOURNAL": str(self.folder),
            "FAULTS_STREAM": json.dumps(plan.limits),
            "FAULTS_POOL_S": str(plan.pool_s),
            "FAULTS_STALL_S": str(plan.stall_s),
            "REDIS_URL": address(self.proxy.address),
            **self._database(),
            **plan.variables,
        }
        template = self._template or self._make_template(variables)
        self.desk = self._stack.enter_context(
            Desk(
                self.folder / "desk",
                template,
                web=plan.web,
                streams=plan.streams,
                venue=["--speed", str(plan.speed)],
                variables=variables,
            )
        )
        self._first = frozenset(self.desk.children.values())
        account = self.desk.grants[0]["accounts"][0]
        self.venue = VenueBook(self.desk.control, account)
        self.person = self._person()
        self.journal = Journal(self.folder, self.person, plan.facts)

    def _make_template(self, variables: dict[str, str]) -> pathlib.Path:
        return make_template(self.folder / "template", variables)

    def _database(self) -> dict[str, str]:
        self.postgresql: PostgreSQL | None = None
        if self.plan.database == "sqlite":
            return {}
        self.postgresql = self._stack.enter_context(PostgreSQL())
        return {"DATABASE_URL": self.postgresql.url}

    async def _open(self) -> None:
        cookie = await asyncio.to_thread(self.desk.cookie, ALICE)
        kinds: tuple[type[Client], ...] = (Frames, Frames, Events, Polls, Plain)
        self.clients = [kind(self.desk, cookie, self.symbols, random.Random(self.luck.random())) for kind in kinds]
        self.caller = Caller(self.desk)
        self.cookie = cookie
        self._tasks = [asyncio.ensure_future(client.run()) for client in self.clients]
        others = (self.caller.run(), self.venue.run(), self._look())
        self._tasks += [asyncio.ensure_future(other) for other in others]

    async def _close(self) -> None:
        await end(self._tasks)

    async def _look(self) -> None:
        while True:
            now = time.monotonic()
            for client in self.clients:
                client.look(now)
            await asyncio.sleep(LOOK_S)
            self.lag_s = max(self.lag_s, time.monotonic() - now - LOOK_S)

    # What is known of it

    @property
    def processes(self) -> dict[str, Process]:
        """The desk's processes by name, those that run now: web-1, streams-2, and hosts that came to it."""
        pids = self.desk.children | {
            name: host.process.pid for name, host in self.guests.items() if host.process is not None
        }
        return {name: Process(pid) for name, pid in pids.items() if pathlib.Path(f"/proc/{pid}").exists()}

    def wait_until_whole(self, within: float = READY_S) -> None:
        """Wait until each of its processes, or the heir of each, is ready."""
        wanted = self.plan.web + self.plan.streams
        eventually(
            lambda: len(found := self.desk.children) == wanted and all(map(self._is_ready, found.values())),
            within=within, saying=lambda: (self.desk.children, self.desk.log[-3000:]),
        )  # fmt: skip

    def _is_ready(self, pid: int) -> bool:
        return pid in self._first or re.search(rf"process {pid}\)? is ready", self.desk.log) is not None

    @contextlib.contextmanager
    def guest(self, name: str, **variables: str) -> typing.Iterator[None]:
        """Let a host come to the desk for as long as the `with`, as from another machine, with variables of its own."""
        environment = self.desk.environment | variables
        host = Program(["manage.py", "runstreams"], environment, self.desk.folder / f"{name}.log")
        self.guests[name] = host
        try:
            host.start()
            host.line("Ready: ")
            yield
        finally:
            host.stop()
            del self.guests[name]

    def restart(self) -> None:
        """Have every process replaced, one after the other."""
        assert self.desk.server.process is not None
        Process(self.desk.server.process.pid).send(signal.SIGHUP)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what is wrong unless it `holds`; what happens next may tell more."""
        if not holds:
            self.wrong.append(otherwise)

    def suffer(self, strike: "Strike", scale: float = 1.0, within: float | None = None) -> "Outcome":
        """Let one fault hit, and wait until everybody is live again, `within` seconds of its end."""
        self.wait_until_whole()
        self.wait_until_live(READY_S, time.time_ns() // 1_000_000)  # the market rested while books were compared
        self._forget()
        quotes = sum(client.quotes for client in self.clients)
        strike.hit(self, scale)
        ended, ended_ms = time.monotonic(), time.time_ns() // 1_000_000
        try:
            self.wait_until_live(strike.live_s if within is None else within, ended_ms)
        except AssertionError as error:
            self.wrong.append(f"not live: {error}")
        live_s = time.monotonic() - ended
        self.expect(self.venue.most <= strike.owners, f"{self.venue.most} owners at once were at the venue")
        silent = {type(client).__name__: client.claim.worst_s for client in self.clients if client.keeps_facts}
        if self.page is not None:
            silent["Page"] = self.page.worst_s
        who = max(silent, key=silent.__getitem__)
        away_s = max(client.away_s for client in self.clients)
        quotes = sum(client.quotes for client in self.clients) - quotes
        wrong, self.wrong = self.wrong, []
        return Outcome(strike.name, live_s, silent[who], who, away_s, self.lag_s, quotes, wrong)

    def _forget(self) -> None:
        """Measure anew from now on."""
        self.venue.most = 0
        self.lag_s = 0.0
        for client in self.clients:
            client.claim.worst_s = client.away_s = 0.0
        if self.page is not None:
            self.page.forget()

    @property
    def live(self) -> bool:
        """Whether every client says LIVE."""
        return all(client.claim.live for client in self.clients)

    def wait_until_live(self, within: float, since_ms: int = 0) -> float:
        """Wait until every client is live with a quote that changed after `since_ms`. Returns the seconds it took."""
        begun = time.monotonic()
        eventually(
            lambda: self.live and all(client.quoted_at > since_ms or not client.keeps_facts for client in self.clients),
            within=within, saying=lambda: (self.clients, self.desk.log[-6000:]),
        )  # fmt: skip
        if self.page is not None:
            self.page.wait_until_live(max(1.0, begun + within - time.monotonic()), since_ms)
        return time.monotonic() - begun

    @property
    def owner(self) -> str:
        """The name of the process that owns the person, by the newest fact that one handed to its recorder.

        One that has just died is not waited for by this: its successor is.
        """
        return str(eventually(self._find_owner, within=READY_S, saying=lambda: self.desk.log[-3000:]))

    def _find_owner(self) -> str:
        newest = max(self.folder.glob("handed-*.jsonl"), key=lambda file: file.stat().st_mtime_ns)
        pid = int(newest.stem.removeprefix("handed-"))
        return next((name for name, process in self.processes.items() if process.pid == pid), "")

    def look(self) -> Sample:
        """Ask the venue what it knows of the person."""
        return self.venue.look()

    # Its books

    def _person(self) -> int:
        people = dict(self.ask("SELECT email, id FROM accounts_user"))
        return int(people[ALICE])

    def ask(self, question: typing.LiteralString) -> list[tuple[typing.Any, ...]]:
        """Ask the database."""
        if self.postgresql is not None:
            return self.postgresql.ask(question)
        with contextlib.closing(sqlite3.connect(self.sqlite, timeout=20)) as database:
            return database.execute(question).fetchall()

    def tell(self, order: typing.LiteralString) -> None:
        """Have the database do something."""
        if self.postgresql is not None:
            self.postgresql.tell(order)
            return
        with contextlib.closing(sqlite3.connect(self.sqlite, timeout=20, isolation_level=None)) as database:
            database.execute(order)

    @property
    def writable(self) -> bool:
        """Whether nobody keeps the database from being written, now."""
        if self.postgresql is not None:
            return True
        try:
            with contextlib.closing(sqlite3.connect(self.sqlite, timeout=0.3, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        return True

    @property
    def sqlite(self) -> pathlib.Path:
        """The file of the database, where it is one."""
        return self.desk.folder / "db" / "tapedeck.sqlite3"

    def rows(self) -> list[Row]:
        """Every fact of the person, in order."""
        found = self.ask("SELECT person_id, number, epoch, venue_id FROM streaming_storedfact ORDER BY number")
        return [(number, epoch, name) for person, number, epoch, name in found if person == self.person]

    def books(self, within: float = 30.0) -> Comparison:
        """Let the journal rest until everybody was told its last line, compare the books, and go on."""
        self.journal.rest()
        last = self.journal.written
        with contextlib.suppress(AssertionError):  # what is missing then is told by the comparison
            eventually(lambda: any(name == f"{CODE}-{last}" for _, _, name in self.rows()[-20:]), within=within)
            eventually(lambda: all(client.booked[-1:] == [last] for client in self.clients), within=within)
            newest = self.rows()[-1][0]
            if self.page is not None:
                self.page.wait_until_told(newest, within)
        found = compare(last, self.rows(), self.clients)
        if self.page is not None:
            told = self.page.facts
            found.note("facts of the page", told, range(told[0], len(self.rows()) + 1))
            if not self.page.stayed:
                found.wrong.append("the page was loaded anew")
        self.journal.go_on()
        return found

    def differences(self) -> list[str]:
        """Let the market rest, and return where clients hold other quotes than somebody who comes now."""
        fresh = Frames(self.desk, self.cookie, self.symbols, random.Random(0))
        assert self.desk.venue.process is not None
        with Process(self.desk.venue.process.pid).stopped():
            return self._call(self._compared(fresh), within=30)

    async def _compared(self, fresh: Client) -> list[str]:
        reading = asyncio.ensure_future(fresh.run())
        try:
            await aeventually(lambda: len(quotes(fresh)) == len(self.symbols), within=10)
            with contextlib.suppress(AssertionError):
                await aeventually(lambda: not self._unlike(fresh), within=3)
            return self._unlike(fresh)
        finally:
            await end([reading])

    def _unlike(self, fresh: Client) -> list[str]:
        return [
            f"{type(client).__name__}: {symbol} {mine} and not {theirs}"
            for client in self.clients
            for symbol, theirs in quotes(fresh).items()
            if (mine := quotes(client).get(symbol)) != theirs
        ]


@dataclasses.dataclass
class Outcome:
    """What came of one fault.

    `live_s`: seconds until everybody was live; `worst_s`: the longest time anybody (`who`) said LIVE without being it;
    `away_s`: the longest time without a connection; `lag_s`: how late the clients themselves were at worst, which is in
    all of these; `quotes`: the updates of quotes that came meanwhile.
    """

    fault: str
    live_s: float
    worst_s: float
    who: str
    away_s: float
    lag_s: float
    quotes: int
    wrong: list[str]


def quotes(client: Client) -> dict[str, tuple[typing.Any, ...]]:
    """Return the prices a client holds, by symbol."""
    return {
        key[1]: (slot.get("bid"), slot.get("ask"), slot.get("last"))
        for key, slot in client.slots.items()
        if key[0] == "quote"
    }


def address(where: typing.Any) -> str:
    """Write where a layer is as a URL."""
    return f"unix://{where}" if isinstance(where, pathlib.Path) else f"redis://{where[0]}:{where[1]}"
