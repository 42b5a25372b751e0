"""Idle sockets live on, on every layer a desk may have; see idle_sockets.py, which began when this run of tests did."""

import json
import shutil

import pytest

from tests.scenarios.streaming.conftest import idle_report
from tests.support.eventually import eventually
from tests.support.idle_sockets import LAYERS

pytestmark = pytest.mark.process

WITHIN_S = 200.0
AT_ONCE_S = 2.0
EVERYBODY = {"idle", "frames", "plain", "events"}


@pytest.fixture(scope="module")
def seen(request):
    """What sockets on each layer went through."""
    report = idle_report(request.config)
    eventually(report.exists, within=WITHIN_S, saying=report.with_suffix(".log").read_text)
    found, log = json.loads(report.read_text()), report.with_suffix(".log").read_text()
    shutil.rmtree(report.parent)
    assert "failed" not in found, log
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_no_socket_dies_of_idling_and_every_one_hears_a_heartbeat(seen, layer):
    assert seen[layer]["closed"] == {}
    assert {name for name, beats in seen[layer]["heartbeats"].items() if beats >= 2} == EVERYBODY
    assert seen[layer]["errors"] == []


@pytest.mark.parametrize("layer", LAYERS)
def test_after_idling_a_change_arrives_at_once(seen, layer):
    assert seen[layer]["waits_s"].keys() == EVERYBODY
    assert max(seen[layer]["waits_s"].values()) < AT_ONCE_S


@pytest.mark.parametrize("layer", LAYERS)
def test_after_idling_the_end_of_an_access_is_heard_at_once(seen, layer):
    """Where there is a layer, another process tells it."""
    assert seen[layer]["codes"] == dict.fromkeys(EVERYBODY, 4001)
    assert max(seen[layer]["ends_s"].values()) < AT_ONCE_S


@pytest.mark.parametrize("layer", LAYERS)
def test_half_a_request_and_a_client_that_answers_nothing_are_let_go(seen, layer):
    assert 15 < seen[layer]["half_a_head_s"] < 30
    assert 30 < seen[layer]["silence_s"] < 60
