"""People who agreed to a model host, and a desk that asks a scripted model."""

import pytest

from accounts.auth import tokens
from accounts.models import User
from assistant.chat.conversations.consent import give_consent
from assistant.chat.endpoints import completions
from tests.assistant.chat.scripted_model import SERVER
from tests.support import corridor


@pytest.fixture(autouse=True)
def _settings(settings, transactional_db, ledger_database, monkeypatch):
    monkeypatch.setattr(corridor, "database", None)  # people with tokens are in the one of Django
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = []
    settings.ALLOWED_ORIGINS = ["https://partner.example"]


@pytest.fixture
def alice(transactional_db):
    person = User.objects.create_user("alice@example.com", "a long enough one")
    give_consent(person.pk, SERVER.host)
    return person


@pytest.fixture
def bob(transactional_db):
    return User.objects.create_user("bob@example.com", "a long enough one")


@pytest.fixture
def token(alice):
    return tokens.make(alice, "reads")[0]


@pytest.fixture
def his(bob):
    return tokens.make(bob, "reads")[0]


@pytest.fixture(autouse=True)
def _server(monkeypatch):
    monkeypatch.setattr(completions, "model_server", lambda: SERVER)
