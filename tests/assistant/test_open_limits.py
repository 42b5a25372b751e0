"""How many streams a person has open: over all processes together, and those of a process that died no longer."""

import asyncio
import contextlib
import threading
import typing

import pytest
import redis

from assistant import open_limits, rate_limits
from assistant.open_limits import OpenPlaces, TooManyOpenError, count_held, open_places
from tests.support.eventually import aeventually


@pytest.fixture
def here():
    return OpenPlaces()


@pytest.fixture
def there():
    """The places of another process."""
    return OpenPlaces()


@contextlib.asynccontextmanager
async def holding(places: OpenPlaces, count: int, most: int = 4):
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(places.hold("watch:1", most))
        yield


async def is_refused(places: OpenPlaces, key: str = "watch:1") -> bool:
    try:
        async with places.hold(key, 4):
            return False
    except TooManyOpenError:
        return True


async def test_processes_share_the_places_of_a_person(valkey, here, there):
    async with holding(here, 3), holding(there, 1):
        assert [await is_refused(one) for one in (here, there)] == [True, True]
        assert not await is_refused(there, "watch:2"), "another person's are apart"
    assert not await is_refused(there), "those that were left are free"
    assert (here.count_held(), there.count_held()) == (0, 0)


async def test_of_many_that_begin_at_once_as_many_as_may_be_are_let_in(valkey, here, there):
    go, refused = asyncio.Event(), []

    async def enter(places: OpenPlaces) -> None:
        try:
            async with places.hold("watch:1", 4):
                await go.wait()
        except TooManyOpenError:
            refused.append(places)
            if len(refused) == 8:
                go.set()

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(enter((here, there)[number % 2]))


async def test_the_places_of_a_process_that_died_are_free_again(valkey, here, there, monkeypatch):
    monkeypatch.setattr(open_limits, "LEASE_S", 0.3)
    died = here.hold("watch:1", 1)
    await died.__aenter__()
    assert here._renewal is not None
    here._renewal.cancel()
    with pytest.raises(TooManyOpenError):
        async with there.hold("watch:1", 1):
            pass
    await asyncio.sleep(0.3)  # its lease
    async with there.hold("watch:1", 1):
        pass
    await died.__aexit__(None, None, None)


async def test_what_stays_open_keeps_its_place(valkey, layer_client, here, there, monkeypatch):
    monkeypatch.setattr(open_limits, "LEASE_S", 0.6)
    monkeypatch.setattr(open_limits, "RENEW_S", 0.05)
    async with here.hold("watch:1", 1):
        (before,) = layer_client.zrange(f"{open_limits.PREFIX}:watch:1", 0, -1, withscores=True)
        await asyncio.sleep(0.7)  # longer than its lease
        (after,) = layer_client.zrange(f"{open_limits.PREFIX}:watch:1", 0, -1, withscores=True)
        assert after[0] == before[0]
        assert after[1] > before[1] + 0.5
        with pytest.raises(TooManyOpenError):
            async with there.hold("watch:1", 1):
                pass
    assert not layer_client.exists(f"{open_limits.PREFIX}:watch:1")
    assert here._renewal is None


class Slowly:
    """Does what it is told in a thread, as soon as it may; patched in for one function of the places."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.begun, self.may, self.done = threading.Event(), threading.Event(), threading.Event()
        self._work = getattr(open_limits, name)
        monkeypatch.setattr(open_limits, name, self)

    def __call__(self, *about: typing.Any) -> typing.Any:
        self.begun.set()
        assert self.may.wait(10)
        found = self._work(*about)
        self.done.set()
        return found


async def test_who_is_cancelled_while_taking_a_place_leaves_none(valkey, layer_client, here, there, monkeypatch):
    slowly = Slowly(monkeypatch, "_take")
    entering = asyncio.ensure_future(here.hold("watch:1", 1).__aenter__())
    await asyncio.to_thread(slowly.begun.wait, 10)
    entering.cancel()
    await asyncio.wait([entering])
    assert here.count_held() == 0
    slowly.may.set()
    await asyncio.to_thread(slowly.done.wait, 10)
    await aeventually(lambda: not here._tasks)
    assert not layer_client.exists(f"{open_limits.PREFIX}:watch:1")
    async with there.hold("watch:1", 1):
        assert here.count_held() == 0


async def test_a_place_that_is_left_while_it_is_renewed_is_free(valkey, layer_client, here, monkeypatch):
    monkeypatch.setattr(open_limits, "RENEW_S", 0.05)
    slowly = Slowly(monkeypatch, "_prolong")
    async with here.hold("watch:1", 1):
        await asyncio.to_thread(slowly.begun.wait, 10)
    slowly.may.set()
    await asyncio.to_thread(slowly.done.wait, 10)
    await aeventually(lambda: not here._tasks)
    assert not layer_client.exists(f"{open_limits.PREFIX}:watch:1")
    assert here._renewal is None


async def test_while_the_cache_is_away_each_process_lets_its_share_be_open(here, monkeypatch, caplog):
    def away(*_):
        raise redis.ConnectionError("gone")

    async def two():
        return 2

    monkeypatch.setattr(rate_limits, "layer_client", away)
    monkeypatch.setattr(rate_limits, "count_processes", two)
    async with holding(here, 2):
        assert await is_refused(here)
    assert here.count_held() == 0
    assert {record.getMessage() for record in caplog.records} == {
        "what is open is counted by each process: ConnectionError",
        "open places are not told: ConnectionError",
    }


async def test_a_process_that_is_alone_counts_by_itself(here, settings):
    settings.LAYER_URL = ""
    async with holding(here, 4):
        assert await is_refused(here)


async def test_a_process_counts_what_it_holds(valkey):
    async with open_places().hold("watch:1", 4):
        assert open_places().count_held() == count_held() == 1
    assert count_held() == 0
