"""`GET /chat/health` tells people who are let in how the model is, and is not there where chat is off."""

import typing

import pytest
from channels.routing import URLRouter

from assistant.chat.endpoints import chat_health
from assistant.chat.switch import when_chat_on
from market.routing import at
from streaming.transports.auth_middleware import let_in
from tests.support.cluster_in_one_loop import SteadyStation
from tests.support.corridor import MemoryLinks
from tests.support.live_server import Served


class ChatDesk(Served):
    """The health of the model, told to person 1 (or whom `X-Person` names)."""

    routes = URLRouter([
        at(r"^chat/health/?$", when_chat_on(chat_health.serve)),
        at(r"^locked/?$", when_chat_on(let_in(chat_health.serve))),
    ])  # fmt: skip


@pytest.fixture
async def desk(valkey, settings, served_model) -> typing.AsyncIterator[ChatDesk]:
    """A desk that asks the loopback model."""
    settings.STREAM_SERVICES, settings.STREAM_EXTENSIONS = [], []
    settings.USE_OPENAI, settings.LLM_API_KEY = False, "sk-canary"
    settings.LOCAL_LLM_BASE_URL, settings.LOCAL_LLM_MODEL = served_model.base_url, "simulated"
    async with (
        SteadyStation(valkey, MemoryLinks()) as station,
        ChatDesk(typing.cast(typing.Any, station)) as served,
    ):
        yield served


async def test_who_is_let_in_is_told_how_the_model_is_and_nobody_its_key(desk, served_model):
    answer = await desk.client.get("/chat/health")
    told = answer.json()
    assert (answer.status_code, told["status"], told["provider"], told["model"]) == (200, "ready", "local", "simulated")
    assert answer.headers["cache-control"] == "no-store"
    assert "canary" not in answer.text
    assert "http" not in answer.text


async def test_with_chat_off_it_is_not_there(desk, settings, served_model):
    settings.CHAT = False
    answer = await desk.client.get("/chat/health")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_available")
    assert not served_model.model.requests


async def test_who_is_not_let_in_makes_it_ask_nobody(desk, served_model):
    answer = await desk.client.get("/locked")
    assert answer.status_code == 401
    assert not served_model.model.requests
