"""The ledger: facts are stored before they are announced, numbered without gaps, each once."""

import asyncio
import contextlib

import pytest

from streaming.facts import Entry
from streaming.ledger import FencedError, Ledger


def notice(text="hello", **fields):
    return Entry(kind="notice", at=1_700_000_000_000, payload={"code": "test", "text": text}, **fields)


@contextlib.asynccontextmanager
async def opened(database, *sinks):
    ledger = Ledger(sinks, database)
    try:
        yield ledger
    finally:
        await ledger.close()


async def test_facts_are_numbered_from_one_and_read_back_as_they_were_recorded(ledger_database):
    async with opened(ledger_database) as ledger:
        epoch = await ledger.claim(1)
        first = await ledger.record(1, epoch, [notice("a"), notice("b", recovered=True, late_ms=14_000)])
        (third,) = await ledger.record(1, epoch, [notice("c", link="l")])
        assert [fact.number for fact in first] == [1, 2]
        assert third.number == 3
        assert await ledger.head(1) == 3
        assert await ledger.page(1, 0) == [*first, third]
        assert await ledger.page(1, 1, limit=1) == [first[1]]
        assert (await ledger.head(2), await ledger.page(2, 0)) == (0, [])


async def test_a_duplicate_is_dropped_without_using_up_a_number(ledger_database):
    async with opened(ledger_database) as ledger:
        epoch = await ledger.claim(1)
        twin = notice(link="l", venue_id="7")
        assert len(await ledger.record(1, epoch, [twin, twin])) == 1
        assert await ledger.record(1, epoch, [twin]) == []
        news = await ledger.record(1, epoch, [notice(link="m", venue_id="7"), twin, notice(venue_id="7"), notice()])
        assert [fact.number for fact in news] == [2, 3, 4]


async def test_an_owner_of_a_former_epoch_is_refused_and_leaves_nothing_behind(ledger_database):
    async with opened(ledger_database) as ledger:
        former, owner = await ledger.claim(1), await ledger.claim(1)
        assert owner > former
        with pytest.raises(FencedError):
            await ledger.record(1, former, [notice()])
        assert (await ledger.head(1), await ledger.page(1, 0)) == (0, [])


async def test_those_who_record_at_once_share_a_transaction_and_not_their_trouble(ledger_database):
    async with opened(ledger_database) as ledger:
        epochs = {person: await ledger.claim(person) for person in range(1, 6)}
        epochs[3] = 0
        answers = await asyncio.gather(
            *(ledger.record(person, epoch, [notice()] * 2) for person, epoch in epochs.items()), return_exceptions=True
        )
        assert [isinstance(answer, FencedError) for answer in answers] == [False, False, True, False, False]
        assert [await ledger.head(person) for person in epochs] == [2, 2, 0, 2, 2]
