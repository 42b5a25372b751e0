"""What a running desk tells of itself: to staff as JSON, to Prometheus, and to nobody else."""

import asyncio
import contextlib
import json
import typing

import httpx
import pytest
import websockets
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import ConnectionClosed

from config.env import BASE_DIR
from streaming.status.prometheus import described
from tests.support import plain_http
from tests.support.eventually import aeventually, eventually
from tests.support.people import ALICE, BOB, OLGA
from tests.support.plain_http import NO_TLS
from tests.support.watcher import Watcher

PATHS = ("/ws/status", "/metrics")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(scope="module")
def cookies(desk):
    return {email: desk.cookie(email) for email in (ALICE, BOB, OLGA)}


@pytest.fixture(scope="module")
def token(desk):
    """An API token of olga's, who is staff."""
    return desk.token(OLGA, name="a monitor")


@pytest.fixture(scope="module")
def hers(desk):
    """A token of alice's, who is not."""
    return desk.token(ALICE)


@pytest.fixture
def told(desk, token) -> typing.Callable[[], typing.Any]:
    """Asks what the desk tells of itself."""
    return lambda: desk.get("/ws/status", headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()


def scrape(desk, token):
    """Scrape as Prometheus does; returns the answer and its families by name."""
    answer = desk.get("/metrics", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    return answer, families


def value(families, metric, **labels):
    """The value of one sample of a metric."""
    found = [s.value for s in families[metric].samples if labels.items() <= s.labels.items()]
    assert len(found) == 1, (metric, labels, families[metric].samples)
    return found[0]


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_gets_401_another_person_403_and_a_bad_token_401(desk, cookies, hers, path):
    assert desk.get(path).status_code == 401
    assert desk.get(path, headers={"Cookie": cookies[ALICE]}).status_code == 403
    assert desk.get(path, headers={"Authorization": "Bearer tdk_nonsense"}).status_code == 401
    assert desk.get(path, headers={"X-API-Key": hers}).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_staff_come_in_by_session_or_token(desk, cookies, token, path):
    assert desk.get(path, headers={"Cookie": cookies[OLGA]}).status_code == 200
    answer = desk.get(f"{path}/", headers={"X-API-Key": token})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert plain_http.post(f"{desk.url}{path}", headers={"X-API-Key": token}).status_code == 405


def test_every_documented_metric_is_there_and_parses(desk, token, told):
    answer, families = scrape(desk, token)
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert set(described()) <= set(families)
    assert {sample.labels["process"] for family in families.values() for sample in family.samples} == {
        told()["processes"][0]["name"]
    }
    assert {name: family.type for name, family in families.items() if name in described()} == {
        name: described.kind for name, described in described().items()
    }
    assert value(families, "tapedeck_up", part="database") == value(families, "tapedeck_up", part="layer") == 1
    assert families["process_resident_memory_bytes"].samples[0].value > 1_000_000
    strict = desk.get("/metrics", headers={"Authorization": f"Bearer {token}", "Accept": OPENMETRICS})
    assert strict.headers["Content-Type"].startswith("application/openmetrics-text")
    assert set(described()) <= {family.name for family in openmetrics.text_string_to_metric_families(strict.text)}


async def test_a_stream_is_counted_on_its_whole_way(desk, cookies, token, told):
    async with Watcher(desk, cookies[ALICE], quotes=["QQQ", "SPY"]) as watching:
        await aeventually(lambda: watching.quote().get("bid") and watching.link.get("state") == "live", within=20)
        await aeventually(lambda: told()["carriers"]["frames"]["from_venue"]["samples"] > 3, within=10)
        found = told()
        frames, managed = found["carriers"]["frames"], found["host"]["managers"][0]
        assert found["hub"]["sockets"] == frames["sockets"] == found["topics"]["quotes"]["sockets"] == 1
        assert frames["frames"] <= frames["updates"] <= frames["bytes"]
        assert managed["events"] >= managed["changes"] >= managed["seq"] > 0
        assert managed["conflation"] == round(managed["events"] / managed["changes"], 2) >= 1
        assert frames["to_socket"]["p50_ms"] <= frames["to_socket"]["p99_ms"]
        assert managed["from_venue"]["samples"] > 3
        [link] = managed["links"]
        assert (link["state"], link["feeds"]) == ("live", True)
        assert link["silent_ms"]["feed"] < 30_000
        assert link["silent_ms"]["account"] < 60_000
        assert found["hub"]["silent_ms"] < 5_000
        assert frames["silent_ms"] < 5_000
        assert link["bad_rows"] == 0
        await aeventually(lambda: told()["carriers"]["frames"]["updates_s"], within=10)
        _, families = scrape(desk, token)
        kind = {"venue": "tastytrade", "environment": "simulated"}
        assert value(families, "tapedeck_links", **kind, state="live") == 1
        assert value(families, "tapedeck_events", **kind) >= link["events"]
        assert value(families, "tapedeck_sockets", carrier="frames") == 1


async def test_a_cut_link_appears_among_the_reconnects_and_a_bad_row_among_the_drops(desk, cookies, token, told):
    account = desk.grants[0]["accounts"][0]
    kind = {"venue": "tastytrade", "environment": "simulated"}
    async with Watcher(desk, cookies[ALICE]) as watching:
        await aeventually(lambda: watching.link.get("state") == "live", within=20)
        before = value(scrape(desk, token)[1], "tapedeck_link_reconnects", **kind)
        assert desk.fault(fault="short_row", event="Quote", account=account)["struck"]
        await aeventually(lambda: told()["drops"]["bad_rows"] == 1)
        assert desk.fault(fault="drop", stream="dxlink", account=account)["struck"]
        await aeventually(lambda: watching.link["reconnects"] > before, within=10)
        await aeventually(lambda: value(scrape(desk, token)[1], "tapedeck_link_reconnects", **kind) > before)
        families = scrape(desk, token)[1]
        [link] = told()["host"]["managers"][0]["links"]
        assert link["reconnects"] == value(families, "tapedeck_link_reconnects", **kind)
        assert link["bad_rows"] == value(families, "tapedeck_venue_rows_dropped", **kind) == 1


async def test_refusals_and_closes_are_counted_with_their_codes(desk, cookies, told):
    before = told()["drops"]
    async with websockets.connect(f"{desk.ws_url}/ws/streaming/") as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.recv()
    headers = {"Cookie": cookies[BOB]}
    async with websockets.connect(f"{desk.ws_url}/ws/streaming/", additional_headers=headers) as socket:
        await socket.send('{"type":"launch"}')
        with contextlib.suppress(ConnectionClosed):
            for _ in range(200):
                await socket.send('{"type":"ping"}')
            while True:
                await socket.recv()
        assert socket.close_code == 4029
    after = eventually(lambda: (found := told()["drops"])["closes"] and found)
    assert after["turned_away"]["signed_out"] == before["turned_away"].get("signed_out", 0) + 1
    assert after["refused_messages"]["unknown_type"] == before["refused_messages"].get("unknown_type", 0) + 1
    assert after["refused_messages"]["rate_limited"] >= 38
    closed = {(row["carrier"], row["code"], row["name"], row["reason"]): row["count"] for row in after["closes"]}
    assert closed == {("plain", 4029, "rate_limited", "too many bad messages"): 1}


async def test_each_carrier_is_counted_for_itself(desk, cookies, hers, token, told):
    before = told()
    headers = {"Authorization": f"Bearer {hers}"}
    asked = {"watch": json.dumps({"quotes": ["QQQ"]})}
    async with httpx.AsyncClient(verify=NO_TLS, base_url=desk.url, headers=headers, timeout=20) as client:
        async with client.stream("GET", "/sse/streaming/", params=asked) as stream:
            async with asyncio.timeout(20):
                frames = 0
                async for line in stream.aiter_lines():
                    frames += line == "event: frame"
                    if frames == 3:
                        break
            assert told()["carriers"]["sse"]["sockets"] == 1
        await client.get("/api/stream/poll/", params=asked)
        refused = await client.get("/api/stream/poll/", params={"view": "nothing", **asked})
    assert refused.status_code == 400
    await aeventually(lambda: told()["carriers"]["sse"]["sockets"] == 0)
    after = told()
    for carrier, least in (("sse", 3), ("poll", 1)):
        assert after["carriers"][carrier]["opened"] == before["carriers"][carrier]["opened"] + 1
        assert after["carriers"][carrier]["frames"] >= before["carriers"][carrier]["frames"] + least
        assert after["carriers"][carrier]["bytes"] > after["carriers"][carrier]["updates"] > 0
        assert after["drops"]["departures"][carrier] == 1
        assert value(scrape(desk, token)[1], "tapedeck_sockets_left", carrier=carrier) == 1
    assert after["drops"]["refused_messages"]["bad_message"] == 1


def test_no_secret_account_symbol_or_person_is_told_to_prometheus(desk, token):
    text = scrape(desk, token)[0].text
    accounts = [account for grant in desk.grants for account in grant["accounts"]]
    secrets = [grant[name] for grant in desk.grants for name in ("client_secret", "refresh_token")]
    for canary in (*accounts, *secrets, "QQQ", "example.com", token):
        assert canary not in text


def test_accounts_and_secrets_are_not_told_to_staff_either(desk, told):
    text = json.dumps(told())
    for grant in desk.grants:
        for canary in (*grant["accounts"], grant["client_secret"], grant["refresh_token"]):
            assert canary not in text


def test_the_documented_metrics_are_those_of_the_code():
    page = (BASE_DIR / "docs/metrics.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `tapedeck_")]
    documented = {
        name.strip("`"): (kind, tuple(filter(None, labels.strip().split(", "))), text)
        for name, kind, labels, text in (row if len(row) == 4 else [*row[:2], "", row[-1]] for row in rows)
    }
    assert documented == {name: (told.kind, told.labels, told.help) for name, told in described().items()}
