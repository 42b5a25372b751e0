"""The life of one demo over several runs, each a day later: it is traded in, ended by force or not, and begun again."""

import asyncio
import collections
import contextlib
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time
import typing
import uuid

from config.env import BASE_DIR
from demo import people
from tests.config.test_demo import Demo
from tests.scenarios.demos.reader import Decimal, Reader
from tests.scenarios.three_books.book_readers import Shelf, as_told, facts_of
from tests.scenarios.three_books.comparing import Difference, compare, compare_told
from tests.support import plain_http
from tests.support.desk import Visitor, clean_environment, free_port
from tests.support.eventually import eventually
from tests.support.loop_thread import LoopThread, end

DAY_S = 86_400
READY_S, AGREED_S = 60.0, 60.0
CLOCK = pathlib.Path(__file__).parent / "clock"
VENUES = {"tastytrade": ("/_sim", True), "tradier": ("/_sim/tradier", False), "alpaca": ("/_sim/alpaca", True)}
"""Where the door of each is, and whether it gives executions ids."""
ALICE = people.PEOPLE[0]


class Life(LoopThread):
    """A demo in `folder`, with alice's page open all the time. Use it in a `with`; `running` is one run of it."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__()
        self.folder = folder
        self.port = str(free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.runs = 0
        self.began: dict[str, dict[str, Decimal]] = {}
        self.reader: Reader | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def variables(self) -> dict[str, str]:
        """The environment of every process of the present run."""
        path = f"{CLOCK}:{BASE_DIR}"
        ahead = str(DAY_S * (self.runs - 1))
        return {"VAR_DIR": str(self.folder), "PORT": self.port, "PYTHONPATH": path, "CLOCK_AHEAD_S": ahead}

    @contextlib.contextmanager
    def running(self, blow: signal.Signals) -> typing.Iterator["Run"]:
        """One run, a day after the last one; `blow` ends it."""
        self.runs += 1
        demo = Demo(self.folder, self.variables)
        since = len(demo.log)
        demo.start()
        try:
            demo.wait(since)
            self._let_alice_in()
            yield Run(self, demo)
            family = demo.family
            demo.stop(blow)
            eventually(lambda: not any(pathlib.Path(f"/proc/{pid}/exe").exists() for pid in family))
        finally:
            if demo.process is not None:
                demo.stop(signal.SIGKILL)

    def _let_alice_in(self) -> None:
        cookie = Visitor(self.url).cookie(ALICE, people.PASSWORD)
        if self.reader is not None:
            self.reader.headers["Cookie"] = cookie  # after a day without a page of hers the former session is over
            return
        self.reader = Reader(typing.cast(typing.Any, self), cookie)
        self._call(self._read(self.reader))

    async def _read(self, reader: Reader) -> None:
        self._tasks.append(asyncio.ensure_future(reader.run()))

    async def _close(self) -> None:
        await end(self._tasks)

    def ask(self, question: str) -> list[tuple[typing.Any, ...]]:
        """Ask the desk's database."""
        with contextlib.closing(sqlite3.connect(self.folder / "demo" / "db" / "tapedeck.sqlite3", timeout=20)) as base:
            return base.execute(question).fetchall()


class Run:
    """One run of a demo."""

    def __init__(self, life: Life, demo: Demo) -> None:
        self.life = life
        self.demo = demo
        assert life.reader is not None
        self.reader = life.reader
        self.told = json.loads((life.folder / "demo" / "run" / "loopback.json").read_text())
        found: dict[str, int] = dict(life.ask("SELECT email, id FROM accounts_user"))
        self.person = found[ALICE]
        links = {venue: str(uuid.UUID(str(id))) for who, venue, id in life.ask(
            "SELECT person_id, venue, id FROM accounts_brokerlink") if who == self.person}  # fmt: skip
        self.shelves = [
            Shelf(venue, f"{self.told['tastytrade']['rest']}{door}", self._grant(venue)["accounts"][0], by_id, "", link)
            for venue, (door, by_id), link in ((venue, VENUES[venue], links[venue]) for venue in VENUES)
        ]
        for shelf in self.shelves:
            shelf.began = life.began.setdefault(shelf.venue, {}) or shelf.at_venue().held
            life.began[shelf.venue] = shelf.began
        eventually(
            lambda: len(self.reader.live_links()) == len(VENUES), within=READY_S, saying=lambda: demo.log[-3000:]
        )

    def _grant(self, venue: str) -> dict[str, typing.Any]:
        grant: dict[str, typing.Any] = self.told[venue]["grants"][0]
        return grant

    # What happens

    def live(self, acts: int, seed: int) -> None:
        """Let alice do so much at each venue, at random, and the market with it. Some orders are at work afterwards."""
        for shelf in self.shelves:
            shelf.order("lives", account=shelf.account, count=acts, seed=seed, rate=200, undo=False)
        eventually(lambda: all(self._is_over(shelf) for shelf in self.shelves), within=READY_S)

    def _is_over(self, shelf: Shelf) -> bool:
        return all(sum(each["done"].values()) >= each["count"] for each in shelf.report("lives")["lives"])

    def manage(self, *arguments: str) -> tuple[int, str]:
        """Run one of the desk's commands on its clock. Returns its exit code and what it said."""
        environment = clean_environment() | self.life.variables | {"ENVIRONMENT": "demo"}
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def order(self, venue: str) -> tuple[float, str]:
        """Have a test order placed there. Returns how long that took, in seconds, and what was said of it."""
        begun = time.monotonic()
        code, said = self.manage("orders", "--user", ALICE, "--test", "--link", venue)
        assert code == 0, said
        return time.monotonic() - begun, said

    # What came of it

    def agreed(self) -> Difference:
        """Return what still differs after a while: nothing, as soon as everybody says the same."""
        deadline = time.monotonic() + AGREED_S
        while (found := self.compared()) and time.monotonic() < deadline:
            time.sleep(0.5)
        return found

    def compared(self) -> Difference:
        """Compare the venues' books with the ledger, the projection, and with what alice's page was told and shows."""
        found = Difference()
        facts = facts_of(self.life.ask, self.person)
        for shelf in self.shelves:
            book = shelf.at_venue()
            found.add(compare(book, shelf.in_ledger(facts), by_id=shelf.by_id), f"ledger of {shelf.venue}")
            found.add(compare(book, shelf.projected(self.life.ask), by_id=shelf.by_id), f"book of {shelf.venue}")
            if (held := self.reader.held(shelf.link, shelf.account)) != book.held:
                found.wrong.append(f"the page shows {held} at {shelf.venue}, and {book.held} is held")
        shown = self.reader
        found.wrong += shown.broken[:3] + ([] if len(shown.lives) == 1 else ["the page began without a cursor"])
        found.add(compare_told([as_told(fact) for fact in facts], [*shown.told], shown.firsts[0]), "page")
        for shelf in [] if found else self.shelves:  # a venue is not asked for ever
            shows = self.reader.cash(shelf.link, shelf.account)
            if shows != (there := self.cash(shelf)):
                found.wrong.append(f"the page shows {shows} dollars at {shelf.venue}, and there are {there}")
        return found

    def cash(self, shelf: Shelf) -> Decimal:
        """Return the cash of an account, as its venue says."""
        grant, rest = self._grant(shelf.venue), self.told["tastytrade"]["rest"]
        if shelf.venue == "tradier":
            headers = {"Authorization": f"Bearer {grant['data_token']}", "Accept": "application/json"}
            body = plain_http.get(f"{rest}/v1/accounts/{shelf.account}/balances", headers=headers).json()
            return Decimal(str(body["balances"]["total_cash"]))
        if shelf.venue == "alpaca":
            keys = {"APCA-API-KEY-ID": grant["key_id"], "APCA-API-SECRET-KEY": grant["secret_key"]}
            return Decimal(plain_http.get(f"{rest}/alpaca/v2/account", headers=keys).json()["cash"])
        given = {name: grant[name] for name in ("client_secret", "refresh_token")}
        agent = {"User-Agent": "tapedeck-tests/1"}
        form = {"grant_type": "refresh_token", **given}
        token = plain_http.post(f"{rest}/oauth/token", json=form, headers=agent).json()["access_token"]
        headers = agent | {"Authorization": f"Bearer {token}"}
        body = plain_http.get(f"{rest}/accounts/{shelf.account}/balances", headers=headers).json()
        return Decimal(body["data"]["cash-balance"])

    def differences(self) -> list[tuple[typing.Any, ...]]:
        """Return what the desk itself says that its book and a venue differ in."""
        return self.life.ask("SELECT link, account, subject, name, book, venue FROM trading_difference")

    def report(self, orders: dict[str, float]) -> str:
        """Say in a line how much there is by now; `orders` are the seconds that test orders took."""
        (fills,), (told,) = self.life.ask(
            "SELECT count(*) FROM trading_fill UNION ALL SELECT count(*) FROM trading_order"
        )
        kept = sum(each.stat().st_size for each in (self.life.folder / "demo").glob("venues.sqlite3*")) // 1024
        took = ", ".join(f"{venue} {seconds:.1f} s" for venue, seconds in orders.items())
        return f"run {self.life.runs}: {told} orders, {fills} fills; test orders: {took or 'none'}; {kept} KB kept"

    def doubled(self) -> list[str]:
        """Return the ids of fills that the desk's book shows more than once."""
        rows = self.life.ask("SELECT link, account, venue_id FROM trading_fill")
        return [str(row) for row, times in collections.Counter(rows).items() if times > 1]
