"""EDGAR's Atom of current 8-K filings. Pure. In ISO-8859-1, with New York's offset in its times."""

import typing
from xml.sax.saxutils import escape

from simulator.market import calendar
from simulator.news.filers import ITEMS
from simulator.news.format import eastern_offset
from simulator.news.story import NewsItem

ENCODING = "ISO-8859-1"
_ARCHIVES = "https://www.sec.gov/Archives/edgar/data"


def current(items: typing.Sequence[NewsItem], at: int, zone: str) -> bytes:
    """Write the feed. `zone` has no effect: its times carry their offset."""
    head = (
        f'<?xml version="1.0" encoding="{ENCODING}" ?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        "<title>Latest Filings - 8-K</title>\n"
        '<link rel="alternate" href="/cgi-bin/browse-edgar?action=getcurrent"/>\n'
        "<id>https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent</id>\n"
        "<author><name>Webmaster</name><email>webmaster@sec.gov</email></author>\n"
        f"<updated>{eastern_offset(at)}</updated>\n"
    )
    text = head + "".join(_entry(item) for item in items) + "</feed>\n"
    return text.encode(ENCODING, "xmlcharrefreplace")


def _entry(item: NewsItem) -> str:
    told = item.details
    number = told.get("accession", f"0000000000-26-{item.id % 1_000_000:06d}")
    cik = told.get("cik", "0000000000")
    title = f"8-K - {told.get('filer', item.headline)} ({cik}) (Filer)"
    ref = f"{_ARCHIVES}/{int(cik)}/{number.replace('-', '')}/{number}-index.htm"
    lines = [
        f"<b>Filed:</b> {calendar.day_of(item.created_at).isoformat()} <b>AccNo:</b> {number} "
        f"<b>Size:</b> {told.get('size', '200 KB')}",
        *(f"<br>Item {each}: {ITEMS[each]}" for each in told.get("items", "").split()),
    ]
    updated = f"<updated>{eastern_offset(item.created_at)}</updated>\n" if item.is_dated else ""
    return (
        f'<entry>\n<title>{escape(title)}</title>\n<link rel="alternate" type="text/html" href="{ref}"/>\n'
        f'<summary type="html">\n {escape(chr(10).join(lines))}\n</summary>\n{updated}'
        '<category scheme="https://www.sec.gov/" label="form type" term="8-K"/>\n'
        f"<id>urn:tag:sec.gov,2008:accession-number={number}</id>\n</entry>\n"
    )
