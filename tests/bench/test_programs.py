"""What measures programs does so: its clients stream from a desk in this event loop, in their short form."""

import asyncio
import types
import typing

import pytest

from accounts.auth import tokens
from accounts.models import User
from bench import mcp_latency
from bench.tool_load import OF_PERSON, Programs
from news.owner.desk import DeskNews
from tests.assistant.mcp.harness import McpDesk, mcp_desk
from tests.support.cluster_in_one_loop import SteadyStation
from tests.support.eventually import aeventually
from tests.support.news import TalkingSource, item
from tests.support.people import ALICE

STREAMS = 2


@pytest.fixture(autouse=True)
def _settings(settings, transactional_db):
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = []
    settings.TRUSTED_PROXY_COUNT = 1


@pytest.fixture
def token(transactional_db) -> str:
    return tokens.make(User.objects.create_user(ALICE), "reads")[0]


async def give_news(desk: McpDesk) -> None:
    """Have a source of news at a desk."""
    source, station = TalkingSource(), typing.cast(SteadyStation, desk.house)
    station.services.start(DeskNews(station, lambda: [source.spec]).run(), "news")
    await source.running.wait()
    await source.deliver(item(1))


async def test_the_first_event_of_each_kind_of_stream_is_timed(valkey, token, monkeypatch):
    monkeypatch.setattr(mcp_latency, "waited_ms", lambda desk: 0.0)
    async with mcp_desk(valkey, token) as desk:
        await give_news(desk)
        place = typing.cast(typing.Any, types.SimpleNamespace(url=desk.url))
        async with asyncio.timeout(30):
            results = await mcp_latency.measure_streams(place, [token], [token], STREAMS)
    timed = [result for result in results if result.unit == "ms"]
    assert len(timed) == 10
    assert all(result.figure > 0 for result in timed)
    assert sum(result.limit == mcp_latency.FIRST_MS for result in timed) == 5


async def test_programs_stream_while_they_are_told_to(valkey, token):
    async with mcp_desk(valkey, token) as desk:
        programs = Programs(desk.url, [token], ["QQQ"])
        await programs.prepare()
        hub = typing.cast(SteadyStation, desk.house).hub
        async with asyncio.timeout(30), programs.watching():
            assert programs.updates == OF_PERSON, "each was told at once of what is known"
            assert len(hub.shares) == 1
        await aeventually(lambda: not hub.shares)
