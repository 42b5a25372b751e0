"""The settings say which model server answers, and nothing shows its key."""

import msgspec
import pytest

from assistant.chat.server import OPENAI_URL, ModelServer, model_server
from simulator.model.model import SimModel


@pytest.fixture(autouse=True)
def _unconfigured(settings, tmp_path):
    settings.USE_OPENAI, settings.LLM_API_KEY, settings.LLM_MODEL, settings.LOCAL_LLM_BASE_URL = False, "", "", ""
    settings.CHAT_SIMULATED, settings.RUN_DIR = False, tmp_path


def test_without_an_address_there_is_none():
    assert model_server() is None


def test_openai_needs_a_key_and_a_model(settings):
    settings.USE_OPENAI, settings.LLM_MODEL = True, "gpt-x"
    assert model_server() is None
    settings.LLM_API_KEY = "sk-canary"
    found = model_server()
    assert found is not None
    assert (found.provider, found.base_url, found.model, found.host) == (
        "openai", OPENAI_URL, "gpt-x", "api.openai.com",
    )  # fmt: skip


def test_a_local_one_is_told_with_its_port(settings):
    settings.LOCAL_LLM_BASE_URL, settings.LOCAL_LLM_MODEL = "http://127.0.0.1:11434/v1", "llama3.2:3b"
    found = model_server()
    assert found is not None
    assert (found.provider, found.host, found.model) == ("local", "127.0.0.1:11434", "llama3.2:3b")


def test_nothing_shows_its_key():
    server = ModelServer("local", "http://127.0.0.1:1/v1", "m", "sk-canary", 4096)
    assert "sk-canary" not in f"{server!r} {server} {[server]}"


def test_in_a_demo_the_simulated_one_is_found_beside_the_venues(settings, tmp_path):
    settings.CHAT_SIMULATED = True
    assert model_server() is None
    model = SimModel()
    model.address = "127.0.0.1:8720"
    (tmp_path / "loopback.json").write_bytes(msgspec.json.encode({"model": model.report}))
    found = model_server()
    assert found is not None
    assert (found.base_url, found.model, found.is_simulated) == ("http://127.0.0.1:8720/v1", "simulated", True)
