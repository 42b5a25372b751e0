"""The ledger: facts are stored before they are announced, numbered without gaps, each once. On every engine."""

import asyncio
import contextlib
import decimal
import uuid

import pytest
from django.db import connection

from streaming.facts import Entry
from streaming.ledger import store
from streaming.ledger.errors import AwayError, FencedError, SinkError
from streaming.ledger.ledger import Ledger
from tests.support import databases

ROUNDS = 8
HOST = str(uuid.uuid4())


def notice(text="hello", **fields):
    return Entry(kind="notice", at=1_700_000_000_000, payload={"code": "test", "text": text}, **fields)


@contextlib.asynccontextmanager
async def opened(database, *sinks):
    ledger = Ledger(sinks, database)
    try:
        yield ledger
    finally:
        await ledger.close()


def texts(facts) -> list[str]:
    return [fact.payload["text"] for fact in facts]


async def test_facts_are_numbered_from_one_and_read_back_as_they_were_recorded(database):
    async with opened(database) as ledger:
        epoch = await ledger.claim(1, HOST)
        first = await ledger.record(1, epoch, [notice("a"), notice("b", recovered=True, late_ms=14_000)])
        (third,) = await ledger.record(1, epoch, [notice("c", link="l", venue_id="7")])
        assert [fact.number for fact in first] == [1, 2]
        assert third.number == 3
        assert await ledger.head(1) == 3
        assert await ledger.page(1, 0) == [*first, third]
        assert await ledger.page(1, 1, limit=1) == [first[1]]
        assert await ledger.newest(1, 2) == [third, first[1]]
        assert await ledger.newest(None, 1) == [third]
        assert (await ledger.head(2), await ledger.page(2, 0)) == (0, [])
        assert first[1].item == {
            "type": "notice", "fact": 2, "at": 1_700_000_000_000, "recovered": True, "late_s": 14,
            "code": "test", "text": "b",
        }  # fmt: skip


async def test_a_duplicate_is_dropped_without_using_up_a_number(database):
    async with opened(database) as ledger:
        epoch = await ledger.claim(1, HOST)
        twin = notice(link="l", venue_id="7")
        assert len(await ledger.record(1, epoch, [twin, twin])) == 1
        assert await ledger.record(1, epoch, [twin]) == []
        news = await ledger.record(1, epoch, [notice(link="m", venue_id="7"), twin, notice(venue_id="7"), notice()])
        assert [fact.number for fact in news] == [2, 3, 4]


async def test_an_owner_of_a_former_epoch_is_refused_and_leaves_nothing_behind(database):
    async with opened(database) as ledger:
        former, owner = await ledger.claim(1, HOST), await ledger.claim(1, HOST)
        assert owner > former
        for entries in ([notice()], []):
            with pytest.raises(FencedError):
                await ledger.record(1, former, entries)
        assert (await ledger.head(1), await ledger.page(1, 0)) == (0, [])


async def test_those_who_record_at_once_share_a_transaction_and_not_their_trouble(database):
    transactions: list[object] = []

    def watch(facts) -> None:
        transactions.append(connection.atomic_blocks[0])

    async with opened(database, watch) as ledger:
        epochs = {person: await ledger.claim(person, HOST) for person in range(1, 6)}
        epochs[3] = 0
        answers = await asyncio.gather(
            *(ledger.record(person, epoch, [notice()] * 2) for person, epoch in epochs.items()), return_exceptions=True
        )
        assert [isinstance(answer, FencedError) for answer in answers] == [False, False, True, False, False]
        assert [await ledger.head(person) for person in epochs] == [2, 2, 0, 2, 2]
    assert len(transactions) == 4
    assert all(one is transactions[0] for one in transactions)


@pytest.mark.long
async def test_eight_writers_at_once_leave_no_gap_and_no_number_is_seen_before_a_lower_one(database):
    """Each has a connection of its own, as processes have; every third transaction is rolled back."""
    tries = iter(range(10_000))

    def fail_sometimes(facts) -> None:
        if next(tries) % 3 == 0:
            raise ZeroDivisionError

    async def write(ledger, epoch, name) -> None:
        for count in range(ROUNDS):
            entries = [notice(f"{name}.{count}.{part}", venue_id=f"{name}.{count}.{part}") for part in range(2)]
            while True:
                try:
                    await ledger.record(1, epoch, entries)
                    break
                except (SinkError, AwayError):
                    await asyncio.sleep(0)

    async def read(ledger) -> None:
        while (head := len(seen)) < 8 * ROUNDS * 2:
            page = await ledger.page(1, head)
            assert [fact.number for fact in page] == list(range(head + 1, head + 1 + len(page)))
            seen.extend(texts(page))

    seen: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        ledgers = [await stack.enter_async_context(opened(database, fail_sometimes)) for _ in range(8)]
        epoch = await ledgers[0].claim(1, HOST)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            tasks.create_task(read(ledgers[0]))
            for name, ledger in enumerate(ledgers):
                tasks.create_task(write(ledger, epoch, str(name)))
        assert await ledgers[0].head(1) == len(seen)
    for name in range(8):
        mine = [text for text in seen if text.startswith(f"{name}.")]
        assert mine == [f"{name}.{count}.{part}" for count in range(ROUNDS) for part in range(2)]


async def test_a_twin_stored_at_the_same_moment_by_somebody_else_is_stored_once(database):
    async def insist(ledger) -> None:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(AwayError):
                    await ledger.record(1, epoch, [notice(link="l", venue_id=str(number)) for number in range(20)])
                    return

    async with opened(database) as one, opened(database) as other:
        epoch = await one.claim(1, HOST)
        await asyncio.gather(insist(one), insist(other))
        assert [fact.number for fact in await one.page(1, 0)] == list(range(1, 21))


async def test_a_page_or_a_command_records_without_owning_and_the_numbers_go_on(database):
    async with opened(database) as ledger:
        databases.inside(database, lambda: store.record(1, [notice("a", venue_id="x")]))
        epoch = await ledger.claim(1, HOST)
        await ledger.record(1, epoch, [notice("b")])
        again = databases.inside(database, lambda: store.record(1, [notice("a", venue_id="x"), notice("c")]))
        await ledger.record(1, epoch, [notice("d")])
        assert texts(again) == ["c"]
        assert [(fact.number, *texts([fact])) for fact in await ledger.page(1, 0)] == [
            (1, "a"), (2, "b"), (3, "c"), (4, "d"),
        ]  # fmt: skip


async def test_what_a_sink_writes_is_there_exactly_when_the_facts_are(database):
    shown: list[list[str]] = []

    def project(facts) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_user SET first_name = %s WHERE id = %s", [facts[-1].payload["text"], 1])
        shown.append(texts(facts))

    def refuse(facts) -> None:
        if "bad" in texts(facts):
            raise RuntimeError("no room in the book")

    async with opened(database, project, refuse) as ledger:
        epoch = await ledger.claim(1, HOST)
        await ledger.record(1, epoch, [notice("good", venue_id="1")])
        with pytest.raises(SinkError, match="refuse failed") as failure:
            await ledger.record(1, epoch, [notice("fine"), notice("bad")])
        assert str(failure.value.__cause__) == "no room in the book"
        assert await ledger.record(1, epoch, [notice("good", venue_id="1")]) == []
        assert (await ledger.head(1), texts(await ledger.page(1, 0))) == (1, ["good"])
    assert shown == [["good"], ["fine", "bad"]], "it is not shown what is known already"
    assert databases.inside(database, _first_name) == "good"


def _first_name() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT first_name FROM accounts_user WHERE id = 1")
        return str(cursor.fetchone()[0])


async def test_a_sink_that_breaks_a_foreign_key_holds_nobody_else_back(database):
    """Databases look at foreign keys when they commit, which is when everybody's facts are in."""

    def dangle(facts) -> None:
        if facts[0].person == 3:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO streaming_ownership (person_id, epoch, fact) VALUES (999, 1, 0)")

    async with opened(database, dangle) as ledger:
        epochs = {person: await ledger.claim(person, HOST) for person in range(1, 5)}
        answers = await asyncio.gather(
            *(ledger.record(person, epoch, [notice()]) for person, epoch in epochs.items()), return_exceptions=True
        )
        assert [isinstance(answer, AwayError) for answer in answers] == [False, False, True, False]
        assert [await ledger.head(person) for person in epochs] == [1, 1, 0, 1]


async def test_who_shares_a_transaction_that_ends_under_a_sink_is_stored_once_and_not_told_before(database):
    """The connection died, or SQLite rolled everything back by itself: what was stored before it is gone."""
    broken = [True]

    def end_the_transaction(facts) -> None:
        if facts[0].person == 2 and broken:
            broken.clear()
            if connection.vendor == "sqlite":
                connection.connection.execute("ROLLBACK")
            else:
                connection.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            raise ConnectionError("the transaction is over")

    async with opened(database, end_the_transaction) as ledger:
        epochs = {person: await ledger.claim(person, HOST) for person in (1, 2)}
        entries = {person: [notice(venue_id=f"of {person}")] for person in epochs}
        answers = await asyncio.gather(
            *(ledger.record(person, epochs[person], entries[person]) for person in epochs), return_exceptions=True
        )
        assert [isinstance(answer, AwayError) for answer in answers] == [True, True], answers
        assert [await ledger.head(person) for person in epochs] == [0, 0]
        for person, epoch in epochs.items():
            assert [fact.number for fact in await ledger.record(person, epoch, entries[person])] == [1]
        assert ledger.stored == 2


async def test_its_connection_is_its_own_and_syncs_every_commit(database):
    def look() -> tuple[bool, str]:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit" if connection.vendor == "postgresql" else "PRAGMA synchronous")
            pooled = getattr(connection, "pool", None) is not None
            return pooled, str(cursor.fetchone()[0])

    async with opened(database) as ledger:
        for thread in (ledger._writer, ledger._reader):
            pooled, sync = await asyncio.get_running_loop().run_in_executor(thread, look)
            assert not pooled
            assert sync in ("on", "2")  # 2 is FULL


async def test_a_person_that_is_gone_cannot_be_claimed_or_recorded_for(database):
    async with opened(database) as ledger:
        with pytest.raises(AwayError):
            await ledger.claim(999, HOST)
        with pytest.raises(FencedError):
            await ledger.record(999, 1, [notice()])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "quote"}, {"at": -1}, {"at": 2**60}, {"late_ms": -1}, {"link": ""}, {"link": "x" * 37},
        {"venue_id": "x" * 201}, {"venue_id": "a\0b"}, {"payload": {"fact": 1}},
        {"payload": {"price": decimal.Decimal("NaN")}}, {"payload": {"by": Entry}}, {"payload": {"text": "\ud800"}},
        {"cursors": {"trades": "1"}}, {"link": "l", "cursors": {"": "1"}}, {"link": "l", "cursors": {"trades": "1\0"}},
        {"link": "l", "cursors": {"trades": "\ud800"}},
    ],
    ids=str,
)  # fmt: skip
def test_what_could_never_be_stored_is_refused_where_it_is_made(wrong):
    with pytest.raises(ValueError, match=r"."):
        Entry(**{"kind": "notice", "at": 1, "payload": {}, **wrong})


async def test_cursors_are_stored_with_their_facts_and_with_what_repeats_them(database):
    async with opened(database) as ledger:
        epoch = await ledger.claim(1, HOST)
        await ledger.record(1, epoch, [notice(link="l", venue_id="7", cursors={"trades": "01A", "order 5": "3"})])
        await ledger.record(1, epoch, [notice(link="m", venue_id="7", cursors={"trades": "01B"})])
        assert await ledger.cursors(1) == {"l": {"trades": "01A", "order 5": "3"}, "m": {"trades": "01B"}}
        twin = notice(link="l", venue_id="7", cursors={"trades": "01C", "order 5": ""})
        assert await ledger.record(1, epoch, [twin]) == []
        assert (await ledger.cursors(1))["l"] == {"trades": "01C"}
        await ledger.claim(1, HOST)
        with pytest.raises(FencedError):
            await ledger.record(1, epoch, [notice(link="l", cursors={"trades": "01D"})])
        assert (await ledger.cursors(1))["l"] == {"trades": "01C"}
        assert await ledger.cursors(2) == {}
