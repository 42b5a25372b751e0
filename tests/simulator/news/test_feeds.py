"""The feeds, read by the parser that readers use: each with the oddities of the one it is made after."""

import calendar as calendar_of_time
import re
import time

import pytest

from simulator.market import calendar
from simulator.news import http
from simulator.news.feeds import catalogue
from simulator.news.format import utc
from simulator.news.story import FEEDS
from tests.simulator.news.conftest import Reader

NAMES = [name for name in FEEDS if name not in ("halts",)]


def tell(reader: Reader, name: str, headline: str = "Apple & Co. raise <guidance>", symbol: str = "AAPL") -> int:
    kind = "halt" if name == "halts" else "earnings"
    (number,) = reader.venue.news_story(symbol, headline, summary="More of it", kind=kind, sources=[name])
    return number


@pytest.mark.parametrize("name", NAMES)
async def test_a_story_is_in_its_feed_with_a_title_a_link_an_id_and_a_date(reader: Reader, name: str):
    assert (await reader.feed(name)).entries == []
    reader.venue.news.asked["prnewswire"] = 0
    tell(reader, name, "First")
    tell(reader, name)
    newest, oldest = (await reader.feed(name)).entries
    if name == "edgar":
        assert newest.title == "8-K - APPLE INC. (0000320193) (Filer)"
    else:
        assert (newest.title, oldest.title) == ("Apple & Co. raise <guidance>", "First")
    assert newest.id != oldest.id
    assert newest.link.startswith("https://")
    assert abs(time.time() - calendar_of_time.timegm(newest.get("published_parsed") or newest.updated_parsed)) < 120


async def test_a_wire_names_tickers_in_categories_and_writes_no_seconds(reader: Reader):
    tell(reader, "globenewswire", symbol="BRK/B")
    (entry,) = (await reader.feed("globenewswire")).entries
    tags = {tag.scheme.rpartition("/")[2]: tag.term for tag in entry.tags}
    assert tags["stock"] == "NYSE:BRK.B"
    assert re.fullmatch(r"US\d{10}", tags["ISIN"])
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d GMT", entry.published)
    assert entry.dc_identifier.isdigit()


async def test_every_second_answer_of_one_wire_is_a_page(reader: Reader):
    for place in range(25):
        tell(reader, "prnewswire", f"Number {place}")
    answers = [await reader.fetch("prnewswire") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [answer.text.startswith("<?xml") for answer in answers] == [True, False, True, False]
    assert answers[1].headers["content-type"] == "text/html"
    assert answers[0].text.count("<item>") == 20
    assert "(Nasdaq: AAPL)" in answers[0].text


async def test_edgar_wants_a_contact_and_is_asked_ten_times_a_second_at_most(reader: Reader):
    tell(reader, "edgar")
    refused = await reader.fetch("edgar", **{"User-Agent": "nobody"})
    assert (refused.status_code, "Request Rate Threshold Exceeded" in refused.text) == (403, True)
    answer = await reader.fetch("edgar")
    assert answer.content.startswith(b'<?xml version="1.0" encoding="ISO-8859-1" ?>')
    (entry,) = (await reader.feed("edgar")).entries
    assert re.fullmatch(r"urn:tag:sec.gov,2008:accession-number=\d{10}-\d\d-\d{6}", entry.id)
    assert re.search(r"T\d\d:\d\d:\d\d-0[45]:00$", entry.updated)
    assert "Item 2.02: Results of Operations and Financial Condition" in entry.summary
    assert entry.tags[0].term == "8-K"
    answers = [await reader.fetch("edgar") for _ in range(http._EDGAR_A_SECOND + 1)]
    assert answers[-1].status_code == 403
    assert (await reader.fetch("edgar")).status_code == 403, "for ten minutes"
    reader.venue.news_fault("restore")
    reader.venue.news.edgar_asked.clear()
    listed = await reader.http.get(
        reader.told["rest"] + "/files/company_tickers.json", headers={"User-Agent": "a b@c.d"}
    )
    assert {"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."} in listed.json().values()


async def test_a_halt_has_new_yorks_times_without_a_zone_and_changes_when_trading_resumes(reader: Reader):
    number = tell(reader, "halts", "MSFT", symbol="MSFT")
    answer = await reader.fetch("halts")
    assert answer.content.startswith(b"\xef\xbb\xbf<?xml")
    (entry,) = (await reader.feed("halts")).entries
    item = reader.venue.news.shelf.item(number)
    assert item is not None
    halted = calendar.moment(item.created_at)
    assert (entry.title, entry.ndaq_issuesymbol) == ("MSFT", "MSFT")
    assert entry.ndaq_haltdate == f"{halted:%m/%d/%Y}"
    assert entry.ndaq_halttime == f"{halted:%H:%M:%S}"
    assert entry.ndaq_resumptiontradetime == ""
    assert re.search(r" 0[45]:00:00 GMT$", entry.published), "the day only, which begins at midnight in New York"
    resumed = item.created_at + 300_000
    reader.venue.news.revise(item, resumed, details=item.details | {"resumed": str(resumed)})
    (again,) = (await reader.feed("halts")).entries
    assert (again.ndaq_haltdate, again.ndaq_halttime) == (entry.ndaq_haltdate, entry.ndaq_halttime)
    assert again.ndaq_resumptiontradetime == f"{calendar.moment(resumed):%H:%M:%S}"


@pytest.mark.parametrize("name", [name for name, feed in catalogue.CATALOGUE.items() if feed.is_conditional])
async def test_what_is_known_already_is_answered_with_304(reader: Reader, name: str):
    tell(reader, name)
    first = await reader.fetch(name)
    for header, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        known = await reader.fetch(name, **{header: value})
        assert (known.status_code, known.content) == (304, b"")
    tell(reader, name, "Another")
    assert (await reader.fetch(name, **{"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_other_paths_and_methods_are_refused(reader: Reader):
    assert (await reader.fetch("nothing")).status_code == 404
    assert (await reader.http.post(f"{reader.told['rest']}/feeds/cnbc")).status_code == 405


async def test_a_feed_tells_when_a_story_came_out(reader: Reader):
    number = tell(reader, "cnbc")
    item = reader.venue.news.shelf.item(number)
    assert item is not None
    (entry,) = (await reader.feed("cnbc")).entries
    assert entry.published == f"{utc(item.created_at):%a, %d %b %Y %H:%M:%S} GMT"
