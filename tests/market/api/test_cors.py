"""Pages of listed origins read answers, credentials included; those of others do not."""

import pytest

from market.api.cors import for_listed
from streaming.transports.responses import Message, Scope, answer

LISTED = "https://partner.example"


@pytest.fixture(autouse=True)
def _desk(settings):
    settings.ALLOWED_ORIGINS = [LISTED]


async def serve(method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return the status, headers and body of an answer whose own body is `{}`."""
    sent: list[Message] = []

    async def app(scope, receive, send):
        await answer(send, 200, "{}", {"X-Mine": "kept"})

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {"type": "http", "method": method, "headers": raw}
    await for_listed(app)(scope, receive, send)
    head, body = sent
    return head["status"], {name.decode(): value.decode() for name, value in head["headers"]}, body["body"]


async def test_a_listed_page_reads_the_answer_and_may_send_its_credentials():
    status, headers, body = await serve(origin=LISTED)
    assert (status, body, headers["x-mine"]) == (200, b"{}", "kept")
    assert headers["access-control-allow-origin"] == LISTED
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["access-control-expose-headers"] == "ETag, Retry-After"
    assert headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://partner.example", "null", f"{LISTED}:444", None])
async def test_a_page_that_is_not_listed_gets_no_leave_and_caches_tell_origins_apart(origin):
    _, headers, body = await serve(**({} if origin is None else {"origin": origin}))
    assert body == b"{}"
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["vary"] == "Origin"


async def test_a_preflight_of_a_listed_page_is_answered_here():
    status, headers, body = await serve("OPTIONS", origin=LISTED, access_control_request_method="GET")
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == LISTED
    assert headers["access-control-allow-methods"] == "GET"
    assert {"Authorization", "If-None-Match"} <= set(headers["access-control-allow-headers"].split(", "))


@pytest.mark.parametrize(
    "headers",
    [{"origin": LISTED}, {"origin": "https://evil.example", "access_control_request_method": "GET"},
     {"access_control_request_method": "GET"}],
)  # fmt: skip
async def test_any_other_question_goes_to_the_app(headers):
    status, found, _ = await serve("OPTIONS", **headers)
    assert status == 200
    assert "access-control-allow-methods" not in found
