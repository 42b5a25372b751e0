"""The control door opens to this machine alone, asked in JSON, and says what it knows."""

import msgspec
import pytest

from simulator import control_access
from simulator.asgi import Answer, Json, SimRequest


class Refused(Exception):
    """What an act here does not do."""


class Haste(msgspec.Struct):
    """What an act here takes."""

    seconds: float


def hurry(body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=Haste)
    if wanted.seconds < 0:
        raise Refused("time does not go back")
    return {"seconds": wanted.seconds}


def ask(method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    sent = {"host": "127.0.0.1:8001", "content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    request = SimRequest(method, path, [], sent, body)
    return control_access.answer(request, "/_sim/", {"stats": lambda: {"asked": 3}}, {"hurry": hurry}, (Refused,))


def body_of(answer: Answer) -> Json:
    told: Json = msgspec.json.decode(answer.body)
    return told


def test_a_report_is_told_and_an_act_is_done():
    told = ask("GET", "/_sim/stats")
    assert (told.status, body_of(told)) == (200, {"asked": 3})
    done = ask("POST", "/_sim/hurry", b'{"seconds": 5}', content_type="application/json; charset=utf-8")
    assert (done.status, body_of(done)) == (200, {"seconds": 5.0})


@pytest.mark.parametrize("host", ["localhost:8001", "[::1]:8001", "127.0.0.1:1"])
def test_this_machine_has_three_names(host: str):
    assert ask("GET", "/_sim/stats", host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example:8001", "127.0.0.1.evil.example:80", "", "[::2]:8001", "10.0.0.1:8001"])
def test_a_web_page_that_has_its_name_point_here_is_shut_out(host: str):
    for method, path in (("GET", "/_sim/stats"), ("POST", "/_sim/hurry")):
        refused = ask(method, path, b'{"seconds": 5}', host=host)
        assert refused.status == 403
        assert "is not this machine's own name" in body_of(refused)["error"]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_of_a_web_page_does_nothing(kind: str):
    assert ask("POST", "/_sim/hurry", b'{"seconds": 5}', content_type=kind).status == 415


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/_sim/nothing"), ("GET", "/_sim/hurry"), ("POST", "/_sim/stats"), ("PUT", "/_sim/hurry")],
)
def test_what_there_is_not_is_404_with_what_there_is(method: str, path: str):
    missing = ask(method, path, b'{"seconds": 5}')
    assert missing.status == 404
    assert body_of(missing)["error"] == "GET /_sim/stats, or POST /_sim/ and one of hurry"


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"{", "truncated"), (b'{"seconds": "x"}', "$.seconds"), (b'{"seconds": -1}', "time does not go back")],
)
def test_a_body_that_cannot_be_read_and_an_act_that_is_refused_are_400_with_the_reason(body: bytes, words: str):
    refused = ask("POST", "/_sim/hurry", body)
    assert refused.status == 400
    assert words in body_of(refused)["error"]
