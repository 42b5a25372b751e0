"""Alice and bob, and alice signed in."""

import json

import pytest

from accounts.models import User
from tests.accounts.conftest import sign_in


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice@example.com", "a long enough one")


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob@example.com", "a long enough one")


@pytest.fixture
def mine(alice):
    return sign_in(alice)


def send(browser, method, path, body=None, **more):
    """Ask with JSON."""
    return browser.generic(method, path, json.dumps(body), content_type="application/json", **more)
