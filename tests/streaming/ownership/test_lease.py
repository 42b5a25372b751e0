"""A lease is good for as long as nobody else can have taken its people, whatever stops, jumps or is away."""

import contextlib
import dataclasses
import datetime
import os
import subprocess
import sys
import threading
import typing

import hypothesis
import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.db.models import F
from hypothesis import strategies as st

from brokers.contract.broker import COMMAND_MS
from brokers.contract.errors import NotOwner
from config.env import BASE_DIR
from lib.clock import now_ms
from streaming.ledger import store
from streaming.ledger.errors import FencedError
from streaming.ledger.store import Job
from streaming.models import Ownership, StoredCursor, StoredFact, StoredHost
from streaming.ownership import rows
from streaming.ownership.lease import Lease, LeaseRenewal, OwnershipTerm, times
from streaming.ownership.rows import Claim
from tests.scenarios.faults.processes import Process as RealProcess
from tests.support import databases
from tests.support.desk import clean_environment
from tests.support.eventually import eventually

EXAMPLES = int(os.environ.get("LEASE_EXAMPLES", "6"))
PEOPLE = (1, 2)
STEP_S = 1.0
PROMPT_S = 3.5
"""Who renewed so lately is not late."""


class World:
    """A database and processes with their clocks. `boot` is the time that never jumps, `wall` the database's."""

    def __init__(self) -> None:
        self.boot = 1_000.0
        self.jumped = 0.0
        self.is_away = False
        self.processes = [Process(self) for _ in range(3)]
        self.tenures: dict[int, list[OwnershipTerm]] = {person: [] for person in PEOPLE}

    def write_time(self, form: str, _: str) -> str:
        """Stand in for SQLite's own clock."""
        assert form == "%Y-%m-%d %H:%M:%f"
        at = datetime.datetime.fromtimestamp(1_700_000_000 + self.boot + self.jumped, datetime.UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"

    def advance(self, seconds: float) -> None:
        """Let time go by; who is not stopped renews when it is due."""
        for _ in range(int(seconds / STEP_S)):
            self.boot += STEP_S
            for process in self.processes:
                process.live()
            self.check()

    @property
    def is_calm(self) -> bool:
        """Whether everybody is well, so that a clock's jump is all that is wrong."""
        return not self.is_away and all(one.is_prompt for one in self.processes)

    def who(self, whom: str) -> "Process":
        """Return the process that owns most, or one of the others."""
        ranked = sorted(self.processes, key=lambda one: -len(one.held))
        return ranked[["the owner", "another", "a third"].index(whom)]

    def jump(self, seconds: float) -> None:
        """Let the database's clock jump. Everybody would claim; all is quiet until each has renewed once."""
        self.jumped += seconds
        for _ in range(4):
            for process in self.processes:
                process.claim_all()
            self.advance(STEP_S)

    def effective(self, person: int) -> list[OwnershipTerm]:
        """Return who would act for a person at a venue, if they went on now."""
        return [tenure for tenure in self.tenures[person] if allows(tenure)]

    def check(self) -> None:
        for person in PEOPLE:
            assert len(self.effective(person)) <= 1
            epochs = [tenure.epoch for tenure in self.tenures[person]]
            assert epochs == sorted(set(epochs)), "an epoch is won once, and they only grow"


def allows(tenure: OwnershipTerm) -> bool:
    try:
        tenure()
    except NotOwner:
        return False
    return True


@dataclasses.dataclass(eq=False)
class Process:
    """One process with a lease, and the right to those it claimed."""

    world: World
    is_stopped: bool = False
    due: float = 0.0
    held: dict[int, OwnershipTerm] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lease = Lease("test", clock=lambda: self.world.boot)
        self.lease.on_renewal = self.hear

    @property
    def is_prompt(self) -> bool:
        return not self.is_stopped and self.lease.age_s <= PROMPT_S

    def live(self) -> None:
        """Renew if that is due, and try to own everybody: they are wanted everywhere."""
        if not self.is_stopped and self.world.boot >= self.due:
            self.due = self.world.boot + self.lease.beat()
            self.claim_all()

    def hear(self, renewal: LeaseRenewal | None) -> None:
        """Do what a host does: let go of what is not its own any more."""
        for person, tenure in list(self.held.items()):
            found = renewal.held.get(person) if renewal else None
            if renewal is None or found is None or renewal.host != tenure.host or found.epoch != tenure.epoch:
                self.let_go(person)

    def let_go(self, person: int) -> None:
        self.held.pop(person).over = True

    def claim_all(self) -> None:
        """Try to own everybody: they are wanted everywhere."""
        host = self.lease.host
        if self.is_stopped or self.world.is_away or not self.lease.good():
            return
        claims = [Claim(person, host) for person in PEOPLE if person not in self.held]
        for claim, epoch in zip(claims, rows.claim_each(claims) if claims else (), strict=True):
            if isinstance(epoch, int):
                self.held[claim.person] = OwnershipTerm(self.lease, host, epoch, lambda: None)
                self.world.tenures[claim.person].append(self.held[claim.person])

    def release(self, person: int) -> None:
        tenure = self.held.get(person)
        if tenure is not None and not self.is_stopped and not self.world.is_away:
            self.let_go(person)
            rows.release(person, tenure.host, tenure.epoch)


Whom = st.sampled_from(["the owner", "the owner", "another", "a third"])
Happening = st.one_of(
    st.tuples(st.sampled_from(["stop", "continue", "kill", "end", "release"]), Whom),
    st.tuples(st.just("jump"), st.sampled_from([61.0, -61.0, 3600.0])),
    st.just(("away",)),
)
Acts = st.lists(st.tuples(Happening, st.sampled_from([1.0, 4.0, 8.0, 11.0, 14.0, 19.0])), min_size=4, max_size=8)
"""What happens, and how many seconds go by until the next thing does."""


def play(world: World, happening: tuple[typing.Any, ...], seconds: float) -> None:
    match happening:
        case ("jump", by):
            if world.is_calm:
                world.jump(by)
        case ("away",):
            world.is_away = True
        case (what, whom):
            strike(world, what, world.who(whom))
    world.check()
    world.advance(seconds)
    world.is_away = False


def strike(world: World, what: str, process: Process) -> None:
    match what:
        case "stop":
            process.is_stopped = True
        case "continue":
            process.is_stopped = False
            world.check()  # whatever runs first
            process.live()
        case "release":
            for person in list(process.held):
                process.release(person)
        case "kill" | "end":
            for person in list(process.held):
                process.let_go(person)
            world.processes[world.processes.index(process)] = Process(world)
            if what == "end" and process.lease.host and not world.is_away:
                rows.mark_ended(process.lease.host)


@pytest.mark.long
@hypothesis.settings(
    max_examples=EXAMPLES,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(acts=Acts)
def test_whatever_happens_one_at_most_acts_for_a_person_and_in_the_end_one_can(sqlite_ledger, acts):
    """Processes stop, go on, die and are followed; the database is away; its clock jumps while all else is well."""

    def work():
        with law() as world:
            world.advance(4)
            for happening, seconds in acts:
                play(world, happening, seconds)
            for process in world.processes:
                process.is_stopped = False
            world.advance(28)
            for person in PEOPLE:
                assert len(world.effective(person)) == 1
                newest = world.effective(person)[0].epoch
                for tenure in world.tenures[person]:
                    (outcome,) = store.store([Job(person, tenure.epoch, [])], [])
                    assert isinstance(outcome, FencedError) == (tenure.epoch != newest)

    databases.inside(sqlite_ledger, work)


@contextlib.contextmanager
def law() -> typing.Iterator[World]:
    """A world on an empty database, whose clock it is."""
    world = World()

    def prepare(connection, **_) -> None:
        connection.connection.create_function("STRFTIME", 2, world.write_time)
        connection.connection.execute("PRAGMA synchronous=OFF")

    def answer(execute, statement, values, many, context):
        if world.is_away:
            raise OperationalError("the database is away")
        return execute(statement, values, many, context)

    connection_created.connect(prepare)
    try:
        connection.ensure_connection()
        for model in (StoredFact, StoredCursor, Ownership, StoredHost):
            model._default_manager.all().delete()
        with connection.execute_wrapper(answer):
            yield world
    finally:
        connection_created.disconnect(prepare)


def test_its_times_are_fractions_of_how_long_the_others_honour_it():
    assert times() == (3, 12, 13, 15)
    assert times(3) == (0.6, 2.4, 2.6, 3)


GUARDED = """
import sys, time
import django; django.setup()
from django.conf import settings
settings.STREAM = {"lease_s": float(sys.argv[2])}
from streaming.ownership import rows
from streaming.ownership.lease import Lease, OwnershipTerm
from tests.support import databases

database = databases.at(sys.argv[1])
lease = Lease("guarded", lease_s=float(sys.argv[2]), database=database)
lease.start(lambda renewal: None)
while not lease.host:
    time.sleep(0.005)
epoch = databases.inside(database, lambda: rows.claim(1, lease.host))
tenure = OwnershipTerm(lease, lease.host, epoch, lambda: None)
said = ""
while True:
    try:
        tenure()
        says = "may act"
    except Exception as error:
        says = type(error).__name__
    if says != said:
        said = says
        print(says, flush=True)
    time.sleep(0.001)
"""


@pytest.mark.process
def test_a_process_that_was_stopped_for_too_long_never_acts_again_for_whom_it_owned(
    ledger_database, tmp_path, settings
):
    """The moment it goes on it registers as another host: what it asks for first is refused, and all later."""
    settings.STREAM = {"lease_s": 1.5}
    other = Lease("other", lease_s=1.5, database=ledger_database)
    other.start(lambda renewal: None)
    environment = clean_environment() | {"VAR_DIR": str(tmp_path), "PYTHONPATH": str(BASE_DIR)}
    command = [sys.executable, "-c", GUARDED, databases.url(ledger_database), "1.5"]
    said: list[str] = []
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    hearing = threading.Thread(target=lambda: said.extend(process.stdout or ()))
    hearing.start()
    try:
        eventually(lambda: said == ["may act\n"], within=20)
        (former,) = eventually(lambda: guarded(ledger_database))
        with RealProcess(process.pid).stopped():
            eventually(lambda: claimed(ledger_database, other.host), within=10)
        eventually(lambda: guarded(ledger_database) not in ([], [former]), within=10)
    finally:
        process.kill()
        hearing.join()
        process.communicate()
        other.stop()
    assert said == ["may act\n", "NotOwner\n"], "it acts no more, registered anew or not"


def guarded(database) -> list[str]:
    """Return the ids of that process's hosts that have renewed at least once."""
    rows = StoredHost.objects.filter(kind="guarded", renewed__gt=F("started"))
    found: list[str] = databases.inside(database, lambda: [str(row.id) for row in rows])
    return found


def claimed(database, host: str) -> bool:
    return bool(host and databases.inside(database, lambda: rows.claim(1, host)) == 2)


def test_a_command_that_is_older_than_its_deadline_is_refused_while_all_else_may_be_done():
    class Good(Lease):
        def good_for(self, host: str) -> bool:
            return True

    tenure = OwnershipTerm(Good("test"), "a host", 1, lambda: None)
    tenure()
    tenure(now_ms() + COMMAND_MS)
    with pytest.raises(NotOwner, match="too late"):
        tenure(now_ms() - 1)
    tenure.over = True
    with pytest.raises(NotOwner, match="another process"):
        tenure()


def test_a_lease_tells_when_it_lapses_and_registers_as_another_host(ledger_database):
    """Whoever is told drops everything before the new host is there to claim anything."""
    told: list[LeaseRenewal | None] = []
    lease = Lease("test", database=ledger_database)
    lease.start(told.append)
    eventually(lambda: told)
    first = lease.host
    databases.inside(ledger_database, lambda: rows.mark_ended(first))
    lease.channel = "another ear"  # is written at once
    eventually(lambda: len(told) == 3)
    second = lease.host
    lease.stop()
    assert [renewal and renewal.host for renewal in told] == [first, None, second]
    assert second not in ("", first)
    assert lease.host == "", "who stops acts for nobody, whatever is still under way"
    assert lease.lapses == 1
    assert databases.inside(ledger_database, rows.hosts) == [], "who stops leaves no row behind"


def test_a_lease_outlives_an_error_that_nobody_foresaw(ledger_database, caplog):
    """Without its thread the process would own nobody for ever, and everything else of it would seem well."""
    told: list[LeaseRenewal | None] = []
    mistakes = [ZeroDivisionError("nobody foresaw it")]

    def tell(renewal: LeaseRenewal | None) -> None:
        if mistakes:
            raise mistakes.pop()
        told.append(renewal)

    lease = Lease("test", lease_s=1.5, database=ledger_database)
    lease.start(tell)
    eventually(lambda: told)
    assert lease.good()
    lease.stop()
    assert "nobody foresaw it" in caplog.text
