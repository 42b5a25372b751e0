"""Answers outside of Django: their heads are safe, nobody keeps them, and a client that leaves is noticed."""

from streaming.transports.responses import Message, answer, header, leaves, start_response


class Sent:
    """What a server was given to send."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def headers(self) -> dict[bytes, bytes]:
        raw = self.messages[0]["headers"]
        assert len(raw) == len(dict(raw)), "no header is there twice"
        return dict(raw)


async def test_an_answer_has_its_length_in_bytes_and_is_kept_by_nobody():
    sent = Sent()
    await answer(sent, 404, '{"detail":"… no"}', {"Retry-After": "5"})
    head, body = sent.messages
    assert (head["type"], head["status"]) == ("http.response.start", 404)
    assert body == {"type": "http.response.body", "body": '{"detail":"… no"}'.encode()}
    assert sent.headers == {
        b"content-type": b"application/json", b"content-length": str(len(body["body"])).encode(),
        b"cache-control": b"no-store", b"x-content-type-options": b"nosniff", b"retry-after": b"5",
        b"referrer-policy": b"same-origin", b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    }  # fmt: skip


async def test_an_answer_may_say_itself_how_it_is_kept():
    sent = Sent()
    await start_response(sent, 200, {"Cache-Control": "no-cache", "Content-Type": "text/event-stream"})
    assert sent.headers[b"cache-control"] == b"no-cache"
    assert sent.headers[b"x-content-type-options"] == b"nosniff"


def test_the_first_header_of_a_name_counts_however_it_is_written():
    scope = {"headers": [(b"Origin", b"http://one"), (b"origin", b"http://two"), (b"x-odd", b"\xff")]}
    assert header(scope, b"origin") == "http://one"
    assert header(scope, b"x-odd") == "ÿ"
    assert header(scope, b"host") is None


async def test_a_client_is_gone_once_it_disconnects_whatever_it_sends_before():
    told = iter(["http.request", "http.request", "http.disconnect", "http.request"])

    async def receive() -> Message:
        return {"type": next(told), "body": b"x"}

    await leaves(receive)
    assert [*told] == ["http.request"], "nothing is read after that"


async def test_a_desk_behind_https_says_so_with_every_answer(settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    sent = Sent()
    await answer(sent, 200, "{}")
    assert sent.headers[b"strict-transport-security"] == b"max-age=31536000"
