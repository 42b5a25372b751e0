"""With several processes it does not matter which one is asked: it tells of all, also of one that says nothing."""

import os
import signal
import time

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from config import valkey
from streaming.bus.survey import WITHIN_S
from tests.support.eventually import aeventually, eventually
from tests.support.people import ALICE, LABEL, OLGA
from tests.support.watcher import Watcher


@pytest.fixture(scope="module")
def family(make_desk):
    """A desk of two web processes and two that hold the venues' connections."""
    with make_desk(web=2, streams=2) as desk:
        yield desk


@pytest.fixture(scope="module")
def asked(family):
    """Asks a path as olga, who is staff."""
    headers = {"Authorization": f"Bearer {family.token(OLGA, name='a monitor')}"}
    return lambda path: family.get(path, headers=headers).raise_for_status()


def told(asked):
    return asked("/ws/status").json()


def samples(asked, metric):
    """The values of a metric, by process and the other labels."""
    families = {family.name: family for family in text_string_to_metric_families(asked("/metrics").text)}
    return {
        (sample.labels["process"], *sorted(v for k, v in sample.labels.items() if k != "process")): sample.value
        for sample in families[metric].samples
    }


def rows(family, table, email=OLGA):
    """The rows of one table of the page."""
    tables = family.get("/status/now", headers={"Cookie": family.cookie(email)}).json()["tables"]
    return [row["cells"] for row in tables[table]["rows"]]


async def test_every_process_is_told_of_and_what_they_have_adds_up(family, asked):
    found = await aeventually(lambda: len((told_now := told(asked))["processes"]) == 4 and told_now, within=15)
    assert {process["pid"] for process in found["processes"]} == set(family.children.values())
    assert sorted(process["kind"] for process in found["processes"]) == ["streams", "streams", "web", "web"]
    assert {process["called"] for process in found["processes"]} == set(family.children)
    assert all(process["answers"] and process["owns"] and not process["deaf"] for process in found["processes"])
    assert all(process["heartbeat_ms"] < 10_000 for process in found["processes"])
    async with Watcher(family, family.cookie(ALICE)) as watching:
        await aeventually(lambda: watching.link.get("state") == "live", within=20)
        found = told(asked)
        assert found["hub"]["sockets"] == found["carriers"]["frames"]["sockets"] == 1
        assert sum(process["sockets"] for process in found["processes"]) == 1
        owners = {process["name"]: process for process in found["processes"] if process["people"]}
        [manager] = found["host"]["managers"]
        assert list(owners) == [manager["process"]]
        assert owners[manager["process"]]["kind"] == "streams"
        assert owners[manager["process"]]["claims"]["won"] >= 1
        assert int(manager["epoch"].partition("-")[0]) >= 1
        assert manager["watchers"] == 1
        assert rows(family, "owners")[0][:2] == [f"Person {manager['person']}", manager["process"]]
        managers = samples(asked, "tapedeck_managers")
        assert {process: value for (process,), value in managers.items() if value} == {manager["process"]: 1}
        assert sum(samples(asked, "tapedeck_sockets").values()) == 1
        hers = rows(family, "processes", ALICE)
        assert len(hers) == 4
        assert not any(process["name"] in " ".join(cells) for cells in hers for process in found["processes"])
        assert len(rows(family, "links", ALICE)) == 1  # although another process holds her link
        copied = family.get("/status/diagnostics", headers={"Cookie": family.cookie(ALICE)}).text
        assert f'"epoch":"{manager["epoch"]}"' in copied
        grants = [value for grant in family.grants for value in (*grant["accounts"], grant["refresh_token"])]
        for canary in (*grants, LABEL, ALICE, *owners, manager["links"][0]["link"]):
            assert canary not in copied


def test_one_that_says_nothing_is_named_by_its_heartbeat_and_the_answer_is_not_late(family, asked):
    eventually(lambda: len(told(asked)["processes"]) == 4, within=15)
    pid = family.children["streams-2"]
    os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        found = told(asked)
        assert time.monotonic() - begun < WITHIN_S + 1.5
        [silent] = [process for process in found["processes"] if not process["answers"]]
        assert silent["name"].endswith(f":{pid}")
        assert silent["kind"] == "streams"
        assert silent["asked"]
        up = samples(asked, "tapedeck_process_up")
        assert up[silent["name"], silent["kind"]] == 0
        assert sorted(up.values()) == [0, 1, 1, 1]
        assert sorted(cells[1] for cells in rows(family, "processes")) == ["running", "running", "running", "silent"]
    finally:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: sorted(samples(asked, "tapedeck_process_up").values()) == [1, 1, 1, 1], within=15)


def test_without_the_layer_a_process_tells_of_itself_names_the_others_and_is_not_ready(family, asked):
    eventually(lambda: family.get("/ready").is_success, within=15)
    with redis.Redis.from_url(family.environment.get("REDIS_URL") or valkey.url(family.run_dir)) as client:
        server = client.info("server")["process_id"]
    os.kill(server, signal.SIGSTOP)
    try:
        ready = eventually(
            lambda: (answer := family.get("/ready", timeout=10)).status_code == 503 and answer, within=20
        )
        assert ready.json()["layer"]["ok"] is False
        assert ready.json()["database"]["ok"] is ready.json()["lease"]["ok"] is True
        found = told(asked)
        assert found["layer"]["state"] == "down"
        assert sorted(process["answers"] for process in found["processes"]) == [False, False, False, True]
        up = samples(asked, "tapedeck_up")
        assert {labels[1:]: value for labels, value in up.items()} == {
            ("database",): 1, ("layer",): 0, ("lease",): 1,
        }  # fmt: skip
    finally:
        os.kill(server, signal.SIGCONT)
    eventually(lambda: family.get("/ready").is_success, within=20)
    eventually(lambda: [process["answers"] for process in told(asked)["processes"]] == [True] * 4, within=20)
