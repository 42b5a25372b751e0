"""RSS 2.0 as wires, broadcasters and the Fed write it. Pure."""

import typing
from xml.sax.saxutils import escape, quoteattr

from simulator.market.universe import LISTINGS
from simulator.news.format import rfc822, to_the_minute
from simulator.news.story import NewsItem

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NEWSWIRE = "https://www.globenewswire.com"
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_DCMI = 'xmlns:dc="http://dublincore.org/documents/dcmi-namespace/"'
"""Another namespace under the same prefix, which one of the wires uses."""


def globenewswire(items: typing.Sequence[NewsItem], at: int, zone: str) -> bytes:
    """Write a wire's releases: its categories carry tickers, its dates have no seconds."""
    rows = []
    for item in items:
        ref = item.details.get("url", f"{_NEWSWIRE}/news-release/{item.id}/0/en/{_slug(item.headline)}.html")
        tags = (
            _tag("guid", ref, ' isPermaLink="true"'),
            _tag("link", ref),
            *(_category(symbol) for symbol in item.symbols),
            _tag("title", item.headline),
            _date(item, to_the_minute(item.created_at, zone)),
            f"<description><![CDATA[{_cdata(item.content)}]]></description>",
            _tag("dc:identifier", str(item.id)),
            _tag("dc:language", "en"),
            _tag("dc:publisher", "GlobeNewswire Inc."),
            _tag("dc:contributor", _company(item)),
            _tag("dc:modified", rfc822(item.updated_at)),
        )
        rows.append("".join(tags))
    return _rss("GlobeNewswire - News about Public Companies", _NEWSWIRE, rows, to_the_minute(at), _DCMI)


def prnewswire(items: typing.Sequence[NewsItem], at: int, zone: str) -> bytes:
    """Write a wire's releases without a ticker but in the text."""
    rows = []
    for item in items:
        ref = item.details.get("url", f"https://www.prnewswire.com/news-releases/{_slug(item.headline)}-{item.id}.html")
        place = f"NEW YORK, {item.headline}. ({_exchange(item.symbols[0])}: {_dotted(item.symbols[0])}) {item.summary}"
        tags = (
            _tag("title", item.headline),
            _tag("link", ref),
            _tag("guid", ref, ' isPermaLink="true"'),
            _tag("description", place if item.symbols else item.summary),
            _date(item, rfc822(item.created_at, zone).replace("GMT", "+0000")),
            _tag("dc:contributor", _company(item)),
        )
        rows.append("".join(tags))
    return _rss("News Releases", "https://www.prnewswire.com/news-releases", rows, rfc822(at), _DC)


def cnbc(items: typing.Sequence[NewsItem], at: int, zone: str) -> bytes:
    """Write a broadcaster's stories: numbers for guids, descriptions in CDATA."""
    rows = []
    for item in items:
        tags = (
            _tag("link", item.details.get("url", f"https://www.cnbc.com/2026/news/{_slug(item.headline)}.html")),
            _tag("guid", str(item.id), ' isPermaLink="false"'),
            _tag("metadata:type", "cnbcnewsstory"),
            _tag("metadata:id", str(item.id)),
            _tag("title", item.headline),
            f"<description><![CDATA[{_cdata(item.summary)}]]></description>",
            _date(item, rfc822(item.created_at, zone)),
        )
        rows.append("".join(tags))
    space = 'xmlns:metadata="http://search.cnbc.com/rss/2.0/modules/siteContentMetadata"'
    return _rss("US Top News and Analysis", "https://www.cnbc.com/", rows, rfc822(at), space)


def marketwatch(items: typing.Sequence[NewsItem], at: int, zone: str) -> bytes:
    """Write a paper's stories: HTML in descriptions, an author, a picture."""
    rows = []
    for item in items:
        picture = f"https://images.mktw.net/im-{item.id}"
        ref = f"https://www.marketwatch.com/story/{_slug(item.headline)}-{item.id}?mod=mw_rss_topstories"
        tags = (
            _tag("guid", f"{{{item.id:08X}-0000-11F0-A000-000000000000}}", ' isPermaLink="false"'),
            _tag("title", item.headline),
            _tag("link", item.details.get("url", ref)),
            _tag("description", f'<p>{item.summary}</p><img src="{picture}" width="1"/>'),
            _date(item, rfc822(item.created_at, zone)),
            _tag("dc:creator", item.author),
            f'<media:content url={quoteattr(picture)} type="image/jpeg" medium="image" height="640" width="1280"/>',
        )
        rows.append("".join(tags))
    space = f'{_DC} xmlns:media="http://search.yahoo.com/mrss/"'
    return _rss("MarketWatch.com - Top Stories", "https://www.marketwatch.com/", rows, rfc822(at), space)


def fed(items: typing.Sequence[NewsItem], at: int, zone: str) -> bytes:
    """Write the Fed's releases: CDATA in links and titles, a category."""
    rows = []
    for item in items:
        ref = item.details.get("url", f"https://www.federalreserve.gov/newsevents/pressreleases/monetary{item.id}a.htm")
        tags = (
            f"<title><![CDATA[{_cdata(item.headline)}]]></title>",
            f"<link><![CDATA[{ref}]]></link>",
            _tag("guid", ref, ' isPermaLink="false"'),
            f"<description><![CDATA[{_cdata(item.summary or item.headline)}]]></description>",
            _tag("category", "Monetary Policy"),
            _date(item, rfc822(item.created_at, zone)),
        )
        rows.append("".join(tags))
    return _rss("FRB: Press Release - All Releases", "https://www.federalreserve.gov/feeds/feeds.htm", rows, rfc822(at))


def _rss(title: str, link: str, rows: typing.Iterable[str], built: str, spaces: str = "") -> bytes:
    body = "".join(f"<item>{row}</item>\n" for row in rows)
    head = _tag("title", title) + _tag("link", link) + _tag("description", title) + _tag("lastBuildDate", built)
    return f'{_HEAD}<rss version="2.0" {spaces}>\n<channel>{head}\n{body}</channel>\n</rss>\n'.encode()


def _tag(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(text)}</{name}>"


def _cdata(text: str) -> str:
    return text.replace("]]>", "]]]]><![CDATA[>")


def _date(item: NewsItem, text: str) -> str:
    return _tag("pubDate", text) if item.is_dated else ""


def _category(symbol: str) -> str:
    stock, isin = f"{_NEWSWIRE}/rss/stock", f"{_NEWSWIRE}/rss/ISIN"
    return _tag("category", f"{_exchange(symbol)}:{_dotted(symbol)}", f' domain="{stock}"') + _tag(
        "category", _isin(symbol), f' domain="{isin}"'
    )


def _isin(symbol: str) -> str:
    """Return a number of the form of an ISIN; it is nobody's."""
    return f"US{int.from_bytes(symbol.encode()[:4].ljust(4, b'0')) % 10**9:09d}0"


def _exchange(symbol: str) -> str:
    listing = LISTINGS.get(symbol)
    return "NYSE" if listing is not None and listing.exchange in "NP" else "Nasdaq"


def _dotted(symbol: str) -> str:
    return symbol.replace("/", ".")


def _company(item: NewsItem) -> str:
    listing = LISTINGS.get(item.symbols[0]) if item.symbols else None
    return "Newswire" if listing is None else listing.name.partition(" - ")[0]


def _slug(headline: str) -> str:
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in headline)
    return "-".join(part for part in kept.split("-") if part)[:80] or "story"
