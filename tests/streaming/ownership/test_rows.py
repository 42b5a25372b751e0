"""Who owns whom is settled in the database: at most one host, by one clock, however many claim. On every engine."""

import concurrent.futures
import datetime
import random
import subprocess
import sys
import uuid
from functools import partial

import msgspec
import pytest
from django.db import IntegrityError, OperationalError
from django.db.models.functions import Now

from config.env import BASE_DIR
from streaming.facts import Entry
from streaming.ledger import store
from streaming.ledger.errors import FencedError
from streaming.ledger.store import Job
from streaming.models import StoredHost
from streaming.ownership import rows
from streaming.ownership.rows import Claim, HeldPeople, Owner, OwnerIdentity, Situation
from tests.support import databases
from tests.support.desk import clean_environment

ROUNDS = 4
HOUR = datetime.timedelta(hours=1)
SILENT = Situation("", "", 0)


def registered(channel="", load=0, *, willing=True) -> str:
    """Make the row of a host, and return its id."""
    host = str(uuid.uuid4())
    rows.register(host, OwnerIdentity("elsewhere:1", "", "test", willing), Situation(channel, "a layer", load))
    return host


def seen(host: str, renewed_s: float, doubted_s: float | None = None) -> None:
    """Let a host have renewed so long ago, and have been doubted since, by the database's clock."""
    doubted = None if doubted_s is None else Now() - datetime.timedelta(seconds=doubted_s)
    StoredHost.objects.filter(id=host).update(renewed=Now() - datetime.timedelta(seconds=renewed_s), doubted=doubted)


def contend(database, name):
    """Claim and hand back everybody again and again, as one host. Return what was won: people and epochs."""

    def work():
        host, won = registered(), []
        for _ in range(ROUNDS):
            people = random.sample(databases.PEOPLE, len(databases.PEOPLE))
            for person in people:
                if (epoch := insisting(rows.claim, person, host)) is not None:
                    won.append((person, epoch))
                    owner = rows.owner(person)
                    assert owner == Owner(host, "", epoch, True), f"{name} owns {person} in {epoch}, not {owner}"
            for person, epoch in won[-len(people) :]:
                insisting(rows.release, person, host, epoch)
        return won

    return databases.inside(database, work)


def claimed(person: int, host: str) -> int:
    """Claim somebody whom nobody else can have."""
    epoch = rows.claim(person, host)
    assert epoch is not None
    return epoch


def insisting(work, *values):
    """Do `work`, however often the database is locked or finds two who wait for each other."""
    while True:
        try:
            return work(*values)
        except OperationalError:
            continue


def each_won_once(books: list[list[tuple[int, int]]]) -> None:
    """Every epoch of a person has one winner, and none is left out."""
    for person in databases.PEOPLE:
        epochs = [epoch for book in books for who, epoch in book if who == person]
        assert sorted(epochs) == list(range(1, len(epochs) + 1))
        assert epochs, f"nobody ever won {person}"


def test_of_many_who_claim_at_once_one_wins_and_every_epoch_is_won_once(database):
    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        books = list(threads.map(partial(contend, database), "abcdef"))
    each_won_once(books)


CONTENDS = """
import sys
import django; django.setup()
import msgspec
from tests.streaming.ownership import test_rows; from tests.support import databases
print(msgspec.json.encode(test_rows.contend(databases.at(sys.argv[1]), sys.argv[2])).decode())
"""


@pytest.mark.process
def test_of_many_processes_that_claim_at_once_one_wins_and_every_epoch_is_won_once(ledger_database, tmp_path):
    environment = clean_environment() | {"VAR_DIR": str(tmp_path), "PYTHONPATH": str(BASE_DIR)}
    command = [sys.executable, "-c", CONTENDS, databases.url(ledger_database)]
    running = [subprocess.Popen([*command, name], env=environment, stdout=subprocess.PIPE, text=True) for name in "ab"]
    told = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    each_won_once([msgspec.json.decode(text, type=list[tuple[int, int]]) for text in told])


@pytest.mark.parametrize(
    ("renewed_s", "doubted_s", "is_gone"),
    [
        (0, None, False), (14, 6, False), (16, None, False), (16, 4, False), (16, 6, True),
        (-61, None, False), (-61, 4, False), (-61, 6, True), (16, -61, True),
    ],
)  # fmt: skip
def test_a_host_is_gone_once_it_was_silent_for_15_s_and_doubted_for_5(database, renewed_s, doubted_s, is_gone):
    def work():
        host, other = registered("its channel"), registered()
        assert claimed(1, host) == 1
        seen(host, renewed_s, doubted_s)
        assert rows.owner(1) == Owner(host, "its channel", 1, live=not is_gone)
        assert rows.renew(host, SILENT) is not is_gone, "a host that counts as gone owns nobody any more"
        assert rows.claim(1, other) == (2 if is_gone else None)
        if not is_gone:
            assert StoredHost.objects.filter(id=host, doubted=None).exists(), "who renews is doubted no more"

    databases.inside(database, work)


def test_who_is_late_by_half_the_time_is_doubted_and_nobody_else(database):
    def work():
        late, early, ahead, prompt = (registered() for _ in range(4))
        seen(late, 8)
        seen(early, 7)
        seen(ahead, -61)
        silent = [row.id for row in rows.hosts() if row.silent]
        assert set(silent) == {late, ahead}
        rows.doubt(*silent, prompt)
        assert {str(row.id) for row in StoredHost.objects.exclude(doubted=None)} == {late, ahead}
        assert all(row.live for row in rows.hosts())

    databases.inside(database, work)


def test_a_host_that_was_ended_or_handed_somebody_back_is_followed_at_once(database):
    def work():
        host, other = registered(), registered()
        first, second = claimed(1, host), claimed(2, host)
        assert (rows.claim(1, other), rows.claim(2, other)) == (None, None)
        assert not rows.release(1, other, first)
        assert not rows.release(1, host, first + 1)
        assert rows.owner(1) is not None
        assert rows.release(1, host, first)
        assert rows.owner(1) is None
        assert rows.claim(1, other) == first + 1
        rows.mark_ended(host)
        assert rows.owner(2) == Owner(host, "", second, live=False)
        assert rows.claim(2, other) == second + 1
        assert rows.people_by_host(other) == {1: HeldPeople(first + 1, False), 2: HeldPeople(second + 1, False)}
        assert rows.owners([1, 2, 3]) == {
            1: Owner(other, "", first + 1, True), 2: Owner(other, "", second + 1, True),
        }  # fmt: skip
        assert rows.claim(1, other) == first + 2, "its own people a host may claim anew"

    databases.inside(database, work)


def test_only_the_newest_epoch_is_let_into_the_ledger(database):
    def work():
        host, other = registered(), registered()
        former = claimed(1, host)
        rows.mark_ended(host)
        owner = claimed(1, other)
        jobs = [Job(1, epoch, [Entry(kind="notice", at=1, payload={})]) for epoch in (former, owner)]
        refused, stored = store.store(jobs, [])
        assert isinstance(refused, FencedError)
        assert isinstance(stored, list)
        assert len(stored) == 1

    databases.inside(database, work)


def test_claims_and_releases_of_many_are_settled_together_and_each_for_itself(database):
    def work():
        host, other = registered(), registered()
        assert rows.claim(2, other) == 1
        outcomes = rows.claim_each([Claim(person, host) for person in (1, 2, 3, 999)])
        assert outcomes[:3] == [1, None, 1]
        assert isinstance(outcomes[3], IntegrityError), "nobody can own a person who is no more"
        holdings = [rows.OwnedPerson(person, host, 1) for person in (1, 2, 3)]
        assert rows.release_each(holdings) == [True, False, True]

    databases.inside(database, work)


def test_a_person_who_must_be_watched_is_an_orphan_until_a_live_host_owns_them(database):
    def work():
        now = datetime.datetime.now(datetime.UTC)
        host = registered()
        for person in (1, 2, 3):
            rows.watch_until(person, now + HOUR)
        rows.watch_until(4, now - HOUR)
        rows.watch_until(3, now - HOUR)  # never shorter than was asked for before
        rows.claim(1, host)
        rows.claim(5, host)
        assert sorted(rows.orphans()) == [2, 3]
        assert rows.people_by_host(host) == {1: HeldPeople(1, needed=True), 5: HeldPeople(1, needed=False)}
        rows.mark_ended(host)
        assert sorted(rows.orphans()) == [1, 2, 3]
        assert len(rows.orphans(limit=2)) == 2

    databases.inside(database, work)


def test_the_mean_load_is_that_of_live_hosts_that_take_people(database):
    def work():
        for load, willing in ((4, True), (0, True), (0, False)):
            registered(load=load, willing=willing)
        seen(registered(load=100), 16, 6)
        assert rows.mean_load(rows.hosts()) == 2.0

    databases.inside(database, work)


def test_the_row_of_a_host_that_died_is_seen_for_an_hour(database):
    def work():
        old, young = registered(), registered()
        seen(old, 3601, 3590)
        seen(young, 3500, 3490)
        mine = registered()
        assert {row.id for row in rows.hosts()} == {young, mine}

    databases.inside(database, work)
