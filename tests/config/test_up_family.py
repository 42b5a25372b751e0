"""`manage.py up --web 2 --streams 2` is one desk: what dies is replaced, and it ends with everything it started."""

import os
import signal

import httpx
import pytest

from tests.config.test_demo import alive
from tests.eventually import eventually

KINDS = {"web": ["web-1", "web-2"], "streams": ["streams-1", "streams-2"]}


@pytest.fixture(scope="module")
def family(make_desk):
    """A desk of four processes that the tests of this module share."""
    with make_desk(web=2, streams=2) as desk:
        yield desk


def test_every_process_has_a_name_and_says_it(family):
    assert sorted(family.children) == KINDS["streams"] + KINDS["web"]
    assert {line[: line.index("]") + 1] for line in family.log.splitlines() if line.startswith("[")} >= {
        "[web-1]",
        "[web-2]",
    }


@pytest.mark.parametrize("name", ["web-1", "streams-2"])
def test_one_that_is_killed_is_replaced_and_the_others_stay(family, name):
    before = family.children
    os.kill(before[name], signal.SIGKILL)
    eventually(lambda: f"{name} (process {before[name]}) was ended by SIGKILL" in family.log)
    eventually(lambda: f"{name} (process {family.children[name]}) is ready after" in family.log, within=20)
    after = family.children
    assert {one for one in after if after[one] != before[one]} == {name}
    assert httpx.get(f"{family.url}/ready").is_success


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_everything_it_started(make_desk, blow):
    with make_desk(web=2, streams=2) as desk:
        family = {desk.server.process.pid, *desk.children.values()}
        code = desk.stop_server(blow)
        assert code == (0 if blow is not signal.SIGKILL else -blow)
        eventually(lambda: not alive(family), within=10, saying=lambda: alive(family))
        if blow is not signal.SIGKILL:
            assert desk.log.rstrip().endswith("Stopped.")
            assert not (desk.run_dir / "up.json").exists()
