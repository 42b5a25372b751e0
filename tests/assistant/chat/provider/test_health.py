"""Whether a model can answer is asked seldom, and told without a key or an address."""

import asyncio
import contextlib

import msgspec
import pytest

from assistant.chat.endpoints.completions import required_server
from assistant.chat.provider import connection, health
from assistant.chat.provider.client import stream_completion
from assistant.chat.provider.context_watch import ContextWatch
from assistant.chat.provider.events import Usage
from assistant.chat.provider.health import check_health
from assistant.chat.server import model_server


@pytest.fixture
def configured(settings, served_model):
    """The settings of a desk that asks the loopback model."""
    settings.USE_OPENAI, settings.LLM_API_KEY = False, "sk-canary"
    settings.LOCAL_LLM_BASE_URL, settings.LOCAL_LLM_MODEL = served_model.base_url, "simulated"
    return served_model


async def test_a_model_that_is_listed_is_ready_and_asked_once(configured):
    found = await asyncio.gather(*(check_health() for _ in range(5)))
    assert {one.status for one in found} == {"ready"}
    assert found[0].latency_ms is not None
    assert found[0].detail == ""
    assert configured.model.requests == {"GET /v1/models": 1}


async def test_neither_key_nor_address_is_told(configured):
    told = msgspec.json.encode(await check_health()).decode()
    assert "canary" not in told
    assert "/v1" not in told


async def test_it_is_asked_anew_after_a_while(configured, monkeypatch):
    monkeypatch.setattr(health, "INTERVAL_S", 0.0)
    await check_health()
    await check_health()
    assert configured.model.requests == {"GET /v1/models": 2}


async def test_a_model_that_is_not_listed_is_told(configured, settings):
    settings.LOCAL_LLM_MODEL = "llama3.2:3b"
    found = await check_health()
    assert (found.status, "llama3.2:3b" in found.detail) == ("ready", True)


async def test_a_busy_server_is_busy(configured):
    configured.model.behaviour = "simulated+busy"
    assert (await check_health()).status == "busy"


async def test_a_server_that_takes_the_question_and_is_slow_is_busy(configured, monkeypatch):
    """Some answer nothing else while they generate."""
    monkeypatch.setattr(connection, "CONNECT_S", 0.2)
    silent = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
    async with silent:
        slow = msgspec.structs.replace(required_server(), base_url=_address(silent))
        monkeypatch.setattr(health, "model_server", lambda: slow)
        assert (await check_health()).status == "busy"


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read until the client is gone."""
    with contextlib.closing(writer):
        await reader.read()


def _address(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 5_000])
def test_garbage_instead_of_a_list_of_models_is_no_list(configured, body):
    assert health._oddity(required_server(), body) == ""


async def test_a_server_that_is_away_is_unreachable(configured, settings):
    settings.LOCAL_LLM_BASE_URL = "http://127.0.0.1:9/v1"
    found = await check_health()
    assert (found.status, found.latency_ms) == ("unreachable", None)


LONG = [{"role": "user", "content": "QQQ? " * 1_000}]


@pytest.mark.parametrize(("model", "is_told"), [("simulated", False), ("simulated+shortcontext", True)])
async def test_a_server_that_cuts_prompts_without_a_word_is_told(configured, settings, model, is_told):
    configured.model.behaviour = model
    server = model_server()
    assert server is not None
    assert [event async for event in stream_completion(server, LONG, [], max_tokens=9)]
    told = (await check_health()).detail
    assert ("cut what it reads at 256 tokens" in told) == is_told


def test_the_same_round_number_again_and_again_is_a_cut_too():
    watch = ContextWatch()
    counted = []
    for completion in (10, 20, 30):
        watch.observe(14_000, Usage(4096 - completion, completion, False))
        counted.append(watch.cut_at)
    assert counted == [None, None, 4096]
    watch.observe(14_000, Usage(3_900, 7, False))
    watch.observe(100, Usage(1, 1, False))
    assert watch.cut_at is None


async def test_without_an_address_nothing_is_configured(settings):
    settings.USE_OPENAI, settings.LOCAL_LLM_BASE_URL, settings.CHAT_SIMULATED = False, "", False
    assert (await check_health()).status == "unconfigured"
