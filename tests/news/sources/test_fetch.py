"""Fetching is bounded in time and size, and connects to what was checked."""

import asyncio
import gzip
import ssl
import time
import tracemalloc
import zlib

import pytest

from lib.outbound.addresses import AddressRules
from news.sources.contract import SourceLost, SourceUnusable
from news.sources.fetch import Fetcher, Validators, read_url
from tests.news.sources.recorder import LoopSteps
from tests.news.sources.web_server import XML, Answer, WebServer
from tests.support.tls import make_certificate

HERE = ("127.0.0.0/8",)
SECRET = "k3y-that-nobody-must-see"


@pytest.fixture
async def web():
    async with WebServer().running() as server:
        yield server


async def fetch(address, known=None, *, rules=None, **options):
    fetcher = Fetcher(rules or AddressRules(HERE), **options)
    try:
        return await fetcher.fetch(address, known or Validators())
    finally:
        await fetcher.close()


async def endless(piece, pieces):
    for _ in range(pieces):
        yield piece


async def test_an_answer_has_its_body_and_its_validators(web):
    headers = {"ETag": '"7"', "Last-Modified": "Fri, 02 Oct 2026 18:06:00 GMT", "Cache-Control": "public, max-age=90"}
    web.answers["/feed"] = Answer(b"<rss/>", headers={**XML, **headers})
    found = await fetch(f"{web.address}/feed", agent="Tapedeck someone@example.org")
    assert (found.body, found.max_age_s, found.content_type) == (b"<rss/>", 90.0, "application/rss+xml")
    assert found.validators == Validators('"7"', "Fri, 02 Oct 2026 18:06:00 GMT")
    sent = web.asked[0].headers
    assert (sent["user-agent"], sent["accept-encoding"]) == ("Tapedeck someone@example.org", "gzip")
    assert sent["host"] == f"127.0.0.1:{web.port}"


async def test_what_is_known_is_not_sent_again(web):
    web.answers["/feed"] = lambda asked: Answer(status=304 if asked.headers.get("if-none-match") == '"7"' else 500)
    found = await fetch(f"{web.address}/feed", Validators('"7"', "Fri, 02 Oct 2026 18:06:00 GMT"))
    assert found.body is None
    assert web.asked[0].headers["if-modified-since"] == "Fri, 02 Oct 2026 18:06:00 GMT"


async def test_a_packed_answer_is_unpacked(web):
    body = b"<rss/>" * 100_000
    web.answers["/feed"] = Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    assert (await fetch(f"{web.address}/feed")).body == body


@pytest.mark.parametrize("packing", ["br", "deflate", "gzip, gzip", "zstd"])
async def test_an_answer_packed_otherwise_is_refused(web, packing):
    web.answers["/feed"] = Answer(b"x", headers={"Content-Encoding": packing})
    with pytest.raises(SourceLost, match="packed"):
        await fetch(f"{web.address}/feed")


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"x" * 1000, mtime=0)[:-12]])
async def test_a_packed_answer_that_is_none_or_not_whole_is_a_lost_source(web, body):
    web.answers["/feed"] = Answer(body, headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceLost, match=r"unpacked|broke off"):
        await fetch(f"{web.address}/feed")


async def test_of_100_mb_two_are_taken(web):
    web.answers["/feed"] = Answer(headers=XML, parts=endless(b"x" * 65_536, 1_600))
    tracemalloc.start()
    try:
        with pytest.raises(SourceLost, match="more than 2 MB"):
            await fetch(f"{web.address}/feed")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert web.sent < 20_000_000
    assert peak < 20_000_000


@pytest.mark.long
async def test_a_gzip_bomb_is_unpacked_to_two_mb_in_short_steps(web):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_048_576) for _ in range(1_000)) + packer.flush()
    assert len(bomb) < 1_100_000
    web.answers["/feed"] = Answer(bomb, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(SourceLost, match="more than 2 MB"):
            await fetch(f"{web.address}/feed")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000
    with LoopSteps() as steps, pytest.raises(SourceLost, match="more than 2 MB"):
        await fetch(f"{web.address}/feed")
    assert steps.longest_s < 0.010, steps.what


async def test_a_server_that_drips_is_left_when_the_time_is_over(web):
    async def drip():
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    web.answers["/feed"] = Answer(headers=XML, parts=drip())
    began = time.monotonic()
    with pytest.raises(SourceLost, match=r"did not answer within 0\.3 s"):
        await fetch(f"{web.address}/feed", total_s=0.3)
    assert time.monotonic() - began < 5


async def test_redirects_are_followed_three_times(web):
    for number in range(3):
        web.answers[f"/{number}"] = Answer(status=301, headers={"Location": f"/{number + 1}"})
    web.answers["/3"] = Answer(b"<rss/>")
    assert (await fetch(f"{web.address}/0")).body == b"<rss/>"
    web.answers["/3"] = Answer(status=302, headers={"Location": "/4"})
    with pytest.raises(SourceLost, match="redirects more than 3 times"):
        await fetch(f"{web.address}/0")
    assert "/4" not in [asked.path for asked in web.asked]


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "ftp://a.b/", "http://u:p@a.b/", "gopher://a.b:70/"])
async def test_a_redirect_to_no_address_is_a_lost_source(web, location):
    web.answers["/feed"] = Answer(status=302, headers={"Location": location})
    with pytest.raises(SourceLost, match="redirects to no address"):
        await fetch(f"{web.address}/feed")


async def test_a_redirect_inside_is_never_dialled(web):
    async with WebServer().running("127.0.0.2") as inside:
        web.answers["/feed"] = Answer(status=302, headers={"Location": f"http://127.0.0.2:{inside.port}/"})
        with pytest.raises((SourceLost, SourceUnusable), match="inside this network"):
            await fetch(f"{web.address}/feed", rules=AddressRules(["127.0.0.1"]))
        assert not inside.asked


async def test_a_name_that_answers_otherwise_the_second_time_is_resolved_once(web):
    """DNS rebinding: the first answer is allowed, every later one leads to another server inside."""
    async with WebServer().running("127.0.0.2") as inside:
        inside.answers["/feed"] = Answer(b"secret")
        web.answers["/feed"] = Answer(b"<rss/>")
        answers = iter(["127.0.0.1"])

        async def resolve(host, port):
            return [next(answers, "127.0.0.2")]

        rules = AddressRules(["127.0.0.1"], resolve)
        found = await fetch(f"http://rebinding.example:{web.port}/feed", rules=rules)
        assert found.body == b"<rss/>"
        assert web.asked[0].headers["host"] == f"rebinding.example:{web.port}"
        with pytest.raises(SourceLost, match="inside this network"):
            await fetch(f"http://rebinding.example:{inside.port}/feed", rules=rules)
        assert not inside.asked


async def test_the_next_address_of_a_name_is_tried_when_one_does_not_answer(web):
    async def resolve(host, port):
        return ["127.0.0.3", "127.0.0.1"]

    web.answers["/feed"] = Answer(b"<rss/>")
    assert (await fetch(f"http://news.example:{web.port}/feed", rules=AddressRules(HERE, resolve))).body == b"<rss/>"


@pytest.mark.process
async def test_tls_is_for_the_name_and_not_for_the_address(tmp_path):
    certificate = make_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, certificate.with_suffix(".key"))
    names = []
    serving.sni_callback = lambda connection, name, context: names.append(name)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def resolve(host, port):
        return ["127.0.0.1"]

    async with WebServer().running(ssl=serving) as web:
        web.answers["/feed"] = Answer(b"<rss/>")
        rules = AddressRules(HERE, resolve)
        found = await fetch(f"https://localhost:{web.port}/feed", rules=rules, context=trusting)
        assert (found.body, names) == (b"<rss/>", ["localhost"])
        with pytest.raises(SourceLost, match="cannot be reached"):
            await fetch(f"https://other.example:{web.port}/feed", rules=rules, context=trusting)
        assert len(web.asked) == 1


@pytest.mark.process
async def test_a_redirect_away_from_tls_is_refused(tmp_path, web):
    certificate = make_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, certificate.with_suffix(".key"))
    async with WebServer().running(ssl=serving) as secure:
        secure.answers["/feed"] = Answer(status=301, headers={"Location": f"{web.address}/feed"})
        with pytest.raises(SourceLost, match="without TLS"):
            await fetch(
                f"https://localhost:{secure.port}/feed",
                rules=AddressRules([*HERE, "localhost"]),
                context=ssl.create_default_context(cafile=str(certificate)),
            )
    assert not web.asked


async def test_a_proxy_of_the_environment_is_not_used(web, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    web.answers["/feed"] = Answer(b"<rss/>")
    assert (await fetch(f"{web.address}/feed")).body == b"<rss/>"


@pytest.mark.parametrize(
    ("status", "headers", "retry_after"),
    [
        (429, {"Retry-After": "120"}, 120.0),
        (429, {}, None),
        (503, {"Retry-After": "999999999999"}, 86_400.0),
        (503, {"Retry-After": "Fri, 02 Oct 2015 18:06:00 GMT"}, 0.0),
        (503, {"Retry-After": "soon"}, None),
        (403, {}, None),
        (404, {}, None),
        (500, {}, None),
        (206, {}, None),
        (304, {}, None),
    ],
)
async def test_any_other_status_is_a_lost_source_with_its_wish(web, status, headers, retry_after):
    web.answers["/feed"] = Answer(status=status, headers=headers)
    with pytest.raises(SourceLost, match=f"HTTP {status}") as lost:
        await fetch(f"{web.address}/feed")
    assert lost.value.retry_after == retry_after


async def test_an_address_that_is_gone_for_good_is_unusable(web):
    web.answers["/feed"] = Answer(status=410)
    with pytest.raises(SourceUnusable, match="HTTP 410"):
        await fetch(f"{web.address}/feed")


async def test_a_server_that_breaks_off_is_a_lost_source(web):
    web.answers["/feed"] = Answer(b"<rss", headers={"Content-Length": "100"})
    with pytest.raises(SourceLost, match="broke off"):
        await fetch(f"{web.address}/feed")


@pytest.mark.parametrize(
    "address",
    ["", "feed", "file:///etc/passwd", "ftp://a.b/x", "http://", "http://u:p@a.b/", "http://a.b:0/", "http://a.b:99999/",
     "//a.b/x", "http://[::1", "javascript:alert(1)", "http://" + "a" * 300 + "/"],
)  # fmt: skip
def test_an_address_that_cannot_be_fetched_is_unusable(address):
    with pytest.raises(SourceUnusable):
        read_url(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "169.254.169.254", "2130706433"])
async def test_an_address_inside_is_refused_before_anything_is_sent(host):
    with pytest.raises((SourceUnusable, SourceLost), match="inside this network"):
        await fetch(f"http://{host}:9/latest/meta-data", rules=AddressRules())


async def test_an_address_that_is_inside_by_its_text_is_unusable_for_good():
    with pytest.raises(SourceUnusable, match="ALLOWED_PRIVATE_TARGETS"):
        await fetch("http://127.0.0.1:9/", rules=AddressRules())


async def test_no_error_quotes_what_the_address_asks_with(web):
    for address in (f"{web.address}/feed?key={SECRET}", f"http://u:{SECRET}@a.b/", f"http://127.0.0.1:1/{SECRET}"):
        with pytest.raises((SourceLost, SourceUnusable)) as told:
            await fetch(address)
        assert SECRET not in f"{told.value!r} {told.value}"
