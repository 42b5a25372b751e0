"""What `manage.py check` says of a channel layer that would fail its desk."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from streaming import checks

CORE = "channels_redis.core.RedisChannelLayer"


def layers(backend, *hosts):
    return {"default": {"BACKEND": backend, "CONFIG": {"hosts": list(hosts)}}}


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ([], "a socket_timeout of 5 s"),
        (["redis://localhost"], "a socket_timeout of 5 s"),
        ([("localhost", 6379)], "a socket_timeout of 5 s"),
        ([{"address": "redis://localhost"}], "a socket_timeout of 5 s"),
        ([{"address": "redis://localhost", "socket_timeout": 5}], "every 5 s an idle listener is killed"),
        ([{"address": "redis://localhost", "socket_timeout": None}], "a dead connection is never noticed"),
        (
            [{"address": "a", "socket_timeout": 15}, {"address": "b", "socket_timeout": 0.5}],
            "a socket_timeout of 0.5 s",
        ),
    ],
)
def test_the_core_layer_is_refused_with_a_short_timeout(settings, hosts, said):
    settings.CHANNEL_LAYERS = layers(CORE, *hosts)
    (found,) = checks.check()
    assert found.id == "streaming.E003"
    assert said in found.msg


def test_layers_that_carry_are_let_be(settings):
    assert checks.check() == [], "the tests' own layer is a desk's"
    settings.CHANNEL_LAYERS = layers(CORE, {"address": "redis://localhost", "socket_timeout": 15})
    assert checks.check() == []
    settings.CHANNEL_LAYERS = {}
    assert checks.check() == []


def test_the_in_memory_layer_is_warned_of(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    assert [found.id for found in checks.check()] == ["streaming.W001"]


def test_a_desk_with_such_a_layer_does_not_pass_its_check(settings):
    settings.CHANNEL_LAYERS = layers(CORE, settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"])
    with pytest.raises(SystemCheckError, match=r"(?s)streaming\.E003.*RedisPubSubChannelLayer"):
        call_command("check")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("redis://layer:6379/0", "layer"),
        ("rediss://user:@10.0.0.7", "10.0.0.7"),
        ("redis://[2001:db8::1]:6379", "2001:db8::1"),
        ("redis://localhost.example.com", "localhost.example.com"),
    ],
)
def test_a_server_on_the_network_without_a_password_is_warned_of(settings, url, host):
    settings.LAYER_URL = url
    (found,) = checks.check_password()
    assert (found.id, f" on {host} " in found.msg) == ("streaming.W002", True)
    printed = io.StringIO()
    call_command("check", stderr=printed)
    assert "streaming.W002" in printed.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        "", "redis://", "redis://localhost:6379", "redis://127.0.0.9/0", "rediss://[::1]:6379", "unix:///run/valkey.sock",
        "redis://:canary@layer:6379/0", "rediss://layer/0?password=canary",
    ],
)  # fmt: skip
def test_a_server_that_is_near_or_asks_for_a_password_is_let_be(settings, url):
    settings.LAYER_URL = url
    assert checks.check_password() == []
