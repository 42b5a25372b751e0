"""Streams are for the desk's own pages, those of listed origins, and clients that are no browser's."""

import asyncio

import msgspec
import pytest

from streaming.transports.origins import OwnOrigins, is_listed, is_own
from streaming.transports.responses import Message, Scope

LISTED = "https://partner.example"


@pytest.fixture(autouse=True)
def _desk(settings):
    settings.ALLOWED_HOSTS = ["desk.example", "localhost"]
    settings.ALLOWED_ORIGINS = [LISTED, "http://other.example:8080"]


def scope(scheme: str = "https", host: str | None = "desk.example", **headers: str) -> Scope:
    named = ({} if host is None else {"host": host}) | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    kind = "websocket" if scheme.startswith("ws") else "http"
    raw = [(name.encode(), value.encode("latin1")) for name, value in named.items()]
    return {"type": kind, "scheme": scheme, "headers": raw}


@pytest.mark.parametrize(
    ("scheme", "host", "origin"),
    [
        ("https", "desk.example", "https://desk.example"),
        ("wss", "desk.example", "https://desk.example"),
        ("https", "desk.example", "https://desk.example:443"),
        ("https", "desk.example:443", "https://desk.example"),
        ("http", "desk.example", "http://desk.example"),
        ("ws", "localhost:8000", "http://localhost:8000"),
        ("https", "desk.example", "HTTPS://DESK.EXAMPLE"),
        ("https", "desk.example", LISTED),
        ("wss", "desk.example", "http://other.example:8080"),
    ],
)
def test_a_page_of_the_desk_or_of_a_listed_origin_is_let_in(scheme, host, origin):
    assert is_own(scope(scheme, host, origin=origin))


@pytest.mark.parametrize(
    ("scheme", "host", "origin"),
    [
        ("https", "desk.example", "https://evil.example"),
        ("https", "desk.example", "http://desk.example"),
        ("http", "desk.example", "https://desk.example"),
        ("https", "desk.example", "https://desk.example:8443"),
        ("https", "desk.example", "https://desk.example.evil.example"),
        ("https", "desk.example", "https://sub.desk.example"),
        ("https", "desk.example", "https://desk.example/page"),
        ("https", "desk.example", "https://desk.example?x"),
        ("https", "desk.example", "https://user@desk.example"),
        ("https", "desk.example", "http://partner.example"),
        ("https", "desk.example", "https://other.example:8080"),
        ("https", "desk.example", "null"),
        ("https", "desk.example", ""),
        ("https", "desk.example", "https://desk.example:99999"),
        ("https", "desk.example", "\xff\xfe"),
        ("https", "evil.example", "https://evil.example"),
        ("https", "evil.example", LISTED),
        ("https", None, LISTED),
    ],
)
def test_any_other_page_is_kept_out(scheme, host, origin):
    assert not is_own(scope(scheme, host, origin=origin))


@pytest.mark.parametrize(("site", "let_in"), [("same-origin", True), ("none", True), ("same-site", False),
                                              ("cross-site", False), ("", False)])  # fmt: skip
def test_without_an_origin_a_browser_says_from_where_it_asks_and_other_clients_say_nothing(site, let_in):
    assert is_own(scope(sec_fetch_site=site)) is let_in
    assert is_own(scope())
    assert not is_own(scope(host="evil.example"))


def test_an_origin_is_listed_with_its_scheme_and_port_or_not_at_all():
    assert is_listed(LISTED)
    assert is_listed(f"{LISTED}:443")
    for other in ("http://partner.example", f"{LISTED}:444", "https://desk.example", "null", ""):
        assert not is_listed(other)


def test_what_is_listed_by_mistake_lets_nobody_in(settings):
    settings.ALLOWED_ORIGINS = ["null", "", "https://partner.example/path"]
    for origin in ("null", "", LISTED, "https://partner.example/path"):
        assert not is_listed(origin)
        assert not is_own(scope(origin=origin))


async def serve(given: Scope) -> tuple[bool, list[Message]]:
    """Return whether the app behind the border was reached, and what was sent."""
    reached, sent = asyncio.Event(), []

    async def app(scope, receive, send):
        reached.set()

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    await OwnOrigins(app)(given, receive, send)
    return reached.is_set(), sent


async def test_a_foreign_page_gets_a_refusal_in_the_words_of_its_transport():
    foreign = "https://evil.example"
    assert await serve(scope(origin="https://desk.example")) == (True, [])
    reached, (head, body) = await serve(scope(origin=foreign))
    assert (reached, head["status"], msgspec.json.decode(body["body"])["code"]) == (False, 403, "forbidden")
    assert await serve(scope("wss", origin=foreign)) == (False, [{"type": "websocket.close", "code": 4003}])
