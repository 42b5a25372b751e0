"""Feeds over real sockets: what they say is read, what they do to us is bounded and said in words."""

import asyncio
import datetime
import gzip
import ipaddress
import pathlib

import pytest

from news.sources.addresses import PrivateTargets, is_public
from news.sources.contract import KeyRejected, SourceLost, SourceUnusable
from news.sources.feed_parser_process import FeedParser
from news.sources.feeds import Feed, FeedSettings
from news.sources.fetch import BODY_BYTES, Fetcher
from tests.support.web_server import Answer, WebServer

XML = {"Content-Type": "application/rss+xml"}
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>https://wire.example/{n}</link><guid>{n}</guid>
<pubDate>Fri, 02 Oct 2026 18:0{n} GMT</pubDate><description>&lt;p&gt;Said {n}&lt;/p&gt;</description>
<category domain="https://www.globenewswire.com/rss/stock">Nasdaq:ACME</category><category>Earnings</category></item>"""
ATOM = """<?xml version="1.0" encoding="ISO-8859-1" ?><feed xmlns="http://www.w3.org/2005/Atom"><title>Latest Filings</title>
<entry><title>8-K - APPLE INC (0000320193) (Filer)</title>
<link rel="alternate" type="text/html" href="https://www.sec.gov/Archives/0001-index.htm"/>
<summary type="html">&lt;b&gt;Filed:&lt;/b&gt; 2025-06-10 &lt;b&gt;AccNo:&lt;/b&gt; 0001 &lt;br&gt;Item 2.02: Results &lt;br&gt;Item 9.01</summary>
<updated>2025-06-10T16:30:00-04:00</updated><category scheme="https://www.sec.gov/" label="form type" term="8-K"/>
<id>urn:tag:sec.gov,2008:accession-number=0001</id></entry></feed>"""  # noqa: E501
HALT = """\ufeff<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:ndaq="http://www.nasdaqtrader.com/">
<channel><title>Halts</title><ndaq:numItems>1</ndaq:numItems><item><title>ACMX</title>
<pubDate>Mon, 23 Nov 2026 05:00:00 GMT</pubDate><ndaq:HaltDate>11/23/2026</ndaq:HaltDate>
<ndaq:HaltTime>13:58:04</ndaq:HaltTime><ndaq:IssueSymbol>ACMX</ndaq:IssueSymbol>
<ndaq:IssueName>Acme Explosives</ndaq:IssueName><ndaq:ReasonCode>LUDP</ndaq:ReasonCode>
<ndaq:ResumptionDate>{day}</ndaq:ResumptionDate><ndaq:ResumptionTradeTime>{time}</ndaq:ResumptionTradeTime>
</item></channel></rss>"""


class Heard:
    """What a source delivered and reported."""

    def __init__(self) -> None:
        self.items: list = []
        self.cursors: list = []
        self.lives = 0
        self.anomalies: dict[str, int] = {}
        self.news = asyncio.Event()

    async def emit(self, items, cursor) -> None:
        self.items += items
        self.cursors.append(dict(cursor))
        self.news.set()

    def alive(self) -> None:
        self.lives += 1
        self.news.set()

    def count(self, anomaly, number=1) -> None:
        self.anomalies[anomaly] = self.anomalies.get(anomaly, 0) + number


@pytest.fixture
async def parser():
    found = FeedParser()
    yield found
    await found.close()


def feed(
    server: WebServer, parser: FeedParser, *, path: str = "/", listed=("127.0.0.1",), time_s=20.0, **about
) -> Feed:
    settings = FeedSettings(**{"id": "wire", "name": "Wire", "address": f"{server.url}/", "pace_s": 0.05, **about})
    return Feed(settings, Fetcher(PrivateTargets(listed), time_s=time_s), parser)


async def error_of(source: Feed, heard: Heard | None = None) -> Exception:
    heard = heard or Heard()
    with pytest.raises((SourceLost, KeyRejected, SourceUnusable)) as raised:
        async with asyncio.timeout(30):
            await source.run({}, heard.emit, heard)
    await source.close()
    return raised.value


async def until(source: Feed, heard: Heard, holds) -> None:
    """Run a source until something holds."""
    task = asyncio.ensure_future(source.run({}, heard.emit, heard))
    try:
        async with asyncio.timeout(30):
            while not holds() and not task.done():
                heard.news.clear()
                await asyncio.wait({asyncio.ensure_future(heard.news.wait()), task}, return_when="FIRST_COMPLETED")
        if task.done():
            await task
    finally:
        task.cancel()
        await source.close()


def rss(*titles: str) -> bytes:
    items = "".join(ITEM.format(n=number, title=title) for number, title in enumerate(titles, 1))
    return RSS.format(items=items).encode()


async def test_items_are_read_once_revisions_again_and_nothing_while_nothing_changed(parser):
    bodies = [rss("One", "Two &amp;amp; three"), None, rss("One", "Two is revised")]

    def answers(path, headers):
        body = bodies[min(len(server.asked) - 1, 2)]
        if body is None:
            return Answer(304, {"ETag": '"a"'})
        return Answer(200, {**XML, "ETag": '"a"', "Cache-Control": "max-age=0"}, body)

    async with WebServer(answers) as server:
        heard = Heard()
        await until(feed(server, parser, contact="Ada ada@example.com"), heard, lambda: len(server.asked) > 3)
        assert [item.headline for item in heard.items] == ["One", "Two & three", "Two is revised"]
        one = heard.items[0]
        assert (one.id, one.url, one.summary) == ("1", "https://wire.example/1", "Said 1")
        assert (one.symbols, one.categories) == (("ACME",), ("Earnings",))
        assert one.published_at == datetime.datetime(2026, 10, 2, 18, 1, tzinfo=datetime.UTC)
        assert one.published_by == "source"
        assert "if-none-match" not in server.asked[0][1]
        assert server.asked[1][1]["if-none-match"] == '"a"'
        assert server.asked[0][1]["user-agent"].endswith("Ada ada@example.com")
        assert parser.begun == 1


async def test_filings_and_halts_are_read_as_what_they_are(parser):
    async with WebServer(lambda path, headers: Answer(200, XML, ATOM.encode("latin1"))) as server:
        heard = Heard()
        await until(feed(server, parser, kind="edgar"), heard, lambda: heard.items)
        (filing,) = heard.items
        assert filing.headline == "APPLE INC files 8-K: item 2.02, 9.01"
        assert filing.categories == ("8-K", "2.02", "9.01")
        assert filing.published_at == datetime.datetime(2025, 6, 10, 20, 30, tzinfo=datetime.UTC)
    halts = [HALT.format(day="", time=""), HALT.format(day="11/23/2026", time="14:03:04")]

    def answers(path, headers):
        return Answer(200, XML, halts[min(len(server.asked) - 1, 1)].encode())

    async with WebServer(answers) as server:
        heard = Heard()
        await until(feed(server, parser, kind="halts"), heard, lambda: len(heard.items) > 1)
        halted, resumed = heard.items
        assert (halted.id, halted.symbols, halted.categories) == (resumed.id, ("ACMX",), ("halt", "LUDP"))
        assert halted.headline == "ACMX halted: volatility pause (LUDP)"
        assert resumed.headline == "ACMX halted: volatility pause (LUDP), resumed 14:03:04"
        assert halted.published_at == datetime.datetime(2026, 11, 23, 18, 58, 4, tzinfo=datetime.UTC)
        assert halted.published_by == "zone_assumed"


def entity_bomb() -> bytes:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    return f'<?xml version="1.0"?><!DOCTYPE x [{lines}]><rss version="2.0"><channel><item><title>&l9;</title></item></channel></rss>'.encode()  # noqa: E501


OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item><title>&f;</title></item></channel></rss>'  # noqa: E501


BOMB = gzip.compress(bytes(50 * BODY_BYTES))


async def _endless(part: bytes, times: int):
    for _ in range(times):
        yield part


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: Answer(200, XML, b"<!DOCTYPE html><html>Sorry</html>"), "a web page instead"),
        (lambda: Answer(200, XML, b"\x00\x01garbage"), "no XML"),
        (lambda: Answer(200, XML, b"<?xml version='1.0'?><x/>"), "neither RSS nor Atom"),
        (lambda: Answer(200, XML, entity_bomb()), "entities"),
        (lambda: Answer(200, XML, OUTSIDE), "entities"),
        (lambda: Answer(200, XML, parts=_endless(b"x" * 65_536, 1_600)), "larger than 2 MiB"),
        (lambda: Answer(200, {**XML, "Content-Encoding": "gzip"}, BOMB), "larger than"),
        (lambda: Answer(200, {**XML, "Content-Encoding": "br"}, b"x"), "packs its answer"),
        (lambda: Answer(500, {}, b""), "it answers 500"),
        (lambda: Answer(302, {"Location": "/again"}), "redirects"),
    ],
    ids=["html", "garbage", "xml", "bomb", "file", "100mb", "gzip", "brotli", "500", "loop"],
)  # fmt: skip
async def test_a_hostile_answer_is_an_error_in_words(parser, answer, words):
    async with WebServer(lambda path, headers: answer()) as server:
        error = await error_of(feed(server, parser))
        assert isinstance(error, SourceLost)
        assert words in error.reason


async def test_a_feed_that_wants_patience_gets_it_and_one_that_is_gone_is_asked_no_more(parser):
    async with WebServer(lambda path, headers: Answer(429, {"Retry-After": "77"})) as server:
        error = await error_of(feed(server, parser))
        assert isinstance(error, SourceLost)
        assert error.retry_after == 77
    async with WebServer(lambda path, headers: Answer(410)) as server:
        assert isinstance(await error_of(feed(server, parser)), SourceUnusable)


async def test_an_answer_without_an_end_is_not_waited_for(parser):
    async with WebServer(lambda path, headers: Answer(200, XML, b"<rss>", hang=True)) as server:
        error = await error_of(feed(server, parser, time_s=0.3))
        assert "no whole answer" in str(error)


@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1:{port}/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:{port}/",
     "http://10.0.0.1/", "http://[::ffff:127.0.0.1]:{port}/", "file:///etc/passwd", "http://0.0.0.0:{port}/"],
)  # fmt: skip
async def test_no_redirect_leads_inside(parser, place):
    """The first server is listed by name, so that it may be asked; where it sends us is not."""
    async with WebServer(lambda path, headers: Answer(200, XML, rss("Secret"))) as inside:

        def answers(path, headers):
            return Answer(302, {"Location": place.format(port=inside.port)})

        async with WebServer(answers) as server:
            source = feed(server, parser, listed=("wire.example",))
            source.settings = FeedSettings(id="w", name="W", address=f"http://wire.example:{server.port}/")
            source._fetcher._resolve = _always("127.0.0.1")
            error = await error_of(source)
        assert isinstance(error, SourceUnusable)
        assert inside.asked == []


def _always(*addresses: str):
    async def resolve(host, port):
        return [ipaddress.ip_address(one) for one in addresses]

    return resolve


async def test_a_name_that_resolves_inside_is_refused_even_beside_an_address_outside(parser):
    async with WebServer(lambda path, headers: Answer(200, XML, rss("Secret"))) as server:
        for found in (("93.184.216.34", "127.0.0.1"), ("127.0.0.1",), ("::1",)):
            source = feed(server, parser, listed=())
            source.settings = FeedSettings(id="w", name="W", address=f"http://rebound.example:{server.port}/")
            source._fetcher._resolve = _always(*found)
            error = await error_of(source)
            assert isinstance(error, SourceUnusable)
            assert "ALLOWED_PRIVATE_TARGETS" in error.reason
        assert server.asked == []


async def test_a_name_is_resolved_once_so_that_a_second_answer_leads_nowhere(parser):
    """Rebinding: the check sees one address, the connection would see another if it asked again."""
    async with WebServer(lambda path, headers: Answer(200, XML, rss("One"))) as server:
        asked: list[str] = []

        async def resolve(host, port):
            asked.append(host)
            return [ipaddress.ip_address("127.0.0.1")] if len(asked) == 1 else [ipaddress.ip_address("10.9.9.9")]

        source = feed(server, parser, listed=("wire.example",))
        source.settings = FeedSettings(id="w", name="W", address=f"http://wire.example:{server.port}/x")
        source._fetcher._resolve = resolve
        heard = Heard()
        await until(source, heard, lambda: heard.items)
        assert asked == ["wire.example"]
        assert server.asked[0][1]["host"] == f"wire.example:{server.port}"


async def test_a_reader_that_died_is_replaced(parser):
    async with WebServer(lambda path, headers: Answer(200, XML, rss("One"))) as server:
        heard = Heard()
        await until(feed(server, parser), heard, lambda: heard.items)
        parser._process.kill()
        await parser._process.wait()
        assert "died" in str(await error_of(feed(server, parser)))
        heard = Heard()
        await until(feed(server, parser), heard, lambda: heard.items)
        assert parser.begun == 2


def test_what_is_wrapped_in_an_address_counts():
    inside = ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
              "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
              "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "64:ff9b:1::1",
              "fec0::1")  # fmt: skip
    assert [one for one in inside if is_public(ipaddress.ip_address(one))] == []
    outside = ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822")
    assert [one for one in outside if not is_public(ipaddress.ip_address(one))] == []


def test_a_list_of_private_targets_names_what_it_cannot_be():
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        PrivateTargets(["10.0.0.0/99"])
    allowed = PrivateTargets(["10.1.0.0/16", "feeds.lan"])
    assert allowed.allows("x", ipaddress.ip_address("10.1.2.3"))
    assert allowed.allows("FEEDS.lan", ipaddress.ip_address("192.168.0.9"))
    assert not allowed.allows("x", ipaddress.ip_address("10.2.0.1"))


def test_the_reader_imports_neither_django_nor_a_broker():
    code = pathlib.Path("news/sources/feed_parser_process.py").read_text()
    assert "django" not in code
