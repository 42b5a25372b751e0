"""The same stream over server-sent events and over polls: real requests to a real server."""

import contextlib
import json
import time

import httpx
import httpx_sse
import pytest

from tests.people import ALICE, BOB

WATCH = {"quotes": ["QQQ"], "topics": ["portfolio", "links"]}
SSE, POLL, VIEW = "/sse/streaming/", "/api/stream/poll/", "/api/stream/view/"


@pytest.fixture(scope="module", params=["up", "runserver"], ids=["uvicorn", "daphne"])
def desk(request, make_desk):
    with make_desk(server=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def cookies(desk):
    """The sessions of the cast on this desk."""
    return {email: desk.cookie(email) for email in (ALICE, BOB)}


def question(watch=WATCH, **more):
    return {"watch": json.dumps(watch), **more}


@contextlib.contextmanager
def events(desk, cookie, params=None, **headers):
    """The events of one stream."""
    with (
        httpx.Client(base_url=desk.url, timeout=10) as client,
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
    answer = httpx.get(f"{desk.url}{POLL}", params=params, headers={"Cookie": cookie}, timeout=40)
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
    assert then["frames"][0]["prev"] == first["frames"][0]["seq"]
    quiet = question({"topics": ["market"]}, wait_s=1)
    cursor = poll(desk, cookies[ALICE], **quiet)["cursor"]
    begun = time.monotonic()
    nothing = poll(desk, cookies[ALICE], **quiet, cursor=cursor)
    assert 1 <= time.monotonic() - begun < 2
    assert nothing["frames"] == []
    assert nothing["recovered"] is True


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
def test_who_may_not_stream_is_told_why(desk, cookies, path):
    def refused(status, code, params=None, **headers):
        answer = httpx.get(f"{desk.url}{path}", params=params or question(), headers=headers)
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
    refused(400, "not_available", question({"topics": ["news"]}), **mine)
    refused(409, "unknown_view", {"view": "none"}, **mine)
