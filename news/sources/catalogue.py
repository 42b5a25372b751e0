"""The catalogue of news sources: the kinds there are, what each needs, and the feeds that a desk begins with.

Kinds are named by dotted path and imported on first use. Feed addresses rot: each is as other projects use it
(November 2026), and a desk's own list takes the place of these.
"""

import pathlib
import typing
from collections.abc import Callable, Mapping

import msgspec

from brokers.catalogue import LOOPBACK_FILE, CredentialField, imported
from news.sources.contract import NewsSource, SourceLost, SourceUnusable

KindName = typing.Literal["feed", "edgar", "halts", "alpaca", "finnhub"]
NEW_YORK = "America/New_York"


class NewsEndpoints(msgspec.Struct, frozen=True):
    """Where a keyed source lives."""

    rest: str
    socket: str = ""


class SourceKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of source. It needs an address, or the key of `fields`.

    `opener` is the dotted path of what makes a source of SourceSettings. `least_pace_s` is how often it may be asked
    at most; 0 for a socket. `endpoints` has the fixed ones, by environment.
    """

    name: KindName
    title: str
    opener: str
    least_pace_s: float = 0.0
    is_socket: bool = False
    needs_contact: bool = False
    """Whether it asks everybody to say in the User-Agent how they can be reached."""
    zone: str = ""
    """The zone of its times where they name none and its settings name none either."""
    fields: tuple[CredentialField, ...] = ()
    endpoints: Mapping[str, NewsEndpoints] = {}


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one source is set. `pace_s` is asked for and never below its kind's own.

    `address` and `zone` are for feeds, `credentials` and `endpoints` for keyed sources.
    """

    kind: KindName
    address: str = ""
    zone: str = ""
    pace_s: float = 30.0
    contact: str = ""
    credentials: Mapping[str, str] = {}
    endpoints: NewsEndpoints | None = None
    allowed_private_targets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<SourceSettings {self.kind}>"  # the address may hold a key, and credentials are one


class DefaultFeed(msgspec.Struct, frozen=True):
    """A feed that a desk begins with. `name` is stable; `pace_s` is how often it may be asked at most."""

    name: str
    title: str
    address: str
    pace_s: float
    kind: KindName = "feed"
    zone: str = ""


KINDS: Mapping[KindName, SourceKind] = {
    kind.name: kind
    for kind in (
        SourceKind(name="feed", title="RSS or Atom", opener="news.sources.openers.open_feed", least_pace_s=10.0),
        SourceKind(
            name="edgar",
            title="SEC EDGAR",
            opener="news.sources.openers.open_feed",
            least_pace_s=10.0,
            needs_contact=True,
            zone=NEW_YORK,
        ),
        SourceKind(
            name="halts",
            title="Nasdaq trade halts",
            opener="news.sources.openers.open_feed",
            least_pace_s=60.0,
            zone=NEW_YORK,
        ),
        SourceKind(
            name="alpaca",
            title="Alpaca (Benzinga)",
            opener="news.sources.openers.open_alpaca",
            is_socket=True,
            fields=(
                CredentialField("key_id", "API key ID", "From the account's dashboard, under API Keys."),
                CredentialField("secret_key", "Secret key", "Shown once, when the key is made."),
            ),
            endpoints={
                "live": NewsEndpoints("https://data.alpaca.markets", "wss://stream.data.alpaca.markets/v1beta1/news"),
                "sandbox": NewsEndpoints(
                    "https://data.sandbox.alpaca.markets", "wss://stream.data.sandbox.alpaca.markets/v1beta1/news"
                ),
            },
        ),
        SourceKind(
            name="finnhub",
            title="Finnhub",
            opener="news.sources.openers.open_finnhub",
            least_pace_s=1.0,
            fields=(
                CredentialField("api_key", "API key", "From the dashboard of finnhub.io.", setting="FINNHUB_API_KEY"),
            ),
            endpoints={"live": NewsEndpoints("https://finnhub.io/api/v1")},
        ),
    )
}

_CNBC = "https://search.cnbc.com/rs/search/combinedcms/view.xml?partnerId=wrss01&id="
_EDGAR = "https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent&type=8-K&company=&dateb=&owner=include&count=40"
DEFAULT_FEEDS = (
    DefaultFeed(
        "globenewswire",
        "GlobeNewswire",
        "https://www.globenewswire.com/RssFeed/orgclass/1/feedTitle/GlobeNewswire%20-%20News%20about%20Public%20Companies",
        60.0,
    ),
    # Twenty items, some twenty minutes of news.
    DefaultFeed("prnewswire", "PR Newswire", "https://www.prnewswire.com/rss/news-releases-list.rss", 120.0),
    DefaultFeed("cnbc", "CNBC", f"{_CNBC}100003114", 60.0),
    DefaultFeed("cnbc-finance", "CNBC Finance", f"{_CNBC}10000664", 60.0),
    DefaultFeed("marketwatch", "MarketWatch", "https://feeds.content.dowjones.io/public/rss/mw_topstories", 60.0),
    DefaultFeed(
        "marketwatch-pulse", "MarketWatch Pulse", "https://feeds.content.dowjones.io/public/rss/mw_marketpulse", 60.0
    ),
    DefaultFeed("fed", "Federal Reserve", "https://www.federalreserve.gov/feeds/press_all.xml", 30.0),
    DefaultFeed("edgar-8k", "SEC EDGAR 8-K", f"{_EDGAR}&output=atom", 60.0, "edgar"),
    DefaultFeed(
        "halts", "Trading halts", "https://www.nasdaqtrader.com/rss.aspx?feed=tradehalts", 60.0, "halts"
    ),
)  # fmt: skip


class _SimulatedNews(msgspec.Struct, frozen=True):
    """What the loopback's file says of keyed news sources."""

    alpaca: NewsEndpoints | None = None
    finnhub: NewsEndpoints | None = None


class _LoopbackFile(msgspec.Struct, frozen=True):
    news: _SimulatedNews


def endpoints(kind: KindName, environment: str, run_dir: pathlib.Path) -> NewsEndpoints:
    """Return where a keyed kind lives; `simulated` is read anew from the loopback's file each time.

    Raises SourceLost where no simulated source runs, SourceUnusable where the kind has no such environment.
    """
    if environment != "simulated":
        found = KINDS[kind].endpoints.get(environment)
        if found is None:
            raise SourceUnusable(f"{KINDS[kind].title} has no environment named {environment}")
        return found
    try:
        told = msgspec.json.decode((run_dir / LOOPBACK_FILE).read_bytes(), type=_LoopbackFile)
    except (OSError, msgspec.MsgspecError):
        raise SourceLost(f"no simulated news runs here ({LOOPBACK_FILE} is missing or has none)") from None
    simulated: NewsEndpoints | None = getattr(told.news, kind, None)
    if simulated is None:
        raise SourceLost(f"no simulated {KINDS[kind].title} runs here")
    return simulated


def pace(kind: KindName, wanted_s: float, own_s: float = 0.0) -> float:
    """Return how often a source is asked, in s: as wanted, and never below its kind's pace or its own."""
    return max(wanted_s, own_s, KINDS[kind].least_pace_s)


def prepare() -> None:
    """Import what sources need, and read certificates: blocks for 100 ms, once a process.

    Call it in a thread before the first source is opened on an event loop.
    """
    imported("news.sources.openers.prepare")()


def open_source(settings: SourceSettings) -> NewsSource:
    """Make a source, importing what speaks to it on first use. Connects nothing yet.

    Raises SourceUnusable, or KeyRejected where a key is not whole.
    """
    opener: Callable[[SourceSettings, SourceKind], NewsSource] = imported(KINDS[settings.kind].opener)
    return opener(settings, KINDS[settings.kind])
