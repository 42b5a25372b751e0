"""What is no feed is refused, whatever it says of itself."""

import pytest

from news.sources.parsed_feed import ParseRequest
from news.sources.parser_worker import ENTRIES, parse_feed
from tests.news.sources import samples

HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "content_type", "refusal"),
    [
        (samples.PAGE, HTML, "page"),
        (samples.PAGE, "application/rss+xml", "page"),
        (b"<html><body>", "", "page"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x"><html xmlns="x"></html>', "application/xhtml+xml", "page"),
        (b"Too many requests", HTML, "page"),
        (b"Too many requests", "text/plain", "not_xml"),
        (b'{"error": 1}', "application/json", "not_xml"),
        (b"", "application/rss+xml", "not_xml"),
        (b"\x1f\x8b\x08", "application/rss+xml", "not_xml"),
        (samples.BILLION_LAUGHS, "application/rss+xml", "entities"),
        (samples.EXTERNAL_ENTITY, "application/rss+xml", "entities"),
        (samples.EXTERNAL_ENTITY.decode().encode("utf-16"), "application/rss+xml", "entities"),
        (b'<?xml version="1.0"?><urlset><url/></urlset>', "application/xml", "no_feed"),
        (b'<?xml version="1.0"?><urlset><url>', "application/xml", "broken"),
    ],
)
def test_what_is_no_feed_is_refused(body, content_type, refusal):
    found = parse_feed(ParseRequest("feed", body, content_type))
    assert (found.refusal, found.entries) == (refusal, [])


@pytest.mark.parametrize("content_type", ["", HTML, "text/plain", "application/octet-stream", "text/xml"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n  "])
def test_a_feed_is_known_by_its_first_bytes(content_type, start):
    found = parse_feed(ParseRequest("feed", start + samples.rss(samples.item(1)), content_type))
    assert [entry.id for entry in found.entries] == ["wire-1"]


def test_the_charset_of_the_answer_and_of_the_feed_are_heeded():
    body = samples.rss(samples.item(1, "Zürich")).decode().replace(' encoding="utf-8"', "")
    by_header = parse_feed(ParseRequest("feed", body.encode("latin-1"), "text/xml; charset=iso-8859-1"))
    by_itself = parse_feed(
        ParseRequest("feed", body.replace('"1.0"', '"1.0" encoding="iso-8859-1"', 1).encode("latin-1"))
    )
    assert by_header.entries[0].headline == by_itself.entries[0].headline == "Zürich"


def test_a_malformed_feed_is_read_as_far_as_it_goes():
    body = samples.rss(samples.item(1), samples.item(2))[:-40] + b" & <oops"
    assert {entry.id for entry in parse_feed(ParseRequest("feed", body)).entries} >= {"wire-1"}


def test_an_empty_feed_is_a_feed():
    assert parse_feed(ParseRequest("feed", samples.rss())).refusal == ""


def test_the_first_entries_are_read_and_the_others_counted():
    found = parse_feed(ParseRequest("feed", samples.rss(*(samples.item(number) for number in range(ENTRIES + 7)))))
    assert (len(found.entries), found.excess) == (ENTRIES, 7)


@pytest.mark.parametrize(("ttl", "seconds"), [("5", 300.0), ("-5", 0.0), ("x", 0.0), ("99999999999", 86_400.0)])
def test_a_feed_may_say_how_long_it_stays_the_same(ttl, seconds):
    assert parse_feed(ParseRequest("feed", samples.rss(channel=f"<ttl>{ttl}</ttl>"))).ttl_s == seconds


def test_no_name_of_a_file_is_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "<rss>").write_bytes(samples.rss(samples.item(1)))
    assert parse_feed(ParseRequest("feed", b"<rss>", "application/xml")).entries == []
