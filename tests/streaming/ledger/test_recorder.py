"""Stored, then told: what a manager records is announced once it is in the ledger, in order, whatever fails."""

import asyncio
import contextlib
import itertools
import signal
import subprocess
import sys
import uuid
from functools import partial

import hypothesis
import pytest
from hypothesis import strategies as st

from brokers.contract.events import Quote
from config.env import BASE_DIR
from streaming import db_connection
from streaming.board.board import Board
from streaming.facts import Entry
from streaming.ledger import recorder as recorders
from streaming.ledger import store
from streaming.ledger.errors import AwayError
from streaming.ledger.ledger import Ledger
from streaming.ledger.recorder import Recorder
from streaming.limits import Limits
from streaming.wire.subscription import Subscription
from tests.support import databases
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.desk import clean_environment
from tests.support.eventually import aeventually

DESK = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Nobody waits long for a lock, nor between two tries."""
    monkeypatch.setattr(db_connection, "LOCK_TIMEOUT_S", 0.02)
    monkeypatch.setattr(recorders, "delays", lambda first, cap: itertools.repeat(0.01))


def note(text, **fields) -> Entry:
    return Entry(kind="notice", at=1, payload={"code": "test", "text": str(text)}, **fields)


def told(reader) -> list[tuple[int, str]]:
    facts = (fact for frame in reader.of("frame") for fact in frame.get("facts", []))
    return [(fact["fact"], fact["text"]) for fact in facts]


def numbered(*texts) -> list[tuple[int, str]]:
    return [(number, str(text)) for number, text in enumerate(texts, 1)]


@contextlib.asynccontextmanager
async def watched(info, **options):
    """A house, and somebody in it who is shown everything."""
    async with House(MemoryLinks(p1=[info]), **options) as house:
        reader = Reader(house, 1, DESK).join()
        await house.links.live(info)
        await reader.until(lambda r: r.of("frame"))
        yield house, reader


async def test_while_the_database_is_away_facts_wait_and_prices_do_not(ledger_database, caplog):
    info = Info()
    async with watched(info) as (house, reader):
        manager = house.host.people[1].manager
        with databases.locked(ledger_database):
            for number in range(5):
                await manager.record(note(number))
            house.links.brokers[info.id].say(Quote(symbol="QQQ", bid=1.0))
            await reader.until(lambda r: r.slots.get(("quote", "QQQ")))
            await aeventually(lambda: caplog.text.count("it is tried again") > 2)
            assert told(reader) == []
            assert manager.recorder.waiting == 5
        await reader.until(lambda r: len(told(r)) == 5)
        assert told(reader) == numbered(0, 1, 2, 3, 4)
        assert manager.recorder.waiting == 0


async def test_a_manager_begins_and_answers_once_its_person_could_be_claimed(ledger_database, caplog):
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        with databases.locked(ledger_database):
            reader = Reader(house, 1, DESK).join()
            await aeventually(lambda: "cannot be claimed" in caplog.text)
            await reader.until(lambda r: r.of("feed"))
            assert house.links.brokers == {}, "no venue is asked on behalf of somebody who is not owned here"
            assert reader.of("welcome") == []
        await reader.until(lambda r: r.of("frame"))
        assert reader.of("welcome")[0]["epoch"].startswith("1-")


async def test_what_was_asked_before_a_person_was_claimed_is_answered_right_after_it(ledger_database):
    """Nobody asks again within half a minute here."""
    rare = Limits(pulse_ms=5, beacon_s=30)
    async with House(MemoryLinks(p1=[Info()]), rare) as house:
        with databases.locked(ledger_database):
            reader = Reader(house, 1, DESK).join()
            await aeventually(lambda: house.host.people[1].asks)
        await reader.until(lambda r: r.of("welcome") and r.of("frame"))


async def test_who_leaves_before_their_person_could_be_claimed_leaves_nothing(ledger_database):
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        with databases.locked(ledger_database):
            reader = Reader(house, 1, DESK).join()
            await aeventually(lambda: 1 in house.host.people)
            house.hub.leave(reader.socket)
            await aeventually(lambda: 1 not in house.host.people and not house.host._leaving)
        assert house.links.brokers == {}


async def test_a_failing_sink_holds_facts_back_is_named_and_tried_again(ledger_database, caplog):
    broken = [True]

    def book(facts) -> None:
        if broken:
            raise RuntimeError("the book is full")

    async with watched(Info(), sinks=[book]) as (house, reader):
        await house.host.people[1].manager.record(note("a"))
        await aeventually(lambda: caplog.text.count("book failed") > 2)
        assert "the book is full" in caplog.text
        assert (told(reader), await house.ledger.page(1, 0)) == ([], [])
        broken.clear()
        await reader.until(lambda r: told(r) == numbered("a"))


async def test_who_records_more_than_may_wait_waits(ledger_database, monkeypatch):
    monkeypatch.setattr(recorders, "WAITING", 3)
    async with watched(Info()) as (house, reader):
        record = house.host.people[1].manager.record
        with databases.locked(ledger_database):
            await record(note(0))
            await aeventually(lambda: house.host.people[1].manager.recorder._batch)
            recording = [asyncio.ensure_future(record(note(number))) for number in range(1, 7)]
            await aeventually(lambda: sum(map(asyncio.Future.done, recording)) == 3)
        await asyncio.gather(*recording)
        await reader.until(lambda r: told(r) == numbered(*range(7)))


async def test_what_was_recorded_last_is_stored_before_a_manager_ends(ledger_database):
    async with watched(Info()) as (house, _):
        for number in range(450):
            await house.host.people[1].manager.record(note(number))
        await house.host.stop()
        assert await house.ledger.head(1) == 450


async def test_what_cannot_be_stored_before_the_end_is_logged(ledger_database, monkeypatch, caplog):
    monkeypatch.setattr(recorders, "FLUSH_S", 0.1)
    async with watched(Info()) as (house, _):
        with databases.locked(ledger_database):
            for number in range(2):
                await house.host.people[1].manager.record(note(number, link="a link"))
            await house.host.stop()
    assert caplog.text.count("not stored: notice at 1 of link a link of user 1") == 2


async def test_an_owner_that_was_replaced_lets_go_and_who_watches_goes_on_in_a_new_epoch(ledger_database):
    async with watched(Info()) as (house, reader):
        former = house.host.people[1].manager
        await former.record(note("mine"))
        await reader.until(lambda r: told(r) == numbered("mine"))
        epoch = await house.ledger.claim(1, house.lease.host)
        await house.ledger.record(1, epoch, [note("theirs")])
        await former.record(note("too late"))
        await aeventually(lambda: house.host.people.get(1) and house.host.people[1].manager is not former)
        await aeventually(lambda: house.host.people[1].manager.feeds)
        assert house.host.people[1].board.epoch.startswith(f"{epoch + 1}-")
        await house.host.people[1].manager.record(note("mine again"))
        await reader.until(lambda r: len(told(r)) == 3)
        assert told(reader) == numbered("mine", "theirs", "mine again")


async def test_what_others_recorded_is_announced_when_the_owner_is_told_to_look(ledger_database):
    def elsewhere(*texts) -> None:
        databases.inside(ledger_database, lambda: store.record(1, [note(text) for text in texts]))

    async with watched(Info()) as (house, reader):
        elsewhere("a", "b")
        house.host.links_changed(1)
        await reader.until(lambda r: told(r) == numbered("a", "b"))
        elsewhere("c")
        await house.host.people[1].manager.record(note("d"))
        await reader.until(lambda r: told(r) == numbered("a", "b", "c", "d"))


DIES = """
import asyncio, os, signal, sys, uuid
import django; django.setup()
from streaming.board.board import Board
from streaming.facts import Entry
from streaming.ledger.ledger import Ledger
from streaming.ledger.recorder import Recorder
from tests.support import databases

class LastWords(Board):
    def announce(self, fact):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    ledger = Ledger((), databases.at(sys.argv[1]))
    recorder = Recorder(1, ledger, LastWords("1-dead"), print, print)
    recorder.epoch = await ledger.claim(1, str(uuid.uuid4()))
    for text in "abc":
        await recorder.record(Entry(kind="notice", at=1, payload={"code": "test", "text": text}))
    await recorder.run()

asyncio.run(main())
"""


@pytest.mark.process
async def test_what_was_stored_when_the_process_was_killed_is_told_by_the_next(ledger_database, tmp_path):
    environment = clean_environment() | {"VAR_DIR": str(tmp_path), "PYTHONPATH": str(BASE_DIR)}
    command = [sys.executable, "-c", DIES, databases.url(ledger_database)]
    died = await asyncio.to_thread(partial(subprocess.run, command, env=environment, capture_output=True, text=True))
    assert died.returncode == -signal.SIGKILL, died.stderr
    async with House(MemoryLinks(p1=[Info()])) as house:
        reader = Reader(house, 1, DESK).join(("1-dead", 4, 0))
        await reader.until(lambda r: told(r) == numbered("a", "b", "c"))
        assert reader.of("welcome")[0]["recovered"] is False
        assert house.host.people[1].board.head == 3
        await house.host.people[1].manager.record(note("d"))
        await reader.until(lambda r: told(r) == numbered("a", "b", "c", "d"))


class Unlucky(Ledger):
    """A ledger whose database fails as a test says, before it stores or before it can say that it did."""

    def __init__(self, database, fates) -> None:
        super().__init__((), database)
        self.fates = iter(fates)

    async def record(self, person, epoch, entries):
        fate = next(self.fates, "fine")
        if fate == "away":
            raise AwayError("the database is away")
        stored = await super().record(person, epoch, entries)
        if fate == "lost":
            raise AwayError("the answer was lost")
        return stored

    async def page(self, person, after, limit=3):
        if next(self.fates, "fine") == "away":
            raise AwayError("the database is away")
        return await super().page(person, after, limit)


@pytest.mark.long
@hypothesis.settings(max_examples=30, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    acts=st.lists(st.sampled_from(["mine", "mine", "twin", "theirs", "look", "pause"]), max_size=20),
    fates=st.lists(st.sampled_from(["fine", "away", "lost"]), max_size=20),
)
def test_whatever_fails_the_board_is_told_what_the_ledger_holds_once_and_in_order(ledger_database, acts, fates):
    async def live() -> None:
        databases.empty(ledger_database)
        ledger, board, told = Unlucky(ledger_database, fates), Board("1-a"), []
        recorder = Recorder(1, ledger, board, lambda: told.append(board.head), lambda: None)
        recorder.epoch = await ledger.claim(1, str(uuid.uuid4())) or 0
        running = asyncio.ensure_future(recorder.run())
        mine: list[str] = []
        for count, act in enumerate(acts):
            if act == "mine":
                mine.append(str(count))
                await recorder.record(note(count))
            elif act == "twin":
                mine += ["twin"] * ("twin" not in mine)
                await recorder.record(note("twin", venue_id="7"))
            elif act == "theirs":
                databases.inside(ledger_database, partial(store.record, 1, [note(f"their {count}")]))
            elif act == "look":
                recorder.request_lookup()
            else:
                await asyncio.sleep(0.001)  # time itself is what passes here
        recorder.request_lookup()

        async def is_level() -> bool:
            """What waits is looked at first: a head that was read while something waited may be old by then."""
            return not recorder.waiting and board.head >= await Ledger.head(ledger, 1)

        await aeventually(is_level)
        running.cancel()
        await asyncio.wait([running])
        stored = await Ledger.page(ledger, 1, 0, 1_000)
        await ledger.close()
        assert board.facts(0) == [fact.item for fact in stored]
        assert [fact.payload["text"] for fact in stored if "their" not in fact.payload["text"]] == mine
        assert told == sorted(told)

    asyncio.run(live())
