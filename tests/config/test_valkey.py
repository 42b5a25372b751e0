"""The embedded Valkey: private, started once, and gone when its process is."""

import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys

import pytest
import redis
from asgiref.sync import async_to_sync
from django.core.cache.backends.redis import RedisCache
from django.core.exceptions import ImproperlyConfigured

from config import valkey
from config.doctor import checks
from config.env import BASE_DIR
from tests.support import backends
from tests.support.eventually import eventually
from tests.support.layer_echo import layer_echo
from tests.support.tls import TlsRelay, make_certificate

pytestmark = pytest.mark.process

STARTER = """
import pathlib, sys, threading
from config import valkey
threads = [threading.Thread(target=valkey.ensure_running, args=[pathlib.Path(sys.argv[1])]) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(valkey.ensure_running(pathlib.Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def starter(tmp_path):
    """Starts processes that keep the Valkey of a run directory, and ends them."""
    started = []

    def start(run_dir=tmp_path / "run"):
        process = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(run_dir)],
            cwd=BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def url_of(process):
    return process.stdout.readline().strip()


def process_id(place):
    with redis.Redis(unix_socket_path=str(place)) as client:
        return client.info("server")["process_id"]


def runs(pid):
    """Whether the process lives; one that ended and waits to be collected does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_answers_on_a_private_socket(starter, tmp_path):
    place = tmp_path / "run" / "valkey.sock"
    assert url_of(starter()) == f"unix://{place}"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    with redis.Redis(unix_socket_path=str(place)) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_process_that_started_it(starter, tmp_path, blow):
    process = starter()
    url_of(process)
    pid = process_id(tmp_path / "run" / "valkey.sock")
    process.send_signal(blow)
    eventually(lambda: not runs(pid))


def test_starters_that_race_share_one(starter, tmp_path):
    processes = [starter() for _ in range(4)]
    assert len({url_of(process) for process in processes}) == 1
    found = subprocess.run(["pgrep", "-fc", str(tmp_path / "run" / "valkey.sock")], stdout=subprocess.PIPE, text=True)
    assert int(found.stdout) == 1


def test_another_process_takes_over_at_the_same_address(starter, tmp_path):
    place = tmp_path / "run" / "valkey.sock"
    first = starter()
    url_of(first)
    second = starter()
    url_of(second)
    before = process_id(place)
    first.kill()
    eventually(lambda: valkey.answers(place) and process_id(place) != before)


def test_one_that_crashed_is_started_again(starter, tmp_path):
    place = tmp_path / "run" / "valkey.sock"
    url_of(starter())
    before = process_id(place)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: valkey.answers(place) and process_id(place) != before)


def test_a_run_directory_with_a_long_path_has_a_short_socket(starter, tmp_path):
    deep = tmp_path / ("a" * 100) / "run"
    url = url_of(starter(deep))
    place = valkey.address(deep)
    assert url == valkey.url(deep) == f"unix://{place}"
    assert len(os.fsencode(place)) <= valkey.LONGEST_ADDRESS
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert valkey.address(tmp_path / ("b" * 100) / "run") != place
    shutil.rmtree(place.parent)


def test_a_folder_of_somebody_elses_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ImproperlyConfigured, match="a folder of your own"):
        valkey.make_private(tmp_path / "link")


def test_a_server_on_the_path_comes_before_the_wheels(tmp_path, monkeypatch):
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert valkey.find_server() == server


def test_one_that_cannot_start_says_why(starter, tmp_path, monkeypatch):
    server = tmp_path / "valkey-server"
    server.write_text("#!/bin/sh\necho no room on this ship\nexit 1\n")
    server.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    _, said = starter().communicate(timeout=10)
    assert "does not start. It said: no room on this ship" in said


@pytest.mark.parametrize("url", ["redis://localhost", "rediss://localhost"])
def test_connections_over_tcp_notice_a_dead_peer(url):
    options = valkey.connection_options(url)
    assert options["health_check_interval"] == 5
    assert sorted(options["socket_keepalive_options"].values()) == [2, 2, 5]


def test_connections_to_a_unix_socket_take_no_keepalive():
    assert valkey.connection_options("unix:///x") == {"health_check_interval": 5, "socket_timeout": 3.0}


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    """A layer that speaks TLS, and the file of who vouches for it."""
    certificate = make_certificate(tmp_path_factory.mktemp("tls"))
    with backends.layer("valkey-tcp") as url, TlsRelay(certificate, url) as relay:
        yield relay.port, certificate


def test_rediss_encrypts_what_cache_and_layer_say(relay, settings):
    port, certificate = relay
    url = f"rediss://localhost:{port}/0?ssl_ca_certs={certificate}"
    settings.LAYER_URL, settings.EMBEDDED_VALKEY = url, False
    assert checks.layer(desk_runs=True).level == "ok"
    cache = RedisCache(url, settings.CACHES["default"])
    cache.set("a", 1)
    assert cache.get("a") == 1
    assert async_to_sync(layer_echo)(url) == {"type": "word"}


@pytest.mark.parametrize(("host", "vouches"), [("localhost", False), ("127.0.0.1", True)])
def test_rediss_trusts_nobody_else(relay, settings, host, vouches):
    port, certificate = relay
    url = f"rediss://{host}:{port}/0" + (f"?ssl_ca_certs={certificate}" if vouches else "")
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        RedisCache(url, settings.CACHES["default"]).get("a")
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        async_to_sync(layer_echo)(url)
