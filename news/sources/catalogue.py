"""The catalogue of news sources: what can be linked, what it needs, and which module speaks to it.

Modules are named by dotted path and imported on first use: a desk that reads no feed does not pay for a feed reader.
"""

import importlib
import typing
from collections.abc import Mapping

import msgspec

from lib import redaction
from news.sources.addresses import PrivateTargets
from news.sources.contract import NewsSource, SourceUnusable

EDGAR = (
    "https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent&type=8-K&company=&dateb=&owner=include&count=40"
    "&output=atom"
)


class KeyField(msgspec.Struct, frozen=True):
    """One secret that a source's key consists of."""

    name: str
    label: str


class SourceKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of source. `opener` is the dotted path of a function `(Opening) -> NewsSource`.

    `least_pace_s` is the least time between two requests.
    """

    id: str
    name: str
    opener: str
    keys: tuple[KeyField, ...] = ()
    has_address: bool = False
    is_socket: bool = False
    least_pace_s: float = 0.0
    address: str = ""
    """Where it is, for kinds that people give no address."""


class DefaultFeed(typing.NamedTuple):
    """A feed that every desk reads unless NEWS_FEEDS says otherwise."""

    id: str
    name: str
    kind: str
    address: str
    least_pace_s: float = 60.0
    zone: str = ""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What a source is made from. `pace_s` is how often it is asked; `parser` reads feeds."""

    id: str
    name: str
    kind: SourceKind
    address: str
    pace_s: float
    targets: PrivateTargets
    parser: typing.Any
    key: Mapping[str, str] = {}
    zone: str = ""
    contact: str = ""

    def __repr__(self) -> str:
        return f"<Opening {self.kind.id} {self.id}>"


_FEEDS = "news.sources.feeds.open_feed"
KINDS = {
    kind.id: kind
    for kind in (
        SourceKind(id="feed", name="RSS or Atom feed", opener=_FEEDS, has_address=True, least_pace_s=30.0),
        SourceKind(id="edgar", name="SEC EDGAR filings", opener=_FEEDS, has_address=True, least_pace_s=60.0),
        SourceKind(id="halts", name="Trading halts", opener=_FEEDS, has_address=True, least_pace_s=60.0),
        SourceKind(
            id="alpaca",
            name="Alpaca news",
            opener="news.sources.alpaca.open_alpaca",
            keys=(KeyField("key", "API key ID"), KeyField("secret", "Secret key")),
            is_socket=True,
            address="https://data.alpaca.markets",
        ),
        SourceKind(
            id="finnhub",
            name="Finnhub",
            opener="news.sources.finnhub.open_finnhub",
            keys=(KeyField("key", "API key"),),
            least_pace_s=1.0,
            address="https://finnhub.io",
        ),
    )
}
"""Every kind of source there is, by its id."""

DEFAULT_FEEDS = (
    DefaultFeed(
        "globenewswire", "GlobeNewswire", "feed",
        "https://www.globenewswire.com/RssFeed/orgclass/1/feedTitle/GlobeNewswire%20-%20News%20about%20Public%20Companies",
    ),
    DefaultFeed("prnewswire", "PR Newswire", "feed", "https://www.prnewswire.com/rss/news-releases-list.rss"),
    DefaultFeed(
        "cnbc", "CNBC", "feed",
        "https://search.cnbc.com/rs/search/combinedcms/view.xml?partnerId=wrss01&id=100003114",
    ),
    DefaultFeed(
        "marketwatch", "MarketWatch", "feed", "https://feeds.content.dowjones.io/public/rss/mw_realtimeheadlines"
    ),
    DefaultFeed("fed", "Federal Reserve", "feed", "https://www.federalreserve.gov/feeds/press_all.xml"),
    DefaultFeed("edgar", "SEC EDGAR", "edgar", EDGAR),
    DefaultFeed("halts", "Trading halts", "halts", "https://www.nasdaqtrader.com/rss.aspx?feed=tradehalts"),
)  # fmt: skip
"""Addresses as other projects use them; they rot, and a source that failed says so."""


def open_source(opening: Opening) -> NewsSource:
    """Make a source; its module is imported on first use, which takes a while. Raises SourceUnusable."""
    redaction.register(opening.key.values())
    module, _, name = opening.kind.opener.rpartition(".")
    try:
        found: NewsSource = getattr(importlib.import_module(module), name)(opening)
    except ValueError as error:
        raise SourceUnusable(f"its settings cannot be used: {error}") from error
    return found
