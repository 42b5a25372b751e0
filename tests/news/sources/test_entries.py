"""What feeds say, as entries: wires, EDGAR and trade halts."""

import datetime

import pytest

from news.sources.parsed_feed import ParseRequest
from news.sources.parser_worker import parse_feed
from tests.news.sources import samples

NEW_YORK = "America/New_York"


def parsed(kind, body, zone="", content_type="application/rss+xml"):
    return parse_feed(ParseRequest(kind, body, content_type, zone))


def utc(year, month, day, hour=0, minute=0, second=0, micro=0):
    return datetime.datetime(year, month, day, hour, minute, second, micro, datetime.UTC)


def test_a_wire_names_symbols_of_us_exchanges_in_its_categories():
    [entry] = parsed("feed", samples.GLOBENEWSWIRE).entries
    assert entry.symbols == ("ACME", "BRK.B")
    assert entry.categories == ("EARNINGS RELEASES",)
    assert entry.headline == "ACME Reports & Raises"
    assert entry.summary == "NEW YORK, Oct. 02 – ACME"
    assert entry.authors == ("Jane Doe",)
    assert (entry.published, entry.published_by) == (utc(2026, 10, 2, 18, 6), "source")
    assert entry.id == entry.url == "https://www.globenewswire.com/news-release/2026/10/02/1/0/en/a.html"


def test_a_filing_of_edgar_has_its_form_its_items_and_its_cik():
    [entry] = parsed("edgar", samples.EDGAR, NEW_YORK, "application/atom+xml").entries
    assert entry.id == "0000320193-25-000060"
    assert entry.categories == ("8-K", "2.02", "9.01", "cik:0000320193")
    assert entry.headline == (
        "8-K - APPLE INC: Results of Operations and Financial Condition; Financial Statements and Exhibits"
    )
    assert (entry.published, entry.published_by) == (utc(2025, 6, 10, 20, 30), "source")
    assert entry.publisher == "SEC"
    assert entry.url == "https://www.sec.gov/Archives/edgar/data/320193/0000320193-25-000060-index.htm"


def test_a_halt_is_eastern_and_its_resumption_is_the_same_item():
    [halted] = parsed("halts", samples.halts(), NEW_YORK).entries
    [resumed] = parsed("halts", samples.halts("11/24/2026", "10:35:05", "10:40:05"), NEW_YORK).entries
    assert halted.id == resumed.id == "ACME 2026-11-24 10:30:05"
    assert (halted.published, halted.published_by) == (utc(2026, 11, 24, 15, 30, 5), "zone_assumed")
    assert halted.symbols == ("ACME",)
    assert halted.headline == "ACME halted: volatility pause (LUDP)"
    assert resumed.headline == "ACME trading resumes at 10:40:05 Eastern: volatility pause (LUDP)"
    assert (halted.categories, resumed.categories) == (("halt", "LUDP"), ("halt", "LUDP", "resumption"))


@pytest.mark.parametrize(
    ("time", "day", "at"),
    [
        ("09:47:52.123", "07/22/2026", utc(2026, 7, 22, 13, 47, 52, 123_000)),
        ("10:30:00", "03/09/2026", utc(2026, 3, 9, 14, 30)),
        ("10:30:00", "03/06/2026", utc(2026, 3, 6, 15, 30)),
        ("", "07/22/2026", utc(2026, 7, 22, 4)),
    ],
)
def test_a_halt_has_the_time_of_new_yorks_clocks_on_its_day(time, day, at):
    [entry] = parsed("halts", samples.halts(time=time, day=day), NEW_YORK).entries
    assert entry.published == at
    assert entry.published_by == ("zone_assumed" if time else "date_only")


def test_a_halt_that_resumes_with_quotes_or_on_another_day_says_so():
    [quotes] = parsed("halts", samples.halts("11/25/2026", "09:00:00", "", code="T1"), NEW_YORK).entries
    assert quotes.headline == "ACME quoting resumes at 09:00:00 Eastern on 2026-11-25: news pending (T1)"


def test_an_unknown_halt_code_is_shown_as_it_is():
    [entry] = parsed("halts", samples.halts(code="Z9"), NEW_YORK).entries
    assert entry.headline == "ACME halted: Z9"


def test_an_item_is_known_by_its_guid_else_by_its_link_else_by_its_title():
    found = parsed(
        "feed",
        samples.rss(
            "<item><guid>g</guid><link>https://a.b/1</link><title>One</title></item>",
            "<item><link>https://a.b/2</link><title>Two</title></item>",
            "<item><title>Three</title></item>",
            f"<item><guid>{'x' * 201}</guid><title>Four</title></item>",
            "<item><link>https://a.b/5</link></item>",
        ),
    )
    assert [entry.id for entry in found.entries[1:]] == ["Three", "https://a.b/2", "g"]
    assert len(found.entries[0].id) == 64
    assert found.unreadable == 1, "one says nothing"


def test_entries_come_oldest_first_and_an_id_once():
    times = ("Fri, 02 Oct 2026 18:00:00 GMT", "Fri, 02 Oct 2026 19:00:00 GMT", "Fri, 02 Oct 2026 17:00:00 GMT")
    items = [samples.item(number, at=at) for number, at in enumerate(times)]
    found = parsed("feed", samples.rss(*items, samples.item(1, "Again"))).entries
    assert [entry.id for entry in found] == ["wire-2", "wire-0", "wire-1"]
    assert found[2].headline == "Headline 1"


def test_undated_entries_come_from_the_end_of_the_feed_on():
    found = parsed("feed", samples.rss(*(samples.item(number, at="") for number in range(3)))).entries
    assert [entry.id for entry in found] == ["wire-2", "wire-1", "wire-0"]


def test_a_revised_entry_of_atom_says_when():
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id>
    <title type="html">&lt;b&gt;T&lt;/b&gt;</title>
    <published>2026-10-02T18:00:00Z</published><updated>2026-10-02T19:00:00Z</updated>
    <link href="javascript:x"/></entry>
    <entry><id>b</id><title>U</title><updated>2026-10-02T18:30:00Z</updated></entry></feed>"""
    first, second = parsed("feed", body).entries
    assert (first.headline, first.published, first.updated) == ("T", utc(2026, 10, 2, 18), utc(2026, 10, 2, 19))
    assert first.url is None
    assert (second.published, second.updated) == (utc(2026, 10, 2, 18, 30), None)


def test_texts_are_cut_and_hold_no_markup():
    body = samples.rss(samples.item(1, "<script>alert(1)</script>" + "long " * 300))
    [entry] = parsed("feed", body).entries
    assert entry.headline.startswith("long long")
    assert len(entry.headline) <= 500
