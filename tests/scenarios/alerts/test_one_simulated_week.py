"""A weekend, or with SOAK=1 a week, of alerts while no page is open, lived through in seconds.

Two processes with everything that a desk's have: nights, a weekend, a holiday and an early close, a link that is linked
anew, a feed that falls silent, and both processes restarted in turn. One person has alerts that never rest; the other
one's wait for the regular session, and nobody runs for them at night. What the ledger holds is judged by the tape.
"""

import asyncio
import contextlib
import datetime
import os
import random
import types
import typing
import zoneinfo

import msgspec
import pytest

from accounts.auth.access import Access
from alerts import store
from alerts.rules.reader import parse_rule
from alerts.watch import checkpoints, fact_reader, watcher
from lib.clock import now_ms
from streaming import runtime
from streaming.bus.cluster_id import NoLayer
from streaming.host import waker
from streaming.limits import Limits
from streaming.models import StoredFact
from streaming.ownership import rows
from streaming.ownership.lease import times
from streaming.runtime import Runtime
from streaming.sockets.socket import Socket
from streaming.telemetry import meters
from streaming.wire.subscription import Subscription
from tests.alerts.law import tape
from tests.alerts.law.chaos import fired_of, store_row, unchecked_of
from tests.alerts.law.judge import Verdict
from tests.alerts.law.ledger_judge import Case, Trouble, judge_case, judge_facts
from tests.alerts.law.owner import LeaseTask
from tests.alerts.law.tape import Alert, Tick
from tests.alerts.law.venue import Venue, VenueLinks
from tests.alerts.law.virtual_database import VirtualDatabase
from tests.support import databases, virtual_time
from tests.support.corridor import Info, Reader
from tests.support.in_memory_layer import Ether

FULL = bool(os.environ.get("SOAK"))
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
BEGIN = datetime.datetime(2026, 11, 20, 15, 30, tzinfo=NEW_YORK)
"""A Friday."""
END = datetime.datetime(2026, 11, 27, 13, 30, tzinfo=NEW_YORK) if FULL else BEGIN.replace(day=23, hour=10, minute=20)
HOLIDAY, SHORT_DAY = datetime.date(2026, 11, 26), datetime.date(2026, 11, 27)
DAY = Limits(beacon_s=60, deaf_s=150, want_ttl_s=300, access_check_s=300, lease_s=900)
LIMITS = Limits(lease_s=60) if FULL else DAY
NIGHT = msgspec.structs.replace(DAY, beacon_s=600, deaf_s=1500, want_ttl_s=3000, access_check_s=1200, lease_s=7200)
LEASE_S = LIMITS.lease_s if FULL else NIGHT.lease_s
PACES: tuple[tuple[types.ModuleType, str, float, float], ...] = (
    (meters, "EVERY_S", 600, 3600), (runtime, "RATES_S", 600, 3600), (waker, "EVERY_S", 300, 1800),
    (rows, "WATCH_S", 9000, 9000), (checkpoints, "WATCH_S", 9000, 9000), (checkpoints, "EARLY_S", 900, 900),
    (watcher, "STATUS_S", 60, 600), (checkpoints, "CHECKPOINT_S", 300, 1800), (fact_reader, "FACTS_S", 300, 1800),
)  # fmt: skip
"""In `make test` what is done all the time is done more rarely, and out of the session more rarely still."""
TRADES_S = 5.0 if FULL else 15.0
SESSIONLESS, SLEEPER = 1, 2
FILLS = '{"when": {"all": [{"field": "orders.fill", "is": "happens"}]}, "trigger": "each"}'
VIEW = Subscription(topics=frozenset({"alerts", "links"}))


@pytest.fixture(autouse=True)
def _paces(settings, monkeypatch):
    settings.STREAM = {"lease_s": LEASE_S}
    settings.STREAM_EXTENSIONS = ["alerts.watch.watcher.AlertWatcher"]
    settings.STREAM_SINKS = ["alerts.watch.sink.settle"]
    settings.STREAM_SERVICES = ["alerts.watch.waker.AlertWaker"]
    settings.LAYER_URL = ""
    for module, pace, by_day, _ in () if FULL else PACES:
        monkeypatch.setattr(module, pace, by_day)


async def _everybody(accesses):
    return set(accesses)


class Process(Runtime):
    """One process of the desk, with its lease in virtual time."""

    def __init__(self, ether: Ether, word: NoLayer, links: VenueLinks, database: VirtualDatabase) -> None:
        super().__init__(
            "test", check=_everybody, links=links, in_force=LIMITS, database=database.settings, channels=ether.layer,
            word=word, refused=lambda error: pytest.fail(str(error)),
        )  # fmt: skip
        self.lease.times = times(LEASE_S)
        self.lease._thread = typing.cast(typing.Any, LeaseTask(self.lease))

    def owns(self, person: int) -> bool:
        managed = self.host.people.get(person)
        return managed is not None and managed.owned

    def page(self, person: int, cursor: tuple[str, int, int] | None = None) -> Reader:
        """Open a page."""
        found = Reader(typing.cast(typing.Any, self), person, VIEW)
        found.socket = Socket(Access(person, "s", "hash"))
        return found.join(cursor)


def ms(at: datetime.datetime) -> int:
    return round(at.timestamp() * 1000)


def is_open(at: int) -> bool:
    """Whether it is the regular session at a time in ms, by the judge's own calendar."""
    moment = datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)
    closes = datetime.time(13) if moment.date() == SHORT_DAY else datetime.time(16)
    return moment.weekday() < 5 and moment.date() != HOLIDAY and datetime.time(9, 30) <= moment.time() < closes


def is_extended(at: int) -> bool:
    """Whether anybody trades at a time in ms."""
    moment = datetime.datetime.fromtimestamp(at / 1000, NEW_YORK)
    return moment.weekday() < 5 and moment.date() != HOLIDAY and 4 <= moment.hour < 20


def market(draw: random.Random) -> list[Tick]:
    """Make trades: in the session every few seconds, around it now and then, and with a jump overnight."""
    found = []
    for symbol in tape.SYMBOLS:
        at, cents = ms(BEGIN) + 60_000, 10_000
        while at < ms(END) - 600_000:
            if is_extended(at):
                cents += draw.choice((0, 1, -1, 2, -2, 4, -4))
                found.append(Tick(at, symbol, cents))
                at += round(draw.uniform(0.3, 1.7) * 1000 * (TRADES_S if is_open(at) else 900))
            else:
                cents += draw.choice((0, 0, 0, 7, -7))
                at += 1_800_000
    return sorted(found)


class Week:
    """The whole of it."""

    def __init__(self, database: VirtualDatabase) -> None:
        self.draw = random.Random(26)
        self.database = database
        self.ticks = market(self.draw)
        self.venue, self.ether, self.word = Venue(), Ether(), NoLayer()
        self.infos = {SESSIONLESS: Info(), SLEEPER: Info()}
        self.links = VenueLinks(self.venue, {person: [info] for person, info in self.infos.items()})
        self.processes: list[Process] = []
        self.trouble = Trouble([], [])
        self.alerts: dict[str, tuple[int, Alert, bool]] = {}
        self.fills = ""

    def make_alerts(self) -> None:
        """Store the alerts of both."""
        for person in (SESSIONLESS, SLEEPER):
            for alert in tape.alerts(self.draw, [one for one in self.ticks if is_open(one.at)], 24, is_torn=True):
                is_bid = self.draw.random() < 0.2
                if alert.word in ("crosses_up", "crosses_down") and not is_bid:
                    alert = alert._replace(is_each=self.draw.random() < 0.6)
                told = tape.as_json(alert) | {"session": "always" if person == SESSIONLESS else "regular"}
                if is_bid:
                    told["when"]["all"][0]["field"] = f"{alert.symbol}.bid"
                row = store.create(person, parse_rule(msgspec.json.encode(told)))
                self.alerts[str(row.pk)] = person, alert._replace(id=str(row.pk)), is_bid
        self.fills = str(store.create(SESSIONLESS, parse_rule(FILLS)).pk)

    async def live(self) -> tuple[dict[int, Reader], Reader, int]:
        """Live through it.

        Returns the pages that are opened afterwards, one that comes back after a week, and the last fact that it knew.
        """
        databases.inside(self.database.settings, self.make_alerts)
        self.processes = [self._process(), self._process()]
        await self.processes[0].host.standing.wait()
        before = self.processes[0].page(SESSIONLESS)
        await before.until(lambda r: r.of("frame"))
        first, welcome = before.of("frame")[0], before.of("welcome")[-1]
        self.processes[0].hub.leave(before.socket)
        slowing = asyncio.ensure_future(self._slow_down())
        await asyncio.gather(self._trade(), self._happen())
        slowing.cancel()
        process = self.processes[0]
        pages = {person: process.page(person) for person in self.infos}
        again = process.page(SESSIONLESS, (welcome["epoch"], first["seq"], first["fact"]))
        for reader in (*pages.values(), again):
            await reader.until(lambda r: r.of("frame"))
        await asyncio.sleep(120)
        for process in self.processes:
            await process.drain()
        return pages, again, first["fact"]

    def _process(self) -> Process:
        return Process(self.ether, self.word, self.links, self.database)

    async def _slow_down(self) -> None:
        """Have less done in `make test` while no session is on, or soon."""
        while not FULL:
            is_night = not any(is_open(now_ms() + ahead * 900_000) for ahead in range(-4, 6))
            for module, pace, by_day, by_night in PACES:
                setattr(module, pace, by_night if is_night else by_day)
            for process in self.processes:
                process.host.limits = process.hub.limits = NIGHT if is_night else DAY
            await asyncio.sleep(900)

    async def _trade(self) -> None:
        for tick in self.ticks:
            await _until(tick.at)
            self.venue.trade(tick)

    async def _happen(self) -> None:
        """Let things happen, in their order."""
        monday = END.replace(day=23)
        for at, happens in (
            (BEGIN.replace(minute=40), self._relink),
            (BEGIN.replace(hour=23), self._is_watched),
            (BEGIN.replace(day=21, hour=12), self._fill),
            (BEGIN.replace(day=22, hour=12), self._sleeps),
            (monday.replace(hour=9, minute=29, second=45), self._is_watched),
            (monday.replace(hour=9, minute=42), self._restart),
            (monday.replace(hour=10, minute=4), self._be_silent),
            *(((END - datetime.timedelta(hours=7), self._sleeps),) if FULL else ()),
            (END - datetime.timedelta(minutes=1), self._fill),
        ):
            await _until(ms(at))
            await happens()

    @contextlib.asynccontextmanager
    async def _in_trouble(self, before_s: float = 0) -> typing.AsyncIterator[None]:
        since = now_ms() - round(before_s * 1000)
        yield
        await asyncio.sleep(30)
        self.trouble.dark.append((since, now_ms()))

    async def _relink(self) -> None:
        """Link the links anew, as one does with other credentials."""
        async with self._in_trouble():
            for person, info in self.infos.items():
                self.links.people[person] = [msgspec.structs.replace(info, revision=2)]
                for process in self.processes:
                    process.host.links_changed(person)

    async def _is_watched(self) -> None:
        """Whoever has alerts that do not rest is watched; the other one only where a session is on, or begins soon."""
        assert any(process.owns(SESSIONLESS) for process in self.processes)
        moment = datetime.datetime.fromtimestamp(now_ms() / 1000, NEW_YORK)
        assert any(process.owns(SLEEPER) for process in self.processes) == (moment.hour == 9)

    async def _sleeps(self) -> None:
        assert [process.owns(SLEEPER) for process in self.processes] == [False, False]

    async def _fill(self) -> None:
        self.venue.fill(self.infos[SESSIONLESS], now_ms())

    async def _restart(self) -> None:
        """Restart one process, then the other one."""
        for number in (0, 1):
            async with self._in_trouble(before_s=20 if FULL else 370):
                await self.processes[number].drain()
                self.processes[number] = self._process()
                async with asyncio.timeout(900):
                    while not all(any(one.owns(person) for one in self.processes) for person in self.infos):
                        await asyncio.sleep(10)

    async def _be_silent(self) -> None:
        async with self._in_trouble():
            self.venue.fall_silent()
            await asyncio.sleep(120)
            self.trouble.blind.append(now_ms())
            await asyncio.sleep(120)
            self.venue.speak()

    def judge(self, found: list[StoredFact]) -> Verdict:
        """Compare the ledger with the tape."""
        verdict, expected = Verdict(0, [], [], [], [], []), 0
        facts = [store_row(row) for row in found]
        told = [fired_of(row, payload) for row, payload in facts if row.kind == "alert"]
        unchecked = list(unchecked_of(facts))
        for id_, (person, alert, is_bid) in self.alerts.items():
            seen = alert._replace(levels=tuple(level + 1 for level in alert.levels)) if is_bid else alert
            ticks = [tick for tick in self.ticks if person == SESSIONLESS or is_open(tick.at)]
            mine = [one for one in told if one.alert == id_]
            blind = [(since, until) for rule, since, until in unchecked if rule == id_]
            expected += judge_case(Case(seen, mine, blind, not is_bid), ticks, self.trouble, verdict)
        fills = [(row.number, row.recorded) for row, _ in facts if row.kind == "fill"]
        expected += judge_facts(self.fills, "each", fills, [one for one in told if one.alert == self.fills], verdict)
        return verdict._replace(expected=expected)


async def _until(at: int) -> None:
    await asyncio.sleep(max(0.0, (at - now_ms()) / 1000))


def states(page: Reader) -> dict[str, dict]:
    """How each alert stands, as a page that was just opened is told."""
    found: dict[str, dict] = {}
    for frame in page.of("frame"):
        for item in frame["state"]:
            if item["type"] == "alert_state":
                found.setdefault(item["rule"], {}).update(item)
    return found


@pytest.mark.long
def test_alerts_are_kept_while_no_page_is_open_and_the_desk_says_afterwards_what_happened(sqlite_ledger):
    week = Week(VirtualDatabase(sqlite_ledger))
    with week.database.installed():
        pages, again, known = virtual_time.run(BEGIN, lambda clock: week.live())
    found = databases.inside(sqlite_ledger, lambda: list(StoredFact.objects.order_by("person", "number")))
    verdict = week.judge(found)
    assert verdict.wrong == []
    assert verdict.expected > (100 if FULL else 30)
    facts = [store_row(row) for row in found]
    for person, page in pages.items():
        told = states(page)
        mine = [fired_of(row, payload) for row, payload in facts if row.person_id == person and row.kind == "alert"]
        assert {one.alert for one in mine} == {rule for rule, state in told.items() if state.get("fired")}
        for rule in {one.alert for one in mine}:
            times_ = [one.at for one in mine if one.alert == rule]
            assert (told[rule]["fired"], told[rule]["fired_at"]) == (len(times_), times_[-1])
        blind = {rule for rule, _, _ in unchecked_of([one for one in facts if one[0].person_id == person])}
        assert blind == {rule for rule, state in told.items() if state.get("unchecked_from")}
    numbers = [fact["fact"] for frame in again.of("frame") for fact in frame.get("facts", ())]
    shown = [row.number for row in found if row.person_id == SESSIONLESS and row.kind in ("alert", "notice")]
    assert numbers == [number for number in shown if number > known]
