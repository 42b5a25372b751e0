"""Looks over a desk, running or not: what it stands on, and what its venues say. Changes nothing.

Every finding is a sentence for whoever runs the desk, and holds no secret. The one thing that is written is what must
not be lost: credentials that a venue puts in the place of those it was asked with.
"""

import platform
import secrets
import time
import typing
from collections.abc import Iterator, Mapping

import django
import msgspec
import redis
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction

from accounts.credentials import keys
from accounts.models import BrokerLink
from brokers import VERSION
from streaming.ownership import processes
from streaming.ownership.processes import Process
from streaming.status import health

Level = typing.Literal["ok", "warning", "problem"]
LEVELS: tuple[Level, ...] = typing.get_args(Level)
SLOW_MS = 250.0
"""A database or layer that takes longer to answer makes people wait."""
CLOCK_S = 2.0
"""A clock further off than this spoils what people read: see docs/operations.md, Clocks."""
ANSWER_S = 3.0


Figures = Mapping[str, float | int | str | bool | None]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was looked at, how it is, a sentence about it, and the figures behind that."""

    what: str
    level: Level
    says: str
    figures: Figures = {}


def worst(findings: typing.Iterable[Finding]) -> Level:
    """Return the worst level there is among `findings`."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")


def ground() -> Iterator[Finding]:
    """Look at what the desk stands on, one after the other."""
    yield from environment()
    running: list[Process] = []
    found, answers = database()
    yield found
    if answers:
        try:
            running = processes.others()
        except DatabaseError as error:
            yield Finding("desk", "problem", f"its processes cannot be read ({type(error).__name__})")
        else:
            yield desk(running)
    yield layer(any(process.live for process in running))
    yield keys_()


def environment() -> Iterator[Finding]:
    """Say what kind of desk this is, and what Django and its apps find wrong with the settings."""
    kind = (
        f"{settings.ENVIRONMENT}, Tapedeck {VERSION}, Python {platform.python_version()}, Django {django.__version__}"
    )
    yield Finding("environment", "warning" if settings.DEBUG else "ok", f"{kind}{', DEBUG' if settings.DEBUG else ''}")
    for message in checks.run_checks(include_deployment_checks=settings.ENVIRONMENT == "production"):
        if message.level >= checks.WARNING and not message.is_silenced():
            level: Level = "problem" if message.level >= checks.ERROR else "warning"
            yield Finding("settings", level, f"{message.msg} ({message.id})")


def database() -> tuple[Finding, bool]:
    """Ask the database: may one write, is it this version's, how late is it? Also return whether it answers."""
    try:
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connected_ms = _ms_since(began)
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        answer_ms = _ms_since(began)
        began = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:  # SQLite: waits for whoever writes
            cursor.execute("SELECT 1")
        write_ms = _ms_since(began)
        is_copy, ahead_s = _postgresql() if connection.vendor == "postgresql" else (False, None)
        pending = health.pending_migrations()
    except DatabaseError as error:
        return Finding("database", "problem", f"{connection.vendor} does not answer ({type(error).__name__})"), False
    figures: Figures = {
        "engine": connection.vendor, "connect_ms": connected_ms, "answer_ms": answer_ms, "write_ms": write_ms,
        "pending_migrations": pending, "clock_ahead_s": ahead_s,
    }  # fmt: skip
    says = f"{connection.vendor} answers in {answer_ms:.1f} ms, a write begins after {write_ms:.1f} ms"
    level: Level = "warning" if max(answer_ms, write_ms) > SLOW_MS else "ok"
    if ahead_s is not None and abs(ahead_s) > CLOCK_S:
        level, says = "warning", f"{says}; {clock(ahead_s)}"
    if is_copy:
        level, says = "problem", f"{says}; it is a copy that cannot be written"
    if pending:
        level, says = "problem", f"{says}; {pending} migrations did not run: `manage.py migrate`"
    return Finding("database", level, says, figures), True


def _postgresql() -> tuple[bool, float]:
    """Return whether the server only follows another one, and how far this machine's clock is ahead of its clock, s."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp())")
        is_copy, at = cursor.fetchone()
    return bool(is_copy), time.time() - float(at)


def desk(running: list[Process]) -> Finding:
    """Say which processes hold the desk up now."""
    live = [process for process in running if process.live]
    figures: Figures = {
        "processes": len(live),
        "people": sum(process.people for process in live),
        "heartbeat_ms": max((process.heartbeat_ms for process in live), default=None),
    }
    if not live:
        return Finding("desk", "ok", "it does not run", figures)
    kinds = ", ".join(f"{process.kind} ({process.people} people)" for process in live)
    return Finding("desk", "ok", f"{len(live)} processes run: {kinds}", figures)


def layer(desk_runs: bool) -> Finding:
    """Ask Redis or Valkey whether it carries a word from here to here."""
    if not settings.LAYER_URL:
        return Finding("layer", "ok", "there is none: the desk runs in one process")
    kind = "embedded Valkey" if settings.EMBEDDED_VALKEY else "Redis or Valkey at REDIS_URL"
    channel, word = f"tapedeck.doctor.{secrets.token_hex(4)}", secrets.token_hex(8)
    try:
        with redis.Redis.from_url(settings.LAYER_URL, socket_timeout=ANSWER_S) as client, client.pubsub() as ear:
            ear.subscribe(channel)
            ear.get_message(timeout=ANSWER_S)
            began = time.monotonic()
            client.publish(channel, word)
            heard = ear.get_message(timeout=ANSWER_S)
            echo_ms = _ms_since(began)
    except (redis.RedisError, OSError) as error:
        if settings.EMBEDDED_VALKEY and not desk_runs:
            return Finding("layer", "ok", f"{kind}: it starts and ends with the desk")
        return Finding("layer", "problem", f"{kind} does not answer ({type(error).__name__})")
    if not heard or heard["data"] != word.encode():
        return Finding("layer", "problem", f"{kind} answers, but carries nothing")
    level: Level = "warning" if echo_ms > SLOW_MS else "ok"
    return Finding("layer", level, f"{kind} carries a word in {echo_ms:.1f} ms", {"echo_ms": echo_ms})


def keys_() -> Finding:
    """Say which keys there are. Makes none."""
    try:
        if not keys.configured() and not keys.key_file().exists():
            level: Level = "problem" if _links_exist() else "ok"
            return Finding("keys", level, "there are none yet" if level == "ok" else "the key file is gone")
        found = keys.private_keys()
    except (ImproperlyConfigured, OSError) as error:
        return Finding("keys", "problem", str(error))
    where = "CREDENTIAL_KEYS" if keys.configured() else "the key file"
    names = [key.id for key in found]
    older = f", {len(names) - 1} older ones still open" if len(names) > 1 else ""
    return Finding("keys", "ok", f"{names[0]} is current, from {where}{older}", {"keys": len(names)})


def _links_exist() -> bool:
    try:
        return BrokerLink.objects.exclude(sealed={}).exists()
    except DatabaseError:
        return False  # that the database is away is a finding of its own


def clock(ahead_s: float) -> str:
    """Write how far this machine's clock is from another's."""
    return f"this machine's clock is {abs(ahead_s):.1f} s {'ahead' if ahead_s > 0 else 'behind'}"


def _ms_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 2)
