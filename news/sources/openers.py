"""Makes sources of their settings, for the catalogue, which names these functions."""

import importlib
import zoneinfo

from brokers.adapter.http import USER_AGENT, tls
from lib.outbound.addresses import AddressRules
from news.sources.alpaca import AlpacaNews
from news.sources.catalogue import SourceKind, SourceSettings, pace
from news.sources.contract import SourceUnusable
from news.sources.feeds import FeedSettings, FeedSource
from news.sources.finnhub import FinnhubNews

_AT_THE_FIRST_REQUEST = ("httpcore2", "httpcore2._backends.anyio", "anyio._backends._asyncio", "h11", "encodings.idna")
"""What httpx2 imports when something is first asked for."""


def prepare() -> None:
    """Do what the first source of a process would do, 100 ms of imports and certificates: in a thread, beforehand."""
    tls()
    for name in _AT_THE_FIRST_REQUEST:
        importlib.import_module(name)


def open_feed(settings: SourceSettings, kind: SourceKind) -> FeedSource:
    """Make a feed. Raises SourceUnusable for no address, no zone, or a contact that is missing."""
    if kind.needs_contact and not settings.contact:
        raise SourceUnusable(f"{kind.title} asks everybody for a contact: name an address you can be reached at")
    zone = settings.zone or kind.zone
    try:
        zoneinfo.ZoneInfo(zone or "UTC")
        rules = AddressRules(settings.allowed_private_targets)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise SourceUnusable(f"the source cannot be set up: {error}") from None
    if settings.kind == "alpaca" or settings.kind == "finnhub":
        raise SourceUnusable(f"{kind.title} is no feed")
    feed = FeedSettings(
        address=settings.address,
        kind=settings.kind,
        zone=zone,
        pace_s=pace(settings.kind, settings.pace_s),
        agent=f"Tapedeck {' '.join(settings.contact.split())}" if kind.needs_contact else USER_AGENT,
    )
    return FeedSource(feed, rules)


def open_alpaca(settings: SourceSettings, kind: SourceKind) -> AlpacaNews:
    """Make Alpaca's news. Raises KeyRejected where the key is not whole, SourceUnusable where it lives nowhere."""
    if settings.endpoints is None:
        raise SourceUnusable(f"it is not said where {kind.title} lives")
    return AlpacaNews(settings.credentials, settings.endpoints.rest, settings.endpoints.socket)


def open_finnhub(settings: SourceSettings, kind: SourceKind) -> FinnhubNews:
    """Make Finnhub's news. Raises KeyRejected where the key is missing, SourceUnusable where it lives nowhere."""
    if settings.endpoints is None:
        raise SourceUnusable(f"it is not said where {kind.title} lives")
    return FinnhubNews(settings.credentials, settings.endpoints.rest, pace(settings.kind, settings.pace_s))
