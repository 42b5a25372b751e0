"""The same stream over server-sent events and over polls: real requests to a real server."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time

import httpx
import httpx_sse
import pytest

from config.env import BASE_DIR
from tests.support import plain_http
from tests.support.people import ALICE
from tests.support.plain_http import NO_TLS

WATCH = {"quotes": ["QQQ"], "topics": ["portfolio", "links"]}
PAGE = (BASE_DIR / "docs/protocol.md").read_text()
QUIET = {"topics": ["market"]}
SSE, POLL, VIEW = "/sse/streaming/", "/api/stream/poll/", "/api/stream/view/"


@pytest.fixture(scope="module", params=["up", "runserver"], ids=["uvicorn", "daphne"])
def desk(request, make_desk):
    with make_desk(server=request.param) as running:
        yield running


def question(watch=WATCH, **more):
    return {"watch": json.dumps(watch), **more}


@contextlib.contextmanager
def events(desk, cookie, params=None, **headers):
    """The events of one stream."""
    with (
        httpx.Client(verify=NO_TLS, base_url=desk.url, timeout=10) as client,
        httpx_sse.connect_sse(
            client, "GET", SSE, params=params or question(), headers={"Cookie": cookie, **headers}
        ) as source,
    ):
        yield source


def frames(source):
    """Yield the frames of a stream with their ids."""
    for event in source.iter_sse():
        if event.event == "frame":
            yield event.id, event.json()


def poll(desk, cookie, **params):
    answer = plain_http.get(f"{desk.url}{POLL}", params=params, headers={"Cookie": cookie}, timeout=40)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()


def test_a_stream_begins_at_once_with_a_named_event_then_says_welcome_and_sends_frames(desk, cookies):
    with events(desk, cookies[ALICE]) as source:
        headers = source.response.headers
        assert headers["Content-Type"].startswith("text/event-stream")
        assert headers["Cache-Control"] == "no-cache, no-store, must-revalidate, no-transform"
        assert headers["X-Accel-Buffering"] == "no"
        coming = source.iter_sse()
        first, welcome, frame = next(coming), next(coming), next(coming)
        assert first.event == "heartbeat"
        assert 1_000 <= first.retry <= 5_000
        assert (welcome.event, welcome.json()["type"]) == ("welcome", "welcome")
        assert frame.event == "frame"
        said = frame.json()
        assert frame.id == f"{said['epoch']}:{said['seq']}:{said['fact']}"


def test_a_stream_resumes_where_the_last_event_id_says(desk, cookies):
    with events(desk, cookies[ALICE]) as keeper:
        coming = frames(keeper)
        seen, _ = next((id_, frame) for id_, frame in coming if frame["seq"] > 3)
        with events(desk, cookies[ALICE], question(cursor="1-none:0:0"), **{"Last-Event-ID": seen}) as source:
            coming = source.iter_sse()
            welcome = next(event for event in coming if event.event == "welcome").json()
            assert welcome["recovered"] is True
            frame = next(event for event in coming if event.event == "frame").json()
            assert frame["prev"] == int(seen.split(":")[1])
            assert "snapshot" not in frame


def test_a_poll_answers_at_once_while_there_is_news_and_waits_while_there_is_none(desk, cookies):
    first = poll(desk, cookies[ALICE], **question())
    assert first["recovered"] is False
    assert first["frames"][0]["snapshot"] is True
    then = poll(desk, cookies[ALICE], **question(cursor=first["cursor"]))
    assert then["recovered"] is True
    assert then["frames"][0]["prev"] <= first["frames"][0]["seq"] < then["frames"][0]["seq"]
    quiet = question({"topics": ["market"]}, wait_s=1)
    cursor = poll(desk, cookies[ALICE], **quiet)["cursor"]
    begun = time.monotonic()
    nothing = poll(desk, cookies[ALICE], **quiet, cursor=cursor)
    assert 1 <= time.monotonic() - begun < 2
    assert nothing["frames"] == []
    assert nothing["recovered"] is True


def settled(desk, cookie, watch):
    """The cursor after which nothing comes that is watched."""
    cursor = ""
    while (answer := poll(desk, cookie, **question(watch, cursor=cursor, wait_s=1)))["frames"]:
        cursor = answer["cursor"]
    return answer["cursor"]


def test_a_poll_that_waits_tells_by_blanks_that_the_owner_lives_and_ends_with_its_session(desk):
    cookie = desk.cookie(ALICE)
    asked = question(QUIET, cursor=settled(desk, cookie, QUIET), wait_s=20, beats=1)
    with (
        httpx.Client(verify=NO_TLS, base_url=desk.url, headers={"Cookie": cookie}, timeout=30) as client,
        client.stream("GET", POLL, params=asked) as answer,
    ):
        parts = answer.iter_text()
        assert next(parts) == " "
        assert answer.headers["Content-Type"] == "application/json"
        token = dict(part.split("=") for part in cookie.split("; "))["csrftoken"]
        form, origin = {"csrfmiddlewaretoken": token}, {"Origin": desk.url}
        left = plain_http.post(f"{desk.url}/accounts/logout/", data=form, headers={"Cookie": cookie, **origin})
        assert left.status_code == 302
        assert json.loads("".join(parts)) == {"type": "closed", "code": 4001, "reason": "signed out"}


def test_a_poll_with_blanks_before_its_answer_is_json_all_the_same(desk, cookies):
    asked = question(QUIET, cursor=settled(desk, cookies[ALICE], QUIET), wait_s=3, beats=1)
    answer = plain_http.get(f"{desk.url}{POLL}", params=asked, headers={"Cookie": cookies[ALICE]}, timeout=30)
    assert answer.text.startswith(" ")
    assert answer.json()["type"] == "poll"


@pytest.mark.parametrize("path", [SSE, POLL])
def test_a_stored_view_stands_for_its_watch(desk, path):
    with desk.sign_in(ALICE) as client:
        token = client.cookies["csrftoken"]
        stored = client.post(VIEW, json=WATCH, headers={"X-CSRFToken": token})
        assert stored.status_code == 201, stored.text
        view = stored.json()["view"]
        assert client.post(VIEW, json=WATCH).status_code == 403
        with client.stream("GET", path, params={"view": view}) as answer:
            assert answer.status_code == 200
        with client.stream("GET", path, params={"view": "none"}) as answer:
            assert answer.status_code == 409
            assert json.loads(answer.read())["code"] == "unknown_view"


@pytest.mark.parametrize("path", [SSE, POLL])
@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_streams_are_asked_for_by_get_alone(desk, cookies, path, method):
    headers = {"Cookie": cookies[ALICE], "Origin": desk.url}
    answer = plain_http.request(method, f"{desk.url}{path}", params=question(), headers=headers)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [SSE, POLL])
def test_who_may_not_stream_is_told_why(desk, cookies, path):
    def refused(status, code, params=None, **headers):
        answer = plain_http.get(f"{desk.url}{path}", params=params or question(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert "Access-Control-Allow-Origin" not in answer.headers

    refused(401, "signed_out")
    mine = {"Cookie": cookies[ALICE]}
    refused(403, "forbidden", **mine, Origin="https://evil.example")
    refused(403, "forbidden", **mine, **{"Sec-Fetch-Site": "same-site"})
    refused(400, "bad_message", {"watch": "{"}, **mine)
    refused(400, "bad_message", {"watch": "{}", "cursor": "7"}, **mine)
    refused(400, "bad_message", {"watch": "{}", "interval_ms": "-1"}, **mine)
    refused(400, "bad_message", {"quotes": "QQQ"}, **mine)
    refused(400, "unknown_topic", question({"topics": ["nothing"]}), **mine)
    refused(409, "unknown_view", {"view": "none"}, **mine)


# What docs/protocol.md says can be run


def examples(heading, language):
    part = re.search(rf"^## {heading}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert part is not None
    return re.findall(rf"```{language}\n(.*?)```", part[1], re.DOTALL)


@contextlib.contextmanager
def running(desk, token, *command):
    """What an example prints, line by line, while it runs."""
    environment = {**os.environ, "TOKEN": token}
    moved = [part.replace("http://127.0.0.1:8000", desk.url) for part in command]
    assert moved != list(command)
    program = subprocess.Popen(moved, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert program.stdout is not None
    try:
        yield program.stdout
    finally:
        program.kill()
        program.wait()
        program.stdout.close()


@pytest.fixture(scope="module")
def token(desk):
    return desk.token(ALICE, name="examples")


@pytest.mark.parametrize("desk", ["up"], indirect=True)
@pytest.mark.parametrize("heading", ["Server-sent events", "Polls"])
@pytest.mark.parametrize("language", ["sh", "python"])
def test_the_examples_of_the_page_print_quotes(desk, token, heading, language):
    (example,) = examples(heading, language)
    command = ["sh", "-c", f"exec {example}"] if language == "sh" else [sys.executable, "-u", "-c", example]
    with running(desk, token, *command) as lines:
        assert any("QQQ" in line for line in lines), "it ended without a quote"


@pytest.mark.parametrize("desk", ["up"], indirect=True)
def test_the_example_of_a_stored_view_answers_its_id(desk, token):
    (example,) = examples("Watches too long for a URL", "sh")
    with running(desk, token, "sh", "-c", example) as lines:
        view = json.loads(lines.read())["view"]
    said = plain_http.get(f"{desk.url}{POLL}", params={"view": view}, headers={"Authorization": f"Bearer {token}"})
    assert said.status_code == 200


def test_a_watch_that_is_too_long_or_wrong_is_not_stored(desk, token):
    def refused(body):
        answer = plain_http.post(f"{desk.url}{VIEW}", content=body, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json()["code"]

    assert refused(b" " * 65_537) == (413, "bad_message")
    assert refused(b'{"quotes":["<b>"]}') == (400, "unknown_symbol")
    assert refused(b'{"quote":["QQQ"]}') == (400, "bad_message")
    assert refused(b"[" * 60_000) == (400, "bad_message")
    assert refused(b"\xff") == (400, "bad_message")
    assert plain_http.post(f"{desk.url}{VIEW}", json=WATCH).status_code == 401
    wrong = plain_http.get(f"{desk.url}{VIEW}", headers={"Authorization": f"Bearer {token}"})
    assert (wrong.status_code, wrong.headers["Allow"], wrong.json()["code"]) == (405, "POST", "bad_message")
