"""What deploy/compose.yaml puts up: who reaches whom, by which password. Docker itself is not asked."""

import pathlib
import re
import shutil
import subprocess
import urllib.parse

import environ
import pytest
import redis
from asgiref.sync import async_to_sync
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.retry import Retry

from config.doctor import checks
from config.env import BASE_DIR
from tests.support import compose
from tests.support.backends import free_port, layer_program, with_me
from tests.support.eventually import eventually
from tests.support.layer_echo import layer_echo
from tests.support.roles import DESK, OWNER

TEXT = (BASE_DIR / "deploy/compose.yaml").read_text()
FILE = compose.Reader(TEXT).read()
SERVICES = FILE["services"]
OF_THE_DESK = {"migrate", "web", "streams"}


def who(kind: str, name: str) -> set[str]:
    """The services that have this network or secret."""
    return {service for service, found in SERVICES.items() if name in found.get(kind, ())}


def test_database_and_layer_have_a_network_each_that_only_the_desk_joins():
    for name in ("database", "layer"):
        assert who("networks", name) == {*OF_THE_DESK, name}
        assert SERVICES[name]["networks"] == [name]
        assert FILE["networks"][name] == {"internal": True}, "nothing outside is reached from it"


def test_the_proxy_reaches_web_processes_alone_and_is_the_one_that_is_published():
    assert SERVICES["proxy"]["networks"] == ["front"]
    assert who("networks", "front") == {"proxy", "web"}
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}


def test_every_network_secret_and_volume_is_declared_and_used():
    for kind in ("networks", "secrets"):
        used = {name for service in SERVICES.values() for name in service.get(kind, ())}
        assert used == set(FILE[kind])
    volumes = {part.split(":")[0] for service in SERVICES.values() for part in service.get("volumes", ())}
    assert {name for name in volumes if not name.startswith(".")} == set(FILE["volumes"])
    assert all((BASE_DIR / "deploy" / name).exists() for name in volumes if name.startswith("."))


def test_only_what_migrates_knows_the_owner_and_no_process_of_the_desk_a_superuser():
    assert who("secrets", "migration_database_url") == {"migrate"}
    for name in ("postgres_password", "owner_password", "desk_password"):
        assert who("secrets", name) == {"database"}
    assert who("secrets", "layer_password") == {"layer"}
    for service in OF_THE_DESK:
        files = {value for name, value in SERVICES[service]["environment"].items() if name.endswith("_FILE")}
        assert files == {f"/run/secrets/{name}" for name in SERVICES[service]["secrets"]}
    assert not any("://" in str(value) for value in SERVICES["web"]["environment"].values() if "SITE" not in value)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    """The folder of secrets as the head of the file makes it."""
    lines = [line.removeprefix("#").strip() for line in TEXT.splitlines() if "secrets/" in line and line[0] == "#"]
    orders = [line for line in lines if line.startswith(("python3 ", "head ", "for ", "echo "))]
    folder = tmp_path_factory.mktemp("deploy")
    (folder / "secrets").mkdir()
    subprocess.run(["sh", "-ec", "\n".join(orders)], cwd=folder, check=True)
    return folder / "secrets"


@pytest.mark.process
def test_the_commands_at_its_head_make_every_secret_and_urls_that_open(secrets):
    assert {file.name for file in secrets.iterdir()} == set(FILE["secrets"])
    assert {f"secrets/{file.name}" for file in secrets.iterdir()} == {one["file"] for one in FILE["secrets"].values()}
    text = {file.name: file.read_text().strip() for file in secrets.iterdir()}
    assert all(len(value) >= 24 for value in text.values())
    for name, role, password in (
        ("database_url", DESK, "desk_password"), ("migration_database_url", OWNER, "owner_password"),
    ):  # fmt: skip
        found = environ.Env.db_url_config(text[name])
        expected = (role, text[password], "database", SERVICES["database"]["environment"]["POSTGRES_DB"])
        assert (found["USER"], found["PASSWORD"], found["HOST"], found["NAME"]) == expected
    assert urllib.parse.urlsplit(text["redis_url"]).password == text["layer_password"]
    assert urllib.parse.urlsplit(text["redis_url"]).hostname == "layer"


def test_the_image_restores_what_its_server_dumps():
    (client,) = re.findall(r"postgresql-client-(\d+)", (BASE_DIR / "deploy/Dockerfile").read_text())
    assert SERVICES["database"]["image"] == f"postgres:{client}"


# The layer, as its command starts it


@pytest.fixture(scope="module")
def layer(secrets):
    """The port of a server that runs by that command, and its process."""
    shell, option, script = SERVICES["layer"]["command"]
    port = free_port()
    script = script.replace("$$", "$").replace("/run/secrets", str(secrets))
    script = script.replace("valkey-server -", f"{layer_program('valkey')} - --bind 127.0.0.1 --port {port}")
    server = subprocess.Popen(
        with_me(shutil.which(shell), option, script), stdin=subprocess.DEVNULL, cwd=secrets.parent
    )
    try:
        eventually(lambda: is_open(port), within=20)
        yield port, server.pid
    finally:
        server.kill()
        server.wait()


def connect(port: int, **options) -> redis.Redis:
    return redis.Redis("127.0.0.1", port, socket_timeout=2, retry=Retry(NoBackoff(), 0), **options)


def is_open(port: int) -> bool:
    try:
        with connect(port) as client:
            return bool(client.ping())
    except AuthenticationError:
        return True
    except redis.RedisError:
        return False


@pytest.mark.process
def test_the_layer_refuses_whoever_does_not_know_its_password(layer):
    port, _ = layer
    for options in ({}, {"password": "wrong"}):
        with connect(port, **options) as client, pytest.raises(AuthenticationError):
            client.get("anything")


@pytest.mark.process
def test_the_layers_password_is_in_no_list_of_processes(layer, secrets):
    _, pid = layer
    password = (secrets / "layer_password").read_text().strip()
    shown = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() + pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    assert b"valkey-server" in shown
    assert password.encode() not in shown


@pytest.mark.process
@pytest.mark.parametrize("order", ["CONFIG GET dir", "ACL LIST", "SHUTDOWN NOSAVE", "REPLICAOF 127.0.0.1 1", "MONITOR"])
def test_the_desk_does_not_administer_the_layer(layer, secrets, order):
    port, _ = layer
    password = (secrets / "layer_password").read_text().strip()
    with connect(port, password=password) as client, pytest.raises(NoPermissionError):
        client.execute_command(*order.split())


@pytest.mark.process
def test_a_desk_keeps_and_carries_what_it_does_with_that_password(layer, secrets, settings):
    port, _ = layer
    url = (secrets / "redis_url").read_text().strip().replace("layer:6379", f"127.0.0.1:{port}")
    settings.LAYER_URL, settings.EMBEDDED_VALKEY = url, False
    assert checks.layer(desk_runs=True).level == "ok"
    cache = RedisCache(url, settings.CACHES["default"])
    cache.set("a", [1.5])
    assert cache.get("a") == [1.5]
    cache.clear()
    assert cache.get("a") is None
    assert async_to_sync(layer_echo)(url) == {"type": "word"}
