"""Going through many things lets others run in between, and takes the things as they were."""

import asyncio

import pytest

from lib.batching import yielding


@pytest.mark.parametrize(
    ("things", "each", "turns"), [(0, 10, 0), (9, 10, 0), (10, 10, 1), (100, 10, 10), (100, 7, 14)]
)
async def test_others_run_after_every_few_things(things, each, turns):
    ran = 0

    async def others():
        nonlocal ran
        while True:
            ran += 1
            await asyncio.sleep(0)

    running = asyncio.ensure_future(others())
    await asyncio.sleep(0)
    before = ran
    assert [thing async for thing in yielding(range(things), each)] == list(range(things))
    assert ran - before == turns
    running.cancel()


async def test_what_comes_or_goes_meanwhile_changes_nothing():
    people = {number: str(number) for number in range(30)}
    seen: list[str] = []
    async for one in yielding(people.values(), 1):
        people.pop(len(seen), None)
        people[100 + len(seen)] = "new"
        seen.append(one)
    assert seen == [str(number) for number in range(30)]
