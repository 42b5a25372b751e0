"""System checks of the channel layer: lost messages, killed listeners, a server without a password."""

import ipaddress
import typing

import redis
from django.conf import settings
from django.core import checks

CORE = "channels_redis.core.RedisChannelLayer"
IN_MEMORY = "channels.layers.InMemoryChannelLayer"
POLL_S = 5
"""How long the core layer lets its server wait for a message: an answer may take that long, and some more."""
REDIS_PY_S = 5
"""How long redis-py waits for an answer where nothing else is said."""


def check(**_: typing.Any) -> list[checks.CheckMessage]:
    """Look at the layer that the settings name."""
    layer: dict[str, typing.Any] = getattr(settings, "CHANNEL_LAYERS", {}).get("default", {})
    if layer.get("BACKEND") == IN_MEMORY:
        return [
            checks.Warning(
                "The in-memory channel layer reaches no other process, and drops what is new when it is full.",
                hint="Leave CHANNEL_LAYERS empty for one process, or set REDIS_URL.",
                id="streaming.W001",
            )
        ]
    if layer.get("BACKEND") != CORE:
        return []
    hosts: list[typing.Any] = layer.get("CONFIG", {}).get("hosts") or [{}]
    return [message for message in map(_core, hosts) if message is not None]


def check_password(**_: typing.Any) -> list[checks.CheckMessage]:
    """Warn of a Redis or Valkey on the network that asks for no password."""
    url: str = getattr(settings, "LAYER_URL", "")
    if not url:
        return []
    told: dict[str, typing.Any] = redis.ConnectionPool.from_url(url).connection_kwargs
    host = told.get("host", "localhost")
    if told.get("password") or "path" in told or _is_local(host):
        return []
    return [
        checks.Warning(
            f"The Redis or Valkey on {host} asks this desk for no password: whoever reaches it speaks for the desk.",
            hint="Give it one (requirepass or an ACL), and the URL: REDIS_URL=rediss://:password@host:6379/0.",
            id="streaming.W002",
        )
    ]


def _is_local(host: str) -> bool:
    """Whether a host is this machine, where only its own processes reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _core(host: typing.Any) -> checks.CheckMessage | None:
    """Look at one server of the core layer."""
    waits = host.get("socket_timeout", REDIS_PY_S) if isinstance(host, dict) else REDIS_PY_S
    if waits is not None and waits > POLL_S:
        return None
    said = "no socket_timeout" if waits is None else f"a socket_timeout of {waits:g} s"
    so = "a dead connection is never noticed" if waits is None else f"every {POLL_S} s an idle listener is killed"
    return checks.Error(
        f"The core channel layer has {said}: {so}.",
        hint="Use channels_redis.pubsub.RedisPubSubChannelLayer, or give each host a socket_timeout of 15 to 30 s.",
        id="streaming.E003",
    )
