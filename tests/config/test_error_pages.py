"""What a person is shown while something that the desk stands on is away."""

import socket

import pytest
from django.test import Client

from accounts.models import User
from tests.support.people import ALICE, PASSWORD


@pytest.fixture
def nobodys_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_without_redis_nobody_signs_in_and_everybody_is_told_to_come_again(db, settings, nobodys_port):
    User.objects.create_user(ALICE, PASSWORD)
    url = f"redis://127.0.0.1:{nobodys_port}/0"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
    browser = Client(raise_request_exception=False)
    for password in (PASSWORD, "a wrong one"):
        answer = browser.post("/accounts/login/", {"login": ALICE, "password": password})
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "Redis is away" in answer.text
    assert "sessionid" not in browser.cookies
