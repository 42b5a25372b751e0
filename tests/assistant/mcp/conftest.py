"""People with tokens, and a desk without what runs beside their streams."""

import pytest

from accounts.auth import tokens
from accounts.models import User
from tests.assistant.mcp.harness import WaitingTool, with_tool


@pytest.fixture(autouse=True)
def _settings(settings, transactional_db):
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = []
    settings.ALLOWED_ORIGINS = ["https://partner.example"]


@pytest.fixture
def alice(transactional_db):
    return User.objects.create_user("alice@example.com", "a long enough one")


@pytest.fixture
def bob(transactional_db):
    return User.objects.create_user("bob@example.com", "a long enough one")


@pytest.fixture
def reading(alice):
    return tokens.make(alice, "reads")[0]


@pytest.fixture
def trading(alice):
    return tokens.make(alice, "trades", trade=True)[0]


@pytest.fixture
def his(bob):
    return tokens.make(bob, "reads")[0]


@pytest.fixture
async def waiting(monkeypatch):
    tool = WaitingTool()
    with_tool(monkeypatch, tool.tool)
    return tool
